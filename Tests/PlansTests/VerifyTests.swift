import Refusals
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Graphs and plans that are right are found right, and those that were damaged on purpose are refused.
@Suite struct VerifyTests {
  @Test(arguments: Specimen.all) func realPlansAreRight(specimen: Specimen) {
    #expect(specimen.graph.fault == nil)
    #expect(specimen.plan.fault == nil)
    #expect(!specimen.plan.steps.isEmpty)
  }

  /// The specimens have every way in which steps differ.
  @Test func specimensCoverThePlanner() {
    let steps = Specimen.all.flatMap(\.plan.steps)
    let fusions = steps.compactMap(\.fusion)
    #expect(fusions.contains { $0.writesOut } && fusions.contains { !$0.ends.isEmpty })
    #expect(fusions.contains { $0.sumsColumns })
    #expect(fusions.contains { $0.ends.contains { $0.type == .bool } } && fusions.contains { $0.domain.isFlat })
    #expect(steps.contains { $0.isGuarded } && steps.contains { $0.operands.contains(where: \.isTransposed) })
    #expect(steps.contains { $0.primitive.kernel.maskedProduct != nil })
    #expect(steps.contains { step in step.operands.contains { $0.source == step.reference } })
    #expect(steps.contains { step in step.operands.contains { $0.place == .slot(step.target) } })
    #expect(steps.contains { $0.operands.count == 4 })
  }

  @Test func damagedPlansAreRefused() {
    var count = 0
    for kind in Damage.Kind.allCases {
      var isDone = false
      for specimen in Specimen.all {
        for seed in 0..<2 {
          var damage = Damage(specimen, seed: seed)
          guard damage.do(kind) else { continue }
          let plan = damage.plan(of: specimen)
          #expect(plan.fault?.hasPrefix("a fault of Gradus: ") == true, "\(kind), \(specimen.name), seed \(seed)")
          count += 1
          isDone = true
        }
      }
      #expect(isDone, "no plan has anything for \(kind)")
    }
    #expect(count >= 200)
  }

  /// Nothing is written on the strength of a damaged plan.
  @Test(arguments: Damage.Kind.allCases) func damagedPlansDoNotRun(kind: Damage.Kind) {
    for specimen in Specimen.all {
      var damage = Damage(specimen, seed: 7)
      guard damage.do(kind) else { continue }
      let plan = damage.plan(of: specimen)
      #expect(throws: Refusal.fault(plan.fault ?? "")) { _ = try plan.run(specimen.parameters) }
    }
  }

  /// Where the graph is at hand the slow twin answers.
  @Test(arguments: Specimen.all) func theSlowTwinAnswersInstead(specimen: Specimen) throws {
    guard !specimen.parameters.isEmpty, !specimen.plan.steps.contains(where: \.isPlanned) else { return }
    var damage = Damage(specimen, seed: 1)
    let isDone = damage.do(.stepDropped) || damage.do(.outputDropped)
    #expect(isDone)
    let plan = damage.plan(of: specimen, instead: (specimen.graph, specimen.outputs))
    #expect(plan.fault != nil)
    let answers = try plan.run(specimen.parameters)
    for (a, b) in zip(answers, try specimen.plan.run(specimen.parameters)) {
      #expect(a.shape == b.shape && a.type == b.type)
      for (x, y) in zip(a.values, b.values) {
        #expect(x == y || x.isNaN && y.isNaN || abs(x - y) <= 1e-3 * max(abs(y), 1), "\(specimen.name)")
      }
    }
  }

  @Test func whatIsTooLargeIsRefused() {
    let specimen = Specimen.all[0]
    var damage = Damage(specimen, seed: 1)
    let isDone = damage.do(.stepDropped)
    #expect(isDone)
    let plan = damage.plan(of: specimen, instead: (specimen.graph, specimen.outputs))
    #expect(throws: Refusal.fault(plan.fault ?? "")) { _ = try plan.run(specimen.parameters, memoryLimit: 64) }
  }

  @Test func otherParametersAreRefused() {
    let specimen = Specimen.all[0]
    var parameters = specimen.parameters
    parameters[1] = Tensor([1, 2], shape: Shape([2]), type: .float32)
    #expect(throws: Refusal.self) { _ = try specimen.plan.run(parameters) }
    #expect(throws: Refusal.self) { _ = try specimen.plan.run([]) }
  }

  // MARK: Graphs

  @Test func damagedGraphsAreRefused() {
    var count = 0
    for specimen in Specimen.all {
      for seed in 0..<40 {
        var random = SplitMix(seed &* 31 &+ 5)
        var nodes = specimen.graph.nodes
        let index = Int.random(in: 0..<nodes.count, using: &random)
        guard let node = Self.damaged(nodes[index], index, &random) else { continue }
        nodes[index] = node
        let fault = Graph(unverified: nodes).fault
        #expect(fault?.hasPrefix("a fault of Gradus: node \(index) ") == true, "\(specimen.name), seed \(seed)")
        count += 1
      }
    }
    #expect(count >= 200)
  }

  /// The node broken in one way; nil where it may be anything.
  private static func damaged(_ node: Graph.Node, _ index: Int, _ random: inout SplitMix) -> Graph.Node? {
    let next = Graph.Reference(index: index + Int.random(in: 0..<2, using: &random))
    guard case .apply(let primitive, let x) = node.kind else {
      return node.shape.rank == 0 ? nil : Graph.Node(kind: node.kind, shape: node.shape, type: .literal)
    }
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where node.shape.rank > 0: return Graph.Node(kind: node.kind, shape: node.shape, type: .literal)
    case 1 where !x.isEmpty: return node.made(by: .apply(primitive, [next] + x.dropFirst()))
    case 2 where !x.isEmpty: return node.made(by: .apply(primitive, []))
    case 3:
      if case .fill = primitive.kernel { return nil }
      return primitive.damaged.map { node.made(by: .apply($0, x)) }
    default: return Graph.Node(kind: node.kind, shape: Shape([Int](repeating: 1, count: 20)), type: node.type)
    }
  }

  // MARK: Loops

  private func steps(next: (Symbol) -> Symbol) throws -> (Recurrence, Graph, Symbol, [Tensor]) {
    let builder = Builder()
    let x = builder.parameter(Tensor([0.25, -1, 2], shape: Shape([3]), type: .float32))
    let y = next(x)
    let parameters = builder.parameters.map(\.value)
    let carried = [Recurrence.Carried(parameter: 0, next: y.reference)]
    let recurrence = try Recurrence(
      builder.graph, parameters: parameters, carried: carried, inputs: [], count: 0, memoryLimit: 1 << 20)
    return (recurrence, builder.graph, y, parameters)
  }

  @Test func theTwinOfALoopAgrees() throws {
    let (recurrence, graph, y, parameters) = try steps { Operator.tanh($0 * 0.5) + 0.25 }
    #expect(recurrence.fault == nil)
    var twin = try RecurrenceTwin(
      graph, parameters: parameters, carried: [Recurrence.Carried(parameter: 0, next: y.reference)], inputs: [],
      memoryLimit: 1 << 20, insteadOf: "")
    var count = 0
    try twin.run(from: &count, to: 5)
    try recurrence.run(to: 5)
    for (a, b) in zip(try twin.state()[0].values, try recurrence.state()[0].values) { #expect(abs(a - b) < 1e-6) }
  }

  /// A state of another type than before would be written to a buffer of another size.
  @Test func aLoopWhoseStateChangesItsTypeIsNotRun() throws {
    let (recurrence, _, _, _) = try steps { ($0 + 1).converted(to: .float64) }
    #expect(recurrence.fault?.hasPrefix("a fault of Gradus: ") == true)
    try recurrence.run(to: 3)
    #expect(try recurrence.state()[0].values == [3.25, 2, 5])
  }
}

extension Damage {
  func plan(
    of specimen: Specimen, instead: (graph: Graph, outputs: [Graph.Reference])? = nil
  ) -> Plan {
    Plan(
      steps: steps, slots: slots, outputs: outputs, computing: specimen.graph, specimen.outputs,
      guarded: specimen.guarded, instead: instead)
  }
}

extension Plan.Step {
  fileprivate var isPlanned: Bool { if case .planned = primitive.kernel { true } else { false } }
}
