import CKernels
import Graphs
import Refusals
import Tensors

extension Graph {
  /// The outputs' values, node by node in float64 with a rounding to each node's type: slow, obvious, the oracle that
  /// every faster path is tested against.
  ///
  /// - Parameters:
  ///   - overrides: nodes whose values are given instead of computed, for asking what would be.
  public func interpret(
    _ outputs: [Reference], parameters: [Tensor], overriding overrides: [Reference: Tensor] = [:]
  ) throws(Refusal) -> [Tensor] {
    let needed = needed(for: outputs)
    var values = [Tensor?](repeating: nil, count: nodes.count)
    for index in nodes.indices where needed[index] {
      if gk_is_interrupted() != 0 { throw .interrupted }
      let node = nodes[index]
      if let override = overrides[Reference(index: index)] {
        values[index] = override
        continue
      }
      switch node.kind {
      case .parameter(let number): values[index] = parameters[number]
      case .apply(let primitive, let operands):
        let x = operands.compactMap { values[$0.index] }
        let elements = try Interpretation(node: node, x: x).elements(of: primitive.kernel)
        values[index] = Tensor(elements, shape: node.shape, type: node.type)
      }
    }
    return outputs.compactMap { values[$0.index] }
  }
}
