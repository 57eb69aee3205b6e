import Graphs
import Tensors

/// How a broadcasting loop walks its operands: some outer counters around one inner run of stride 0 or 1.
struct BroadcastLoop: Sendable {
  /// A number for each of at most three operands.
  struct Three: Sendable {
    var a = 0
    var b = 0
    var c = 0

    init() {}

    init(_ values: [Int]) {
      if values.count > 0 { a = values[0] }
      if values.count > 1 { b = values[1] }
      if values.count > 2 { c = values[2] }
    }

    subscript(position: Int) -> Int {
      get { position == 0 ? a : position == 1 ? b : c }
      set {
        switch position {
        case 0: a = newValue
        case 1: b = newValue
        default: c = newValue
        }
      }
    }

    /// Moved on by some steps.
    func advanced(by count: Int, of step: Three) -> Three {
      var moved = self
      moved.a += count * step.a
      moved.b += count * step.b
      moved.c += count * step.c
      return moved
    }
  }

  /// Outer extents, outermost first.
  private(set) var extents: [Int] = []
  /// Each operand's step along each outer extent, in elements.
  private(set) var strides: [Three] = []
  /// The length of the inner run, and each operand's step (0 or 1) along it.
  private(set) var inner = 1
  private(set) var innerStrides: Three

  /// Neighbouring axes that every operand walks alike are one.
  init(_ operands: [Shape], over result: Shape) {
    innerStrides = Three(operands.map { $0.count == 1 ? 0 : 1 })
    if operands.allSatisfy({ $0 == result }) {
      inner = result.count
      return
    }
    var walks: [(extent: Int, strides: [Int])] = []
    let steps = operands.map { Self.strides(of: $0, over: result) }
    for axis in 0..<result.rank where result[axis] != 1 {
      let here = steps.map { $0[axis] }
      if let last = walks.last, zip(last.strides, here).allSatisfy({ $0 == $1 * result[axis] }) {
        walks[walks.count - 1] = (last.extent * result[axis], here)
      } else {
        walks.append((result[axis], here))
      }
    }
    if let last = walks.popLast() {
      inner = last.extent
      innerStrides = Three(last.strides)
    }
    extents = walks.map(\.extent)
    strides = walks.map { Three($0.strides) }
  }

  var outerCount: Int { extents.reduce(1, *) }

  /// Runs that are too short for a vector loop, many times over.
  var isChoppy: Bool { inner < 16 && outerCount > 64 }

  /// Calls `body` with each operand's offset and the result's, in elements.
  func forEachRun(_ body: (_ offsets: Three, _ target: Int) -> Void) {
    var target = 0
    walk(0, Three(), &target, body)
  }

  private func walk(_ axis: Int, _ offsets: Three, _ target: inout Int, _ body: (Three, Int) -> Void) {
    if axis == extents.count {
      body(offsets, target)
      target += inner
      return
    }
    let step = strides[axis]
    for i in 0..<extents[axis] { walk(axis + 1, offsets.advanced(by: i, of: step), &target, body) }
  }

  /// The step of an operand along each axis of the result: 0 where it is stretched.
  static func strides(of operand: Shape, over result: Shape) -> [Int] {
    let own = operand.strides
    let lead = result.rank - operand.rank
    return (0..<result.rank).map { axis in
      axis < lead || operand[axis - lead] == 1 ? 0 : own[axis - lead]
    }
  }
}
