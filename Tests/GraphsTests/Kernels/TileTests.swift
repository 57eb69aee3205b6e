import CKernels
import TestSupport
import Testing

/// Long runs of fused stages, which go tile by tile where a function has tiles: the same bits as the loops.
struct TileTests {
  /// Enough for tiles, and a rest.
  private static let count = (1 << 19) + 77

  @Test(.slow, arguments: Kernels.maps)
  func mapsAreTheSame(op: gk_map) {
    expectTiles(op, Float.self)
    expectTiles(op, Double.self)
  }

  private func operand<T: KernelElement>(_ type: T.Type, _ seed: Int) -> [T] {
    var x = (0..<Self.count).map { T(Double(($0 &* 7919 &+ seed) % 1000) / 80 - 6) }
    for (index, value) in T.special.enumerated() { x[(index &* 9973 &+ seed) % x.count] = value }
    return x
  }

  private func expectTiles<T: KernelElement>(_ op: gk_map, _ type: T.Type) {
    let x = operand(type, 0)
    let y = run(GK_STAGE_MAP, Int32(op.rawValue), x, 1, x, 1)
    #expect(zip(y, T.map(op, x)).allSatisfy { $0.isSame(as: $1) })
  }

  @Test(.slow, arguments: Kernels.zips)
  func zipsAreTheSame(op: gk_zip) {
    expectTiles(op, Float.self)
    expectTiles(op, Double.self)
  }

  private func expectTiles<T: KernelElement>(_ op: gk_zip, _ type: T.Type) {
    let a = operand(type, 0), b = operand(type, 31)
    for (sa, sb) in [(1, 1), (0, 1), (1, 0)] {
      let y = run(GK_STAGE_ZIP, Int32(op.rawValue), a, sa, b, sb)
      var expected = a
      unsafe T.zip(op, a, sa, b, sb, &expected, a.count)
      #expect(zip(y, expected).allSatisfy { $0.isSame(as: $1) }, "strides \(sa) and \(sb)")
    }
  }

  /// One stage over one row, which notes whether all of it is finite.
  private func run<T: KernelElement>(
    _ kind: gk_stage_kind, _ op: Int32, _ a: [T], _ sa: Int, _ b: [T], _ sb: Int
  ) -> [T] {
    var (a, b, y) = (a, b, [T](repeating: 0, count: a.count))
    let width = MemoryLayout<T>.stride
    let odd = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    unsafe odd.initialize(to: 0)
    defer { unsafe odd.deallocate() }
    func cursor(_ base: UnsafeMutableRawPointer?, _ stride: Int) -> gk_cursor {
      unsafe gk_cursor(
        base: base?.assumingMemoryBound(to: CChar.self), row: 0, column: stride * width, step: stride * width,
        advance: stride * width, at: nil)
    }
    unsafe a.withUnsafeMutableBytes { a in
      unsafe b.withUnsafeMutableBytes { b in
        unsafe y.withUnsafeMutableBytes { y in
          let (first, second) = unsafe (cursor(a.baseAddress, sa), cursor(b.baseAddress, sb))
          var stage = unsafe gk_stage(
            kind: kind, op: op, from: T.kernelType, to: T.kernelType, a: first, b: second, c: second,
            y: cursor(y.baseAddress, 1), is_guarded: 0, odd: odd, rests: nil, tile: nil)
          unsafe withUnsafeMutablePointer(to: &stage) { stage in
            var fused = unsafe gk_fused(
              stages: stage, stage_count: 1, ends: nil, end_count: 0, stretched: nil, stretched_count: 0, rows: 1,
              columns: Self.count, strip: 1024, rows_at_once: 0,
              sums_columns: 0)
            _ = unsafe gk_run_strips(&fused, 0, (Self.count + 1023) / 1024)
          }
        }
      }
    }
    #expect(unsafe (odd.pointee == 0) == y.allSatisfy(\.isFinite))
    return y
  }
}
