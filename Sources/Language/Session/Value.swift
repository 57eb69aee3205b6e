import Graphs
import Syntax
import Tensors

/// A value of the language: tensors, and what holds them together.
///
/// While a statement is evaluated its leaves are nodes of a graph, between statements they are held tensors.
indirect enum Tree<Leaf> {
  case tensor(Leaf)
  case function(Function<Leaf>)
  case text(String)
  /// A tuple, or a record.
  case tuple(Entries<Tree<Leaf>>)
  /// A bracket whose parts have different shapes: only among the arguments of what takes lists.
  case list([Tree<Leaf>])
}

typealias Value = Tree<Symbol>
typealias Stored = Tree<Held>

extension Tree: Sendable where Leaf: Sendable {}

/// What a tuple holds; the entries of a record have names.
struct Entries<Element>: RandomAccessCollection {
  private(set) var values: [Element]
  /// As many as values, no two alike; nil for a tuple.
  private(set) var keys: [String]?

  init(_ values: [Element], keys: [String]? = nil) {
    precondition(keys?.count ?? values.count == values.count)
    (self.values, self.keys) = (values, keys)
  }

  var startIndex: Int { 0 }
  var endIndex: Int { values.count }
  subscript(position: Int) -> Element {
    get { values[position] }
    set { values[position] = newValue }
  }

  var isNothing: Bool { isEmpty && keys != nil }

  func position(of key: String) -> Int? { keys?.firstIndex(of: key) }

  /// The same structure with other entries.
  func with<Other>(_ values: [Other]) -> Entries<Other> { Entries<Other>(values, keys: keys) }

  func mapped<Other, Failure: Error>(_ body: (Element) throws(Failure) -> Other) throws(Failure) -> Entries<Other> {
    var result: [Other] = []
    result.reserveCapacity(count)
    for value in values { result.append(try body(value)) }
    return with(result)
  }

  func slice(_ places: [Int]) -> Entries {
    Entries(places.map { values[$0] }, keys: keys.map { keys in places.map { keys[$0] } })
  }

  /// What an entry is called within a longer name: `w`, `0`.
  func label(_ position: Int) -> String { keys?[position] ?? "\(position)" }
}

extension Entries: Sendable where Element: Sendable {}

/// Something that can be called.
indirect enum Function<Leaf> {
  case user(Closure<Leaf>)
  case operation(Operator)
  case builtin(Builtin)
  /// A derivative with respect to the first parameter.
  case derivative(Function<Leaf>, Derivative)
}

extension Function: Sendable where Leaf: Sendable {}

/// What is taken of a function.
enum Derivative: String, Sendable, CaseIterable {
  case gradient = "grad"
  case valueAndGradient = "value_and_grad"
  case jacobian
  case hessian
}

/// A definition with what it keeps from where it was made.
struct Closure<Leaf> {
  var definition: FunctionDefinition
  /// The locals that it reads, as they were then.
  var captured: [String: Tree<Leaf>] = [:]
  /// The file whose names it reads; nil: those of the session.
  var home: Module?
  /// Made while another function was called.
  var isInner = false
}

extension Closure: Sendable where Leaf: Sendable {}

/// The names of a file that was imported, as it left them.
final class Module: Sendable {
  let values: [String: Stored]
  init(_ values: [String: Stored]) { self.values = values }
}

// MARK: What values are

extension Tree {
  /// What a call gives that is there for what it does: a record of no entries, which isn't printed.
  static var nothing: Tree { .tuple(Entries([], keys: [])) }

  /// How many tuples, lists and closures lie in each other; 0 for anything else.
  var depth: Int {
    switch self {
    case .tuple(let parts): 1 + (parts.lazy.map(\.depth).max() ?? 0)
    case .list(let parts): 1 + (parts.lazy.map(\.depth).max() ?? 0)
    case .function(let function): function.depth
    case .tensor, .text: 0
    }
  }

  /// More would be too deep for whatever goes through a value part by part, down to its release.
  static var deepest: Int { 256 }

  /// The same structure with other leaves; those that functions have captured are leaves, too.
  func mapped<Other, Failure: Error>(_ body: (Leaf) throws(Failure) -> Other) throws(Failure) -> Tree<Other> {
    switch self {
    case .tensor(let leaf): return .tensor(try body(leaf))
    case .text(let text): return .text(text)
    case .function(let function): return .function(try function.mapped(body))
    case .tuple(let parts):
      return .tuple(try parts.mapped { part throws(Failure) in try part.mapped(body) })
    case .list(let parts):
      var result: [Tree<Other>] = []
      for part in parts { result.append(try part.mapped(body)) }
      return .list(result)
    }
  }

  /// All leaves, in the order in which `mapped` meets them.
  var leaves: [Leaf] {
    var leaves: [Leaf] = []
    _ = mapped { leaf -> Leaf in
      leaves.append(leaf)
      return leaf
    }
    return leaves
  }

  /// The functions in it.
  var functions: [Function<Leaf>] {
    switch self {
    case .function(let function): [function]
    case .tuple(let parts): parts.flatMap(\.functions)
    case .list(let parts): parts.flatMap(\.functions)
    case .tensor, .text: []
    }
  }
}

extension Function {
  /// What the language itself calls so, whatever the session does.
  static func builtIn(_ name: String) -> Function? {
    if let builtin = Builtin.named[name] { return .builtin(builtin) }
    return Operator.named[name].map { .operation($0) }
  }

  var depth: Int {
    switch self {
    case .user(let closure): closure.captured.isEmpty ? 0 : 1 + (closure.captured.values.lazy.map(\.depth).max() ?? 0)
    case .operation, .builtin: 0
    case .derivative(let inner, _): 1 + inner.depth
    }
  }

  var name: String {
    switch self {
    case .user(let closure): closure.definition.called
    case .operation(let operation): operation.name
    case .builtin(let builtin): builtin.name
    case .derivative(let function, let derivative): "\(derivative.rawValue)(\(function.name))"
    }
  }

  /// The user's function that is behind it.
  var closure: Closure<Leaf>? {
    switch self {
    case .user(let closure): closure
    case .operation, .builtin: nil
    case .derivative(let inner, _): inner.closure
    }
  }

  func mapped<Other, Failure: Error>(_ body: (Leaf) throws(Failure) -> Other) throws(Failure) -> Function<Other> {
    switch self {
    case .operation(let operation): return .operation(operation)
    case .builtin(let builtin): return .builtin(builtin)
    case .derivative(let inner, let derivative): return .derivative(try inner.mapped(body), derivative)
    case .user(let closure):
      var captured: [String: Tree<Other>] = [:]
      for (name, value) in closure.captured.sorted(by: { $0.key < $1.key }) {
        captured[name] = try value.mapped(body)
      }
      return .user(
        Closure<Other>(
          definition: closure.definition, captured: captured, home: closure.home, isInner: closure.isInner))
    }
  }
}

extension Tree {
  /// The same with its functions called what their places are, where they have no name, or reading a file's names.
  func named(_ name: String) -> Tree {
    guard case .function(.user(var closure)) = self, closure.definition.name == nil else { return self }
    closure.definition.name = Name(name, closure.definition.origin.range)
    return .function(.user(closure))
  }

  func at(home: Module) -> Tree {
    switch self {
    case .tensor, .text: self
    case .tuple(let parts): .tuple(parts.mapped { $0.at(home: home) })
    case .list(let parts): .list(parts.map { $0.at(home: home) })
    case .function(let function): .function(function.at(home: home))
    }
  }
}

extension Function {
  func at(home: Module) -> Function {
    switch self {
    case .operation, .builtin: return self
    case .derivative(let inner, let derivative): return .derivative(inner.at(home: home), derivative)
    case .user(var closure):
      if closure.home == nil { closure.home = home }
      return .user(closure)
    }
  }
}

extension Closure {
  /// The names of the session that it reads when it is called.
  var free: Set<String> { home == nil ? Names.free(in: definition).subtracting(captured.keys) : [] }
}

extension FunctionDefinition {
  /// Its name, or what it says where it has none.
  var called: String { name?.text ?? description }

  /// What its parameters are called.
  var parameterNames: [String] { parameters.map(\.name.text) }
}

extension Tree<Symbol> {
  init(_ structure: Operator.Structure) {
    switch structure {
    case .tensor(let symbol): self = .tensor(symbol)
    case .tuple(let parts): self = .tuple(Entries(parts.map { Tree($0) }))
    case .record(let parts): self = .tuple(Entries(parts.map { Tree($0.value) }, keys: parts.map(\.key)))
    }
  }

  var argument: Graphs.Argument? {
    switch self {
    case .tensor(let symbol): .tensor(symbol)
    case .text(let text): .text(text)
    case .list(let parts): .list(parts.compactMap(\.argument))
    case .tuple(let parts):
      if let keys = parts.keys {
        .record(zip(keys, parts).compactMap { key, part in part.argument.map { (key: key, value: $0) } })
      } else {
        .list(parts.compactMap(\.argument))
      }
    case .function: nil
    }
  }

  /// The tensor it is, if it is one.
  var symbol: Symbol? { if case .tensor(let symbol) = self { symbol } else { nil } }

  /// What it is, for messages.
  var kindName: String {
    switch self {
    case .tensor(let symbol): symbol.shape.rank == 0 ? "a number" : "\(symbol.shape)"
    case .function: "a function"
    case .text: "a text"
    case .tuple(let parts): parts.keys == nil ? "a tuple" : "a record"
    case .list: "a list of different shapes"
    }
  }
}

extension Sequence<Value> {
  /// The tensors they are, if all of them are.
  var symbols: [Symbol]? {
    var symbols: [Symbol] = []
    for value in self {
      guard let symbol = value.symbol else { return nil }
      symbols.append(symbol)
    }
    return symbols
  }
}
