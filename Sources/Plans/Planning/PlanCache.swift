import CKernels
import Graphs
import Synchronization

/// The plans of the last few small graphs: statements that repeat reuse theirs.
enum PlanCache {
  private struct Entry {
    let nodes: [Graph.Node]
    let outputs: [Graph.Reference]
    let plan: Plan

    /// Whether the plan is one for this graph, too.
    func serves(_ graph: Graph, _ outputs: [Graph.Reference]) -> Bool {
      self.outputs == outputs && nodes.count == graph.nodes.count
        && zip(nodes, graph.nodes).allSatisfy { $0 == $1 || $0.isAnotherName(like: $1) }
    }
  }

  private static let entryLimit = 8
  private static let nodeLimit = 200
  private static let entries = Mutex<[Entry]>([])

  static func plan(_ graph: Graph, outputs: [Graph.Reference]) -> Plan {
    guard graph.nodes.count <= nodeLimit else { return Plan(graph, outputs: outputs) }
    let known = entries.withLock { entries -> Plan? in
      guard let position = entries.firstIndex(where: { $0.serves(graph, outputs) }) else { return nil }
      // The most recent first.
      if position > 0 { entries.insert(entries.remove(at: position), at: 0) }
      return entries[0].plan
    }
    if let known { return known }
    let plan = Plan(graph, outputs: outputs)
    if gk_is_interrupted() != 0 { return plan }  // made in a hurry
    entries.withLock { entries in
      entries.insert(Entry(nodes: graph.nodes, outputs: outputs, plan: plan), at: 0)
      if entries.count > entryLimit { entries.removeLast() }
    }
    return plan
  }

  /// Puts other plans in place of those that are kept; for tests of what happens then.
  static func replace(_ change: (_ nodes: [Graph.Node], _ outputs: [Graph.Reference]) -> Plan?) {
    entries.withLock { entries in
      for index in entries.indices {
        let (nodes, outputs) = (entries[index].nodes, entries[index].outputs)
        guard let plan = change(nodes, outputs) else { continue }
        entries[index] = Entry(nodes: nodes, outputs: outputs, plan: plan)
      }
    }
  }
}

extension Graph.Node {
  /// Whether both give the same operand another name: each gradient makes names of its own, which plans do away with.
  fileprivate func isAnotherName(like other: Graph.Node) -> Bool {
    guard case .apply(let a, let x) = kind, case .apply(let b, let y) = other.kind, case .reshape = a.kernel,
      case .reshape = b.kernel
    else { return false }
    return x == y && shape == other.shape && type == other.type
  }
}
