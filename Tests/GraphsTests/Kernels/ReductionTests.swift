import CKernels
import Graphs
import TestSupport
import Testing

/// Reductions, running ones and the places of extremes, against plain loops.
struct ReductionTests {
  /// Outer, reduced and inner extents: whole runs, columns, narrow and wide, around the pieces of the loops.
  static let shapes = [
    (1, 0, 3), (2, 1, 1), (3, 7, 1), (1, 1000, 1), (2, 300, 5), (1, 5000, 3), (2, 70, 200), (1, 9, 600),
  ]

  /// Powers of two for products, small whole numbers else: every order of the operations gives the same.
  private func values(_ op: gk_reduction, _ count: Int) -> [Double] {
    var random = SplitMix(count + Int(op.rawValue))
    return (0..<count).map { _ in
      let pick = random.next()
      if op != .prod { return Double(pick % 23) - 11 }
      return (pick % 32 == 0 ? 2 : pick % 32 == 1 ? 0.5 : 1) * (pick >> 40 & 1 == 0 ? 1 : -1)
    }
  }

  @Test(arguments: Kernels.reductions)
  func reductionsAndScansAgree(op: gk_reduction) throws {
    let row = try #require(ReductionFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
    for shape in Self.shapes {
      var x = values(op, shape.0 * shape.1 * shape.2)
      expectReduction(row, shape, x)
      expectReduction(row, shape, x.map { Float($0) })
      guard x.count > 40 else { continue }
      (x[37], x[2]) = (.nan, .infinity)
      expectReduction(row, shape, x)
      expectReduction(row, shape, x.map { Float($0) })
    }
  }

  private func expectReduction<T: KernelElement>(_ row: ReductionFunction, _ shape: (Int, Int, Int), _ x: [T]) {
    let (outer, extent, inner) = shape
    var y = [T](repeating: 9, count: outer * inner), scan = x
    unsafe T.reduce(row.kernel, x, outer, extent, inner, &y)
    unsafe T.scan(row.kernel, x, outer, extent, inner, &scan)
    for o in 0..<outer {
      for i in 0..<inner {
        var total = row.start
        for place in (0..<extent).map({ (o * extent + $0) * inner + i }) {
          total = row.scalar(total, Double(x[place]))
          #expect(same(scan[place], total, row), "running \(row.name) of \(shape)")
        }
        #expect(same(y[o * inner + i], total, row), "\(row.name) of \(shape)")
      }
    }
  }

  /// Equal, NaN to NaN; roots nearly, since the twin takes one for each element.
  private func same<T: KernelElement>(_ value: T, _ expected: Double, _ row: ReductionFunction) -> Bool {
    if value.isNaN || expected.isNaN { return value.isNaN && expected.isNaN }
    if row.kernel != .norm || expected.isInfinite { return Double(value) == expected }
    return abs(Double(value) - expected) <= (T.self == Float.self ? 1e-6 : 1e-12) * expected
  }

  @Test(arguments: [true, false])
  func placesOfExtremesAgree(isLargest: Bool) {
    for (outer, extent, inner) in Self.shapes where extent > 0 {
      var x = values(.max, outer * extent * inner)
      if x.count > 40 { x[37] = .nan }
      var y = [Double](repeating: -1, count: outer * inner), z = y
      unsafe gk_argument_f64(isLargest ? 1 : 0, x, outer, extent, inner, &y)
      unsafe gk_argument_f32(isLargest ? 1 : 0, x.map { Float($0) }, outer, extent, inner, &z)
      for o in 0..<outer {
        for i in 0..<inner {
          let column = (0..<extent).map { x[(o * extent + $0) * inner + i] }
          let best = isLargest ? column.max() : column.min()
          let expected = column.firstIndex { $0.isNaN } ?? column.firstIndex { $0 == best } ?? -1
          #expect(y[o * inner + i] == Double(expected) && z[o * inner + i] == Double(expected))
        }
      }
    }
  }

  @Test func longSumsStayExact() {
    // One running float sum would be off by about a thousandth.
    let x = [Float](repeating: 0.1, count: 3_000_000)
    var flat: Float = 0, columns = [Float](repeating: 0, count: 3)
    unsafe gk_reduce_f32(.sum, x, 1, x.count, 1, &flat)
    unsafe gk_reduce_f32(.sum, x, 1, x.count / 3, 3, &columns)
    #expect(abs(flat / 300_000 - 1) < 2e-6 && columns.allSatisfy { abs($0 / 100_000 - 1) < 2e-6 })
  }
}
