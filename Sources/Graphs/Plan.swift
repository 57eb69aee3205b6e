import Tensors

/// Steps over reused buffers that compute some of a graph's nodes.
package struct Plan: Sendable {
  /// Where a value lives while the plan runs.
  enum Place: Hashable, Sendable {
    case parameter(Int)
    case slot(Int)
  }

  /// An operand as a step reads it.
  struct Operand: Sendable {
    var place: Place
    var shape: Shape
    var type: ElementType
    /// The last two axes are read the other way round.
    var isTransposed = false
  }

  /// One kernel call (or a loop of them) into one slot.
  struct Step: Sendable {
    var reference: Graph.Reference
    var primitive: Primitive
    var operands: [Operand]
    var attributes: [Int]
    var target: Int
    var shape: Shape
    var type: ElementType
    /// For kernels that broadcast.
    var loop: BroadcastLoop?
    /// Several elementwise operations in one step.
    var fusion: Fusion?
  }

  private(set) var steps: [Step] = []
  /// The bytes of each slot.
  private(set) var slots: [Int] = []
  private(set) var outputs: [Operand] = []

  /// Bytes that all slots take together.
  package var byteCount: Int {
    slots.reduce(0) { total, bytes in
      let (sum, overflow) = total.addingReportingOverflow(bytes)
      return overflow ? .max : sum
    }
  }

  /// Whether a step reads a parameter.
  func reads(parameter number: Int) -> Bool {
    steps.contains { $0.operands.contains { $0.place == .parameter(number) } }
  }

  package init(_ graph: Graph, outputs: [Graph.Reference]) {
    var planner = Planner(graph, outputs: outputs)
    planner.plan()
    steps = planner.steps
    slots = planner.slots
    self.outputs = planner.places(of: outputs)
  }
}

extension Graph.Node {
  var byteCount: Int { Self.byteCount(shape, type) }

  /// The bytes of a tensor; `Int.max` where they can't be counted.
  static func byteCount(_ shape: Shape, _ type: ElementType) -> Int {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: type.stride)
    return overflow ? .max : bytes
  }
}

extension Kernel {
  var broadcasts: Bool {
    switch self {
    case .zip, .compare, .logic, .select, .keep: true
    default: false
    }
  }

  /// Each element of the result comes from one element of each operand.
  var isElementwise: Bool {
    switch self {
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert: true
    default: false
    }
  }

  /// The loop reads each element before it writes the same place.
  var mayOverwrite: Bool {
    switch self {
    case .map, .zip, .keep: true
    default: false
    }
  }
}

extension Plan: CustomStringConvertible {
  /// One line a step, then the buffers.
  package var description: String {
    let lines = steps.map { step in
      let operands = step.operands.map { operand in
        let place =
          switch operand.place {
          case .parameter(let number): "p\(number)"
          case .slot(let slot): "b\(slot)"
          }
        return operand.isTransposed ? place + ".T" : place
      }
      let targets = step.fusion?.targets.map { "b\($0.slot)" } ?? ["b\(step.target)"]
      let name = step.fusion?.names.joined(separator: "·") ?? step.primitive.name
      let shape = step.fusion?.shape ?? step.shape
      return (targets + ["←", name] + operands + ["", "\(shape)"]).joined(separator: " ")
    }
    return (lines + ["\(steps.count) steps, \(slots.count) buffers, \(byteCount) bytes"]).joined(separator: "\n")
  }
}
