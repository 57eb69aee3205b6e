import Graphs
import Syntax
import Tensors

extension Evaluator {
  /// The names at which formulas begin, as nodes: as if a gradient by each of them were asked for, so that formulas are
  /// followed down to them.
  func leaves(of expression: Expression) -> [String: Symbol] {
    var symbols: [String: Symbol] = [:]
    for name in reachable(from: Names.read(in: expression)) {
      guard case .tensor(let held, let formula)? = session.names[name]?.content, held.tensor.type.isFloat,
        formula?.reads.isEmpty ?? true
      else { continue }
      symbols[name] = enter(held, name)
    }
    return symbols
  }
}

extension Expression {
  /// Every operator in its own brackets.
  var bracketed: String {
    switch kind {
    case .binary(let op, _, let a, let b): "(\(a.bracketed) \(op.rawValue) \(b.bracketed))"
    case .unary(let op, let x): op == .not ? "(not \(x.bracketed))" : "(\(op.rawValue)\(x.bracketed))"
    case .transpose(let x): "\(x.bracketed).T"
    case .call(let f, let arguments):
      "\(f.bracketed)(\(arguments.map { ($0.label.map { "\($0)=" } ?? "") + $0.value.bracketed }.joined(separator: ", ")))"
    case .list(let parts): "[\(parts.map(\.bracketed).joined(separator: ", "))]"
    default: description
    }
  }
}
