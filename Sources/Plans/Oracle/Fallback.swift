import Graphs
import Refusals
import Tensors

/// What is done where a plan is at fault.
extension Graph {
  /// Elements and terms that the slow twin takes on: seconds.
  private static let fallbackWork = 1 << 22

  /// The outputs by the slow twin, in place of a plan.
  ///
  /// Throws the plan's fault where the graph has one itself, or is too large.
  func answer(
    _ outputs: [Reference], parameters: [Tensor], memoryLimit: Int, insteadOf fault: String
  ) throws(Refusal) -> [Tensor] {
    guard canFallBack(outputs, parameters, memoryLimit: memoryLimit) else { throw .fault(fault) }
    return try interpret(outputs, parameters: parameters)
  }

  /// Whether these nodes can be interpreted: nothing is wrong with them, and they aren't large.
  func canFallBack(_ outputs: [Reference], _ parameters: [Tensor], memoryLimit: Int) -> Bool {
    guard fault == nil else { return false }
    guard let work = work(of: outputs, parameters) else { return false }
    return work <= min(Self.fallbackWork, memoryLimit / 8)
  }

  /// Elements and terms of these nodes; nil where they can't be interpreted.
  ///
  /// - Parameter parameters: nil: whatever they are.
  private func work(of outputs: [Reference], _ parameters: [Tensor]?) -> Int? {
    let needed = needed(for: outputs)
    var work = 0
    for index in nodes.indices where needed[index] {
      let node = nodes[index]
      work = work.addingClamped(node.shape.count)
      switch node.kind {
      case .parameter(let number):
        guard let parameters else { break }
        guard parameters.indices.contains(number), parameters[number].shape == node.shape,
          parameters[number].type == node.type
        else { return nil }
      case .apply(let primitive, let x):
        for operand in x { work = work.addingClamped(self[operand].shape.count) }
        switch primitive.kernel {
        case .planned: return nil
        case .loop(let loop):
          guard let round = loop.body.graph.work(of: loop.body.next + loop.body.outputs, nil) else { return nil }
          let (rounds, overflow) = round.multipliedReportingOverflow(by: loop.count)
          work = work.addingClamped(overflow ? .max : rounds)
        case .matrixProduct:
          let inner = self[x[0]].shape.extents.last ?? 1
          let (terms, overflow) = node.shape.count.multipliedReportingOverflow(by: inner)
          work = work.addingClamped(overflow ? .max : terms)
        default: break
        }
      }
    }
    return work
  }
}
