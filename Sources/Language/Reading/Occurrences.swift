import Syntax

/// Where the names of a script stand, and which of them mean the same thing.
///
/// A name that a function gives a value before it reads it is the function's own; all others are the script's.
package struct Occurrences: Sendable {
  package struct Occurrence: Equatable, Sendable {
    package let range: SourceRange
    /// The number of what is meant.
    package let meaning: Int
    /// The name is given a value here.
    package let isDefinition: Bool
  }

  /// What a name means.
  package struct Meaning: Equatable, Sendable {
    package enum Kind: Equatable, Sendable { case value, function, parameter }

    package let name: String
    package fileprivate(set) var kind = Kind.value
    /// It is one of the script's names, not a function's own.
    package let isOfScript: Bool
    /// The function that it belongs to; nil for one of the script's.
    package fileprivate(set) var scope: SourceRange?
    /// The statement that defines it first.
    package fileprivate(set) var statement: SourceRange?
  }

  /// In the order of the text.
  package private(set) var all: [Occurrence] = []
  package private(set) var meanings: [Meaning] = []
  private var scopes: [Scope] = [Scope(own: [])]
  /// The parameters of functions, by the meanings of their names.
  private var parameters: [Int: [String: Int]] = [:]
  /// Keywords of calls, and names behind a point, which belong to functions that may be defined further down.
  private var keywords: [(function: Int, name: Name)] = []
  private var methods: [Name] = []

  /// Names that a function or the script has.
  private struct Scope {
    /// Those that aren't looked for further out.
    let own: Set<String>
    var meanings: [String: Int] = [:]
  }

  private let source: Source

  package init(in statements: [Statement], of source: Source) {
    self.source = source
    for statement in statements { read(statement) }
    for (function, keyword) in keywords {
      if let meaning = parameters[function]?[keyword.text] { add(keyword, meaning) }
    }
    for method in methods {
      if let meaning = scopes[0].meanings[method.text], meanings[meaning].kind == .function { add(method, meaning) }
    }
    all.sort { ($0.range.lowerBound, $0.isDefinition ? 0 : 1) < ($1.range.lowerBound, $1.isDefinition ? 0 : 1) }
  }

  /// The name at an offset, or the one that ends there.
  package func occurrence(at offset: Int) -> Occurrence? {
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].range.lowerBound <= offset { low = middle + 1 } else { high = middle }
    }
    return all[..<low].last { $0.range.upperBound >= offset }
  }

  package func occurrences(of meaning: Int) -> [Occurrence] { all.filter { $0.meaning == meaning } }

  /// What the script calls so, if it is given a value there.
  package func scriptMeaning(of name: String) -> Int? {
    scopes[0].meanings[name].flatMap { meanings[$0].statement == nil ? nil : $0 }
  }

  // MARK: Reading

  private mutating func meaning(of name: String) -> Int {
    let depth = scopes.indices.last { $0 == 0 || scopes[$0].own.contains(name) } ?? 0
    if let known = scopes[depth].meanings[name] { return known }
    meanings.append(Meaning(name: name, isOfScript: depth == 0))
    scopes[depth].meanings[name] = meanings.count - 1
    return meanings.count - 1
  }

  private mutating func add(_ name: Name, _ meaning: Int, isDefinition: Bool = false) {
    all.append(Occurrence(range: name.range, meaning: meaning, isDefinition: isDefinition))
  }

  private mutating func define(_ name: Name, in statement: SourceRange, _ kind: Meaning.Kind = .value) {
    let meaning = meaning(of: name.text)
    add(name, meaning, isDefinition: true)
    if meanings[meaning].statement == nil {
      meanings[meaning].statement = statement
      meanings[meaning].kind = kind
    }
  }

  private mutating func read(_ statement: Statement) {
    switch statement.kind {
    case .expression(let x), .run(let x): read(x)
    case .assign(let targets, let x):
      if targets.count == 1, case .arrow(let definition) = x.kind {
        let own = read(definition)
        define(targets[0], in: statement.range, .function)
        parameters[meaning(of: targets[0].text)] = own
      } else {
        read(x)
        for target in targets { define(target, in: statement.range) }
      }
    case .live(let name, let x):
      read(x)
      define(name, in: statement.range)
    case .update(let place, _, let x):
      read(x)
      for step in place.steps {
        if case .index(let entries, _) = step { for x in entries.flatMap(\.expressions) { read(x) } }
      }
      define(place.name, in: statement.range)
    case .function(let definition):
      if let name = definition.name {
        define(name, in: statement.range, .function)
        parameters[meaning(of: name.text)] = read(definition)
      }
    case .input(let name, _): define(name, in: statement.range)
    case .expect(let expectation):
      for x in expectation.expressions { read(x) }
      if case .fails(_, let body, _) = expectation { for inner in body { read(inner) } }
    case .loop(let x, let body), .whileLoop(let x, let body):
      read(x)
      for inner in body { read(inner) }
    case .forEach(let names, let x, let body):
      read(x)
      for name in names { define(name, in: statement.range) }
      for inner in body { read(inner) }
    case .branch(let x, let then, let otherwise):
      read(x)
      for inner in then + otherwise { read(inner) }
    case .returning(let x): if let x { read(x) }
    case .deletion(let names): for name in names { add(name, meaning(of: name.text)) }
    case .freezing(let places, _): for place in places { read(place.expression) }
    case .command(_, _, let rest):
      for name in source.names(in: rest) { add(name, meaning(of: name.text)) }
    case .breaking, .continuing: break
    }
  }

  /// - Parameter expression: may be deep; what is waiting is kept in a list.
  private mutating func read(_ expression: Expression) {
    var waiting = [expression]
    while let next = waiting.popLast() {
      waiting += next.subexpressions.reversed()
      switch next.kind {
      case .name(let name): add(Name(name, next.range), meaning(of: name))
      case .call(let callee, let arguments):
        if case .name(let name) = callee.kind {
          let function = meaning(of: name)
          for argument in arguments {
            guard let label = argument.label, let range = argument.labelRange else { continue }
            keywords.append((function, Name(label, range)))
          }
        } else if case .member(_, let name) = callee.kind {
          let end = callee.range.upperBound
          methods.append(Name(name, max(end - name.utf8.count, 0)..<end))
        }
      case .arrow(let definition): read(definition)
      case .conditional(_, let then, let otherwise):
        for inner in then + otherwise { read(inner) }
      case .number, .boolean, .text, .interpolation, .list, .rows, .range, .unary, .binary, .transpose, .index, .member,
        .tuple, .record, .importing, .hole:
        break
      }
    }
  }

  /// What its parameters mean, by name.
  @discardableResult private mutating func read(_ definition: FunctionDefinition) -> [String: Int] {
    for parameter in definition.parameters { if let initial = parameter.initial { read(initial) } }
    let named = definition.parameters.map(\.name.text)
    let local = Names.given(in: definition.body).subtracting(Names.free(in: definition)).union(named)
    scopes.append(Scope(own: local))
    for parameter in definition.parameters { define(parameter.name, in: parameter.name.range, .parameter) }
    for statement in definition.body { read(statement) }
    let inner = scopes.removeLast().meanings
    let reach = Self.reach(of: definition)
    for meaning in inner.values { meanings[meaning].scope = reach }
    let own = inner.filter { named.contains($0.key) }
    if let custom = definition.customGradient {
      scopes.append(Scope(own: Set(named + [custom.adjoint.text]), meanings: own))
      define(custom.adjoint, in: custom.adjoint.range, .parameter)
      read(custom.body)
      scopes.removeLast()
    }
    return own
  }

  /// From its first parameter to its end.
  private static func reach(of definition: FunctionDefinition) -> SourceRange {
    var places = definition.parameters.map(\.name.range) + definition.body.map(\.range)
    if let custom = definition.customGradient { places.append(custom.body.range) }
    return (places.map(\.lowerBound).min() ?? 0)..<(places.map(\.upperBound).max() ?? 0)
  }
}
