import Graphs
import Syntax
import Tensors

/// Gradients that an explanation needs.
extension Evidence {
  /// Goes back from an expression that is one number to all that it is made from.
  ///
  /// - Parameters:
  ///   - asker: who goes back, with its verb, as a sentence begins.
  ///   - help: what to type where the expression has several entries.
  /// - Returns: what it is made from, and the way back.
  func reverse(
    _ expression: Expression, for asker: String, help: String
  ) throws(Diagnostic) -> (targets: [Symbol], pass: ReversePass) {
    let leaves = evaluator.leaves(of: expression)
    let targets = leaves.values.flatMap(\.floats)
    let symbol = try evaluator.withTargets(leaves) { () throws(Diagnostic) in try evaluator.tensor(expression) }
    guard symbol.shape.count == 1, symbol.type != .bool else {
      let kind = symbol.type == .bool ? "a mask" : "\(symbol.shape)"
      throw Diagnostic(
        "\(asker) back from one number; \(expression.description) is \(kind)", at: expression.range, help: help)
    }
    _ = evaluator.builder.gradient(of: symbol.asFloat, withRespectTo: targets)
    guard let pass = evaluator.builder.passes.last else { preconditionFailure("passes are kept") }
    settle(symbol)
    return (targets, pass)
  }

  /// A derivative by one node that is no part of what is explained: its pass isn't kept.
  func gradient(of node: Graph.Reference, by operand: Graph.Reference, seed: Symbol? = nil) -> Symbol {
    let builder = evaluator.builder
    builder.keepsPasses = false
    defer { builder.keepsPasses = true }
    return builder.gradient(of: builder.symbol(node), withRespectTo: [builder.symbol(operand)], seed: seed)[0]
  }
}
