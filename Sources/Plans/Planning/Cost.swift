import Graphs
import Tensors

/// What a plan will do, counted before it is run.
public struct Cost: Sendable {
  /// Additions, multiplications and function calls.
  public var operations = 0.0
  /// Bytes that are read and written.
  public var bytes = 0.0
  /// The operations of each kind of step, by its name.
  public var shares: [String: Double] = [:]
  public private(set) var stepCount: Int
  /// Bytes of all buffers together.
  public let bufferBytes: Int

  public init(_ plan: Plan) {
    stepCount = plan.steps.count
    bufferBytes = plan.byteCount
    for step in plan.steps {
      if let rounds = step.rounds {
        add(Cost(rounds.before))
        add(Cost(rounds.each), times: Double(rounds.loop.count))
        bytes += Double(Graph.Node.byteCount(step.shape, step.type))
        stepCount -= 1
        continue
      }
      if let fusion = step.fusion {
        let each = Double(fusion.shape.count)
        for name in fusion.names { shares[name, default: 0] += each }
        operations += each * Double(fusion.names.count)
        for target in fusion.targets { bytes += Double(plan.slots[target.slot]) }
        for operand in step.operands { bytes += Double(Graph.Node.byteCount(operand.shape, operand.type)) }
        continue
      }
      let count = Self.operations(step)
      operations += count
      shares[step.primitive.name, default: 0] += count
      bytes += Double(Graph.Node.byteCount(step.shape, step.type))
      for operand in step.operands { bytes += Double(Graph.Node.byteCount(operand.shape, operand.type)) }
    }
  }

  /// What a loop does, as often as it does it; its steps are counted once, in place of its own.
  private mutating func add(_ part: Cost, times count: Double = 1) {
    operations += count * part.operations
    bytes += count * part.bytes
    stepCount += part.stepCount
    for (name, share) in part.shares { shares[name, default: 0] += count * share }
  }

  private static func operations(_ step: Plan.Step) -> Double {
    let results = Double(step.shape.count)
    if let product = step.primitive.kernel.maskedProduct {
      return 2 * Double(product.mask.keptCount) * Double(step.operands[0].shape[1])
    }
    if let kernel = step.primitive.kernel.direct { return kernel.operations }
    switch step.primitive.kernel {
    case .matrixProduct:
      let left = step.operands[0]
      let inner = left.shape[left.shape.rank - (left.isTransposed ? 2 : 1)]
      return 2 * results * Double(inner)
    case .reduce, .reduceLogic, .argument, .scan: return Double(step.operands[0].shape.count)
    case .reshape, .broadcast, .transpose, .slice, .embed, .concat, .fill, .take, .gather, .convert: return 0
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .iota, .window, .windowAdjoint, .takeAdjoint,
      .gatherAdjoint, .planned, .loop, .uniform, .normal, .host:
      return results
    }
  }
}
