import Syntax
import Tensors

/// Templates of rows with what their parameters stand for.
extension HabitTranslator {
  /// Words in templates that do something to an argument as the line is written.
  private typealias Placing =
    @Sendable (HabitTranslator, [Expression], [ForeignExpression]) throws(NoLine) -> [Expression]

  private static let placings: [String: Placing] = [
    // A shape's extents as arguments of their own.
    "spread": { _, values, _ throws(NoLine) in
      switch values[0].kind {
      case .list(let entries) where entries.count == 1 && entries[0].isListed: entries[0].listed
      case .list(let entries), .tuple(let entries): entries
      default: [values[0]]
      }
    },
    // A list of tensors as a tuple.
    "pack": { translator, values, _ throws(NoLine) in
      guard case .list(let entries) = values[0].kind else { return values }
      if entries.count == 1, case .tuple = entries[0].kind { return entries }
      if entries.count == 1, case .list(let inner) = entries[0].kind { return [translator.make(.tuple(inner))] }
      return [translator.make(.tuple(entries))]
    },
    "less1": { translator, values, _ throws(NoLine) in [translator.shifted(values[0], by: -1)] },
    "more1": { translator, values, _ throws(NoLine) in [translator.shifted(values[0], by: 1)] },
    "cast": { translator, values, foreign throws(NoLine) in [try translator.cast(values[0], to: foreign[1])] },
    // One thing or a list of them, without the list.
    "sole": { _, values, _ throws(NoLine) in
      guard case .list(let entries) = values[0].kind, entries.count == 1 else { return values }
      return entries
    },
    // Several arguments as a list.
    "listed": { translator, values, _ throws(NoLine) in
      guard case .list(let entries) = values[0].kind, entries.count == 1, entries[0].isListed else {
        return [values[0].withLists]
      }
      return [entries[0].withLists]
    },
    // The names of a list; nothing where all of them are meant.
    "names": { _, values, foreign throws(NoLine) in
      if case .call? = foreign.first { return [] }
      if case .list(let entries)? = values.first?.kind { return entries }
      return values
    },
    "reversed": { translator, values, _ throws(NoLine) in
      guard values[0].isListed else { throw .unknown }
      return [translator.make(.list(values[0].listed.reversed()))]
    },
    // As words in capitals are written here.
    "small": { translator, values, _ throws(NoLine) in
      guard case .text(let text) = values[0].kind else { throw .unknown }
      return [translator.make(.text(text.lowercased()))]
    },
  ]

  /// The parameters that a template can't do without.
  static func needed(in statement: Statement) -> Set<String> {
    var names = Names.read(in: [statement])
    if case .update(let place, _, _) = statement.kind { names.insert(place.name.text) }
    return names.subtracting(optional(in: statement))
  }

  /// Those that stand as arguments, which can be left out.
  private static func optional(in statement: Statement) -> Set<String> {
    switch statement.kind {
    case .expression(let x), .assign(_, let x), .update(_, _, let x): return optional(in: x)
    default: return []
    }
  }

  private static func optional(in expression: Expression) -> Set<String> {
    switch expression.kind {
    case .call(_, let arguments):
      return arguments.reduce(into: []) { names, argument in
        switch argument.value.kind {
        case .name(let name): names.insert(name)
        case .call(let callee, let inner):
          if case .name(let placing) = callee.kind, placings[placing] != nil,
            case .name(let name)? = inner.first?.value.kind
          {
            names.insert(name)
          } else {
            names.formUnion(optional(in: argument.value))
          }
        default: names.formUnion(optional(in: argument.value))
        }
      }
    case .binary(_, _, let a, let b): return optional(in: a).union(optional(in: b))
    case .unary(_, let x), .transpose(let x), .index(let x, _): return optional(in: x)
    case .tuple(let entries), .list(let entries): return entries.reduce(into: []) { $0.formUnion(optional(in: $1)) }
    default: return []
    }
  }

  /// A template's expression with values in place of its parameters.
  func filled(_ template: Expression, _ bound: BoundArguments) throws(NoLine) -> Expression {
    switch template.kind {
    case .name(let name):
      guard let values = bound[name] else { return template }
      guard values.count == 1, !bound.isVariadic(name) else { return make(.tuple(try expressions(values))) }
      return try expression(values[0])
    case .call(let callee, let arguments):
      if case .name(let word) = callee.kind, Self.placings[word] != nil {
        let placed = try placed(template, bound)
        guard placed.count == 1 else { throw .unknown }
        return placed[0]
      }
      return simplified(make(.call(try filled(callee, bound), try filled(arguments, bound))))
    case .binary(let sign, _, let a, let b):
      return binary(sign, try filled(a, bound), try filled(b, bound))
    case .unary(let sign, let x): return make(.unary(sign, try filled(x, bound)))
    case .transpose(let x): return make(.transpose(try filled(x, bound)))
    case .index(let base, let entries):
      var indices: [Index] = []
      for entry in entries { indices.append(try filled(entry, bound)) }
      return simplified(make(.index(try filled(base, bound), indices)))
    case .member(let base, let name): return make(.member(try filled(base, bound), name))
    case .list(let entries): return make(.list(try filled(entries, bound)))
    case .tuple(let entries): return make(.tuple(try filled(entries, bound)))
    case .rows(let rows):
      var parts: [[Expression]] = []
      for row in rows { parts.append(try filled(row, bound)) }
      return make(.rows(parts))
    case .arrow(let definition):
      guard case .expression(let body)? = definition.body.first?.kind else { return template }
      let names = definition.parameters.map(\.name.text)
      locals.formUnion(names)
      defer { locals.subtract(names) }
      return make(.arrow(Self.arrow(names, try filled(body, bound))))
    default: return template
    }
  }

  private func filled(_ entries: [Expression], _ bound: BoundArguments) throws(NoLine) -> [Expression] {
    try filled(entries.map { Argument(value: $0) }, bound).map(\.value)
  }

  /// Arguments: those that were left out aren't there, and those that are several stand side by side.
  private func filled(_ arguments: [Argument], _ bound: BoundArguments) throws(NoLine) -> [Argument] {
    var filled: [Argument] = []
    for argument in arguments {
      if let name = Self.parameter(of: argument.value), bound.isAbsent(name) { continue }
      if case .name(let name) = argument.value.kind, bound.isVariadic(name) {
        for value in try expressions(bound[name] ?? []) { filled.append(Argument(value: value)) }
        continue
      }
      let values = try placed(argument.value, bound)
      for value in values {
        filled.append(Argument(label: argument.label, labelRange: argument.label.map { _ in 0..<0 }, value: value))
      }
    }
    return filled
  }

  /// The parameter that an argument stands for, as it is or placed.
  private static func parameter(of value: Expression) -> String? {
    switch value.kind {
    case .name(let name): return name
    case .call(let callee, let arguments):
      guard case .name(let word) = callee.kind, placings[word] != nil, let first = arguments.first else { return nil }
      return parameter(of: first.value)
    default: return nil
    }
  }

  private func placed(_ value: Expression, _ bound: BoundArguments) throws(NoLine) -> [Expression] {
    guard case .call(let callee, let arguments) = value.kind, case .name(let word) = callee.kind,
      let placing = Self.placings[word]
    else { return [try filled(value, bound)] }
    var foreign: [ForeignExpression] = []
    var own: [Expression] = []
    for argument in arguments {
      guard case .name(let name) = argument.value.kind, let values = bound[name] else {
        own.append(try filled(argument.value, bound))
        foreign.append(.omitted)
        continue
      }
      foreign.append(values.first ?? .omitted)
      // An element type, or another library's list of weights, has no value here.
      if word == "cast", foreign.count == 2 { continue }
      if word == "names", case .call? = foreign.first { continue }
      own.append(bound.isVariadic(name) ? make(.list(try expressions(values))) : try expression(values[0]))
    }
    return try placing(self, own, foreign)
  }

  private func filled(_ index: Index, _ bound: BoundArguments) throws(NoLine) -> Index {
    switch index {
    case .at(let value): return .at(try filled(value, bound))
    case .slice(let start, let stop, let step, let range):
      return .slice(
        start: try start.map { x throws(NoLine) in try filled(x, bound) },
        stop: try stop.map { x throws(NoLine) in try filled(x, bound) },
        step: try step.map { x throws(NoLine) in try filled(x, bound) }, range: range)
    case .ellipsis, .newAxis: return index
    }
  }

  /// The entry itself where one is picked from a tuple that was written out.
  func simplified(_ expression: Expression) -> Expression {
    guard case .index(let base, let entries) = expression.kind, case .tuple(let parts) = base.kind, entries.count == 1,
      case .at(let index) = entries[0], let place = index.plainNumber.flatMap(Int.init(whole:)),
      parts.indices.contains(place)
    else { return expression }
    return parts[place]
  }

  // MARK: Statements

  /// The statements of a template.
  func filled(_ statement: Statement, _ bound: BoundArguments) throws(NoLine) -> Statement {
    let kind: Statement.Kind
    switch statement.kind {
    case .expression(let x): kind = .expression(try filled(x, bound))
    case .assign(let names, let x):
      var targets: [Name] = []
      for name in names { targets.append(try target(name, bound)) }
      kind = .assign(targets, try filled(x, bound))
    case .update(let place, let sign, let x):
      kind = .update(Place(try target(place.name, bound), place.steps), sign, try filled(x, bound))
    case .expect(.close(let a, let b, let rtol, let atol)):
      kind = .expect(.close(try filled(a, bound), try filled(b, bound), rtol: rtol, atol: atol))
    case .expect(.holds(let x)): kind = .expect(.holds(try filled(x, bound)))
    default: kind = statement.kind
    }
    return Statement(kind, 0..<0)
  }

  private func target(_ name: Name, _ bound: BoundArguments) throws(NoLine) -> Name {
    guard let values = bound[name.text] else { return name }
    guard case .name(let own) = values[0] else { throw .unknown }
    return Name(own, 0..<0)
  }
}

extension Expression {
  /// It is written as a list or a tuple.
  fileprivate var isListed: Bool {
    switch kind {
    case .list, .tuple: true
    default: false
    }
  }

  /// The same with lists in place of tuples.
  fileprivate var withLists: Expression {
    isListed ? Expression(.list(listed.map(\.withLists)), range) : self
  }

  fileprivate var listed: [Expression] {
    switch kind {
    case .list(let entries), .tuple(let entries): entries
    default: []
    }
  }
}
