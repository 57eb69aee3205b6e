import Graphs
import Syntax
import Tensors

/// What an expression means while a statement is evaluated.
indirect enum Value {
  case tensor(Symbol)
  case function(Function)
  case text(String)
  case tuple([Value])
  /// A bracketed list whose parts don't stack.
  case list([Value])

  var argument: Graphs.Argument? {
    switch self {
    case .tensor(let symbol): .tensor(symbol)
    case .text(let text): .text(text)
    case .list(let parts), .tuple(let parts): .list(parts.compactMap(\.argument))
    case .function: nil
    }
  }

  /// The tensor it is, if it is one.
  var symbol: Symbol? { if case .tensor(let symbol) = self { symbol } else { nil } }

  /// How many tuples and lists lie in each other; 0 for anything else.
  var depth: Int {
    switch self {
    case .tuple(let parts), .list(let parts): 1 + (parts.lazy.map(\.depth).max() ?? 0)
    case .tensor, .function, .text: 0
    }
  }

  /// More would be too deep for whatever goes through a tuple part by part, down to its release.
  static let deepest = 256

  /// What it is, for messages.
  var kindName: String {
    switch self {
    case .tensor(let symbol): symbol.shape.rank == 0 ? "a number" : "\(symbol.shape)"
    case .function: "a function"
    case .text: "a text"
    case .tuple: "a tuple"
    case .list: "a list of different shapes"
    }
  }
}

extension [Value] {
  /// The tensors they are, if all of them are.
  var symbols: [Symbol]? {
    let symbols = compactMap(\.symbol)
    return symbols.count == count ? symbols : nil
  }
}

/// Something that can be called.
indirect enum Function {
  case user(FunctionDefinition)
  case operation(Operator)
  case builtin(Builtin)
  /// The derivative with respect to the first parameter; with the value in front of it if asked for.
  case derivative(Function, withValue: Bool)

  /// What the language itself calls so, whatever the session does.
  static func builtIn(_ name: String) -> Function? {
    if let builtin = Builtin.named[name] { return .builtin(builtin) }
    return Operator.named[name].map { .operation($0) }
  }

  /// How many derivatives were taken of each other.
  var depth: Int {
    var (depth, function) = (0, self)
    while case .derivative(let inner, _) = function { (depth, function) = (depth + 1, inner) }
    return depth
  }

  var name: String {
    switch self {
    case .user(let definition): definition.name.text
    case .operation(let operation): operation.name
    case .builtin(let builtin): builtin.name
    case .derivative(let function, _): "grad(\(function.name))"
    }
  }
}
