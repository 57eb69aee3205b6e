import Graphs
import Refusals
import Synchronization
import Tensors

/// Runs a builder's graphs by plans, which are kept for statements that repeat, and on a device where there is one.
public final class PlanRunner: Runner {
  private let device: (any Device)?
  private let found = Mutex<[String]>([])

  public var faults: [String] { found.withLock { $0 } }

  public init(device: (any Device)? = nil) { self.device = device }

  public func valuesHere(
    _ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor], memoryLimit: Int
  ) throws(Refusal) -> [Tensor] {
    try run(PlanCache.plan(graph, outputs: outputs), parameters, memoryLimit)
  }

  public func values(
    _ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor], memoryLimit: Int
  ) throws(Refusal) -> [Tensor] {
    let plan = PlanCache.plan(graph, outputs: outputs)
    if let device, plan.byteCount <= memoryLimit,
      let values = try device.values(graph, outputs: outputs, parameters: parameters)
    {
      return values
    }
    return try run(plan, parameters, memoryLimit)
  }

  public func rounds(of loop: GraphLoop, operands: [Tensor], memoryLimit: Int) throws(Refusal) -> Int {
    do throws(Refusal) {
      var counter = try LoopCounter(
        loop, operands, laws: Simplify.Law.speculative + Simplify.Law.exact, memoryLimit: memoryLimit)
      return try counter.count()
    } catch {
      guard error.reason == .notFinite else { throw error }
      var counter = try LoopCounter(loop, operands, laws: Simplify.Law.exact, memoryLimit: memoryLimit)
      return try counter.count()
    }
  }

  private func run(_ plan: Plan, _ parameters: [Tensor], _ memoryLimit: Int) throws(Refusal) -> [Tensor] {
    if let fault = plan.fault { found.withLock { $0.append(fault) } }
    return try plan.run(parameters, memoryLimit: memoryLimit)
  }
}

extension Builder {
  /// A builder whose values are computed by plans.
  public convenience init(
    defaultType: ElementType = .float32, memoryLimit: Int = .max, device: (any Device)? = nil
  ) {
    self.init(defaultType: defaultType, memoryLimit: memoryLimit, runner: PlanRunner(device: device))
  }

  /// The plan by which these are computed.
  public func plan(for symbols: [Symbol]) -> Plan { PlanCache.plan(graph, outputs: symbols.map(\.reference)) }

  /// The plan by which a loop would repeat these, where masks make it another one.
  public func planInLoop(for symbols: [Symbol]) -> Plan? {
    Plan.inLoop(graph, outputs: symbols.map(\.reference), parameters: parameters.map(\.value))
  }
}
