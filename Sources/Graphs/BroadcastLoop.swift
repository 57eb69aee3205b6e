import Tensors

/// How a broadcasting loop walks its operands: some outer counters around one inner run of stride 0 or 1.
struct BroadcastLoop: Sendable {
  /// Outer extents, outermost first.
  private(set) var extents: [Int] = []
  /// For each operand its step along each outer extent, in elements.
  private(set) var strides: [[Int]]
  /// The length of the inner run, and each operand's step (0 or 1) along it.
  private(set) var inner = 1
  private(set) var innerStrides: [Int]

  /// Neighbouring axes that every operand walks alike are one.
  init(_ operands: [Shape], over result: Shape) {
    strides = operands.map { _ in [] }
    innerStrides = operands.map { $0.count == 1 ? 0 : 1 }
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
      innerStrides = last.strides
    }
    extents = walks.map(\.extent)
    for operand in operands.indices { strides[operand] = walks.map { $0.strides[operand] } }
  }

  var outerCount: Int { extents.reduce(1, *) }

  /// Runs that are too short for a vector loop, many times over.
  var isChoppy: Bool { inner < 16 && outerCount > 64 }

  /// Calls `body` with each operand's offset and the result's, in elements.
  func forEachRun(_ body: (_ offsets: [Int], _ target: Int) -> Void) {
    if extents.isEmpty {
      body(innerStrides.map { _ in 0 }, 0)
      return
    }
    if extents.contains(0) { return }
    var counters = [Int](repeating: 0, count: extents.count)
    var offsets = [Int](repeating: 0, count: strides.count)
    var target = 0
    while true {
      body(offsets, target)
      target += inner
      var axis = extents.count - 1
      while true {
        counters[axis] += 1
        for operand in offsets.indices { offsets[operand] += strides[operand][axis] }
        if counters[axis] < extents[axis] { break }
        for operand in offsets.indices { offsets[operand] -= strides[operand][axis] * extents[axis] }
        counters[axis] = 0
        if axis == 0 { return }
        axis -= 1
      }
    }
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
