import Graphs
import Refusals

/// A loop of the planner's own that runs itself, over the places of its operands in memory.
protocol DirectKernel: PlannedKernel {
  /// What it is called in a plan.
  var name: String { get }
  /// Additions, multiplications and comparisons.
  var operations: Double { get }
  func run(_ step: Plan.Step, in execution: Execution) throws(Refusal)
}

extension DirectKernel {
  var primitive: Primitive { Primitive(name, .planned(self), told: .whole, zero: .lost, gradient: nil) }
}

extension Kernel {
  var direct: (any DirectKernel)? {
    if case .planned(let kernel) = self { kernel as? any DirectKernel } else { nil }
  }
}
