import CKernels
import Graphs
import TestSupport
import Testing

/// Loops that look at what they write, against those that don't.
struct CheckedTests {
  private static let counts = [1, 37, 4_096, 4_097, 30_011]

  /// Numbers of little size, with something odd at one place.
  private func operand<T: KernelElement>(_ count: Int, _ odd: T?, at place: Int) -> [T] {
    var random = SplitMix(count)
    var values = (0..<count).map { _ in T(Double.random(in: 0.25...0.75, using: &random)) }
    if let odd { values[place] = odd }
    return values
  }

  @Test(arguments: Kernels.maps) func mapsSayWhetherAllIsFinite(op: gk_map) {
    unsafe expect(op, Float.self) { unsafe gk_map_checked_f32(op, $0, $1, $2) }
    unsafe expect(op, Double.self) { unsafe gk_map_checked_f64(op, $0, $1, $2) }
  }

  private func expect<T: KernelElement>(
    _ op: gk_map, _ type: T.Type, _ run: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int) -> Int32
  ) {
    for count in Self.counts {
      for (odd, place) in [(nil, 0), (T.nan, count - 1), (-T.infinity, count / 2)] {
        let x = operand(count, odd, at: place)
        let expected = T.map(op, x)
        var y = x
        let isFinite = unsafe run(x, &y, count) != 0
        #expect(zip(y, expected).allSatisfy { $0.isSame(as: $1) })
        #expect(isFinite == expected.allSatisfy(\.isFinite), "\(count) elements, \(odd ?? 0)")
      }
    }
  }

  @Test(arguments: Kernels.zips) func zipsSayWhetherAllIsFinite(op: gk_zip) {
    unsafe expect(op, Float.self) { unsafe gk_zip_checked_f32(op, $0, 1, $1, $2, $3, $4) }
    unsafe expect(op, Double.self) { unsafe gk_zip_checked_f64(op, $0, 1, $1, $2, $3, $4) }
  }

  private func expect<T: KernelElement>(
    _ op: gk_zip, _ type: T.Type,
    _ run: (UnsafePointer<T>, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int) -> Int32
  ) {
    for count in Self.counts {
      for (odd, place) in [(nil, 0), (T.nan, count - 1), (-T.infinity, count / 2)] {
        for step in [0, 1] {
          let (a, b) = (operand(count, odd, at: place), operand(count, nil as T?, at: 0))
          var expected = a
          unsafe T.zip(op, a, 1, b, step, &expected, count)
          var y = a
          let isFinite = unsafe run(a, b, step, &y, count) != 0
          #expect(zip(y, expected).allSatisfy { $0.isSame(as: $1) })
          #expect(isFinite == expected.allSatisfy(\.isFinite), "\(count) elements, \(odd ?? 0)")
        }
      }
    }
  }
}
