import Graphs
import Syntax
import Tensors

/// An expression's graph down to the inputs, a line a node, names in place of parameters.
struct GraphText {
  let session: Session

  init(_ session: Session) { self.session = session }

  func text(of expression: Expression) throws(Diagnostic) -> String {
    let evaluator = Evaluator(session)
    let symbols = evaluator.leaves(of: expression)
    let result: Symbol
    do throws(Diagnostic) {
      result = try evaluator.withTargets(symbols) { () throws(Diagnostic) in try evaluator.tensor(expression) }
    } catch {
      // A stale formula is no obstacle: the values as they are make a graph, too.
      return draw(Evaluator(session), expression)
    }
    return lines(evaluator.builder, result)
  }

  private func draw(_ evaluator: Evaluator, _ expression: Expression) -> String {
    guard let symbol = try? evaluator.tensor(expression) else { return "" }
    return lines(evaluator.builder, symbol)
  }

  private func lines(_ builder: Builder, _ result: Symbol) -> String {
    let graph = builder.graph
    let needed = graph.needed(for: [result.reference])
    return graph.nodes.indices.filter { needed[$0] }.map { index in
      let node = graph.nodes[index]
      if case .parameter(let number) = node.kind, let name = builder.parameters[number].name {
        let isTrainable = session.names[name]?.isTrainable == true
        return "%\(index) \(node.shape) = \(name)\(node.type == .bool ? " · mask" : isTrainable ? " · weights" : "")"
      }
      return graph.line(at: index)
    }.joined(separator: "\n")
  }
}

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
