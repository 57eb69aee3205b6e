import CKernels
import Foundation
import Graphs
import TestSupport
import Testing

/// The loop of every binary function against its scalar twin.
struct BinaryFunctionTests {
  private func row(_ op: gk_zip) throws -> BinaryFunction {
    try #require(BinaryFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
  }

  /// Special values with each other, whole and other numbers, numbers of any size.
  private func pairs<T: KernelElement>(_ op: gk_zip, any: (inout SplitMix) -> T) -> (a: [T], b: [T]) {
    var random = SplitMix(Int(op.rawValue) + 100)
    var (a, b): ([T], [T]) = ([], [])
    for x in T.special {
      for y in T.special {
        a.append(x)
        b.append(y)
      }
    }
    for number in 0..<20_000 {
      a.append(T(Double.random(in: -20...20, using: &random) * (number % 3 == 0 ? 1e4 : 1)))
      let other = Double.random(in: -9...9, using: &random)
      b.append(T(number % 2 == 0 ? other : other.rounded()))
      a.append(any(&random))
      b.append(any(&random))
    }
    return (a, b)
  }

  @Test(arguments: Kernels.zips)
  func floatsAreWithinTwoUlps(op: gk_zip) throws {
    let row = try row(op)
    let (a, b) = pairs(op) { Float(bitPattern: UInt32(truncatingIfNeeded: $0.next())) }
    var y = a
    unsafe Float.zip(op, a, 1, b, 1, &y, a.count)
    for index in a.indices {
      let error = y[index].ulps(from: row.scalar(Double(a[index]), Double(b[index])))
      if error > 2 { Issue.record("\(row.name)(\(a[index]), \(b[index])) = \(y[index]), \(error) ulp off") }
    }
  }

  @Test(arguments: Kernels.zips)
  func doublesAgreeWithLibm(op: gk_zip) throws {
    let row = try row(op)
    let (a, b) = pairs(op) { Double(bitPattern: $0.next()) }
    var y = a
    unsafe Double.zip(op, a, 1, b, 1, &y, a.count)
    for index in a.indices {
      let error = y[index].ulps(from: row.scalar(a[index], b[index]))
      if error > 4.5 { Issue.record("\(row.name)(\(a[index]), \(b[index])) = \(y[index]), \(error) ulp off") }
    }
  }

  /// An element's bits depend on its two operands alone: not on the length, on which of them repeats, or on working in place.
  @Test(arguments: Kernels.zips)
  func everyStrideAndLengthIsTheSame(op: gk_zip) {
    expectEvenStrides(op, Float.self)
    expectEvenStrides(op, Double.self)
  }

  private func expectEvenStrides<T: KernelElement>(_ op: gk_zip, _ type: T.Type) {
    let operands = T.special + (0..<238).map { T(Double($0 * 7919 % 1000) / 80 - 6) }
    func alone(_ a: T, _ b: T) -> T {
      var y: T = 0
      unsafe T.zip(op, [a], 1, [b], 1, &y, 1)
      return y
    }
    for count in ElementFunctionTests.lengths {
      let a = Array(operands[..<count]), b = Array(operands.reversed()[..<count])
      for (sa, sb) in [(1, 1), (0, 1), (1, 0), (0, 0)] {
        var y = [T](repeating: 9, count: count + 1)
        unsafe T.zip(op, a, sa, b, sb, &y, count)
        let expected = (0..<count).map { alone(a[$0 * sa], b[$0 * sb]) }
        #expect(zip(y, expected).allSatisfy { $0.isSame(as: $1) }, "\(count), strides \(sa) and \(sb)")
        #expect(y[count] == 9, "nothing is written behind the end")
        var inPlace = sa == 1 ? a : b
        guard sa != sb else { continue }
        unsafe inPlace.withUnsafeMutableBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          if sa == 1 {
            unsafe T.zip(op, base, 1, b, 0, base, count)
          } else {
            unsafe T.zip(op, a, 0, base, 1, base, count)
          }
        }
        #expect(zip(inPlace, expected).allSatisfy { $0.isSame(as: $1) }, "\(count) in place")
      }
    }
  }

  private static func everyWay(_ op: gk_zip, _ a: Double, _ b: Double) -> [Double] {
    // Nine pairs, so that vectors and tails both see it; then with either operand repeated; then as floats.
    var y = [Double](repeating: 0, count: 9), results: [Double] = []
    let u = [Double](repeating: a, count: 9), v = [Double](repeating: b, count: 9)
    for (left, right) in [(1, 1), (0, 1), (1, 0), (0, 0)] {
      unsafe gk_zip_f64(op, u, left, v, right, &y, 9)
      results += y
    }
    var z = [Float](repeating: 0, count: 9)
    unsafe gk_zip_f32(op, u.map { Float($0) }, 1, v.map { Float($0) }, 1, &z, 9)
    return results + z.map { Double($0) }
  }

  /// Powers that have loops of their own, and the same ones among others.
  @Test(arguments: [2.0, 3, 0.5, -1, 4, 2.5]) func powersAreTheSameHoweverTheExponentIsGiven(exponent: Double) {
    var random = SplitMix(3)
    let x = (0..<2_000).map { _ in Double.random(in: -2...9, using: &random) * pow(2, Double(random.next() % 60) - 30) }
    let all = [Double](repeating: exponent, count: x.count)
    var (one, many) = ([Double](repeating: 0, count: x.count), [Double](repeating: 0, count: x.count))
    unsafe gk_zip_f64(.pow, x, 1, all, 0, &one, x.count)
    unsafe gk_zip_f64(.pow, x, 1, all, 1, &many, x.count)
    #expect(zip(one, many).allSatisfy { $0.isSame(as: $1) })
    for (argument, value) in zip(x, one) {
      #expect(value.ulps(from: pow(argument, exponent)) <= 2, "\(argument) ^ \(exponent)")
    }
    let (u, v) = (x.map { Float($0) }, all.map { Float($0) })
    var (single, singles) = ([Float](repeating: 0, count: x.count), [Float](repeating: 0, count: x.count))
    unsafe gk_zip_f32(.pow, u, 1, v, 0, &single, x.count)
    unsafe gk_zip_f32(.pow, u, 1, v, 1, &singles, x.count)
    #expect(zip(single, singles).allSatisfy { $0.isSame(as: $1) })
    for (argument, value) in zip(u, single) {
      #expect(value.ulps(from: pow(Double(argument), exponent)) <= 1, "\(argument) ^ \(exponent)")
    }
  }

  @Test func specialPairs() {
    func expect(_ op: gk_zip, _ a: Double, _ b: Double, _ expected: Double, line: Int = #line) {
      let same = Self.everyWay(op, a, b).allSatisfy {
        expected.isNaN
          ? $0.isNaN
          : abs($0 - expected) <= 1e-6 * abs(expected) && $0.sign == expected.sign
            || $0 == expected && $0.sign == expected.sign
      }
      #expect(same, "\(op.rawValue) of \(a) and \(b), line \(line)")
    }
    let infinity = Double.infinity, nan = Double.nan
    expect(.pow, nan, 0, 1)
    expect(.pow, 1, nan, 1)
    expect(.pow, 0, -1, infinity)
    expect(.pow, -0.0, -1, -infinity)
    expect(.pow, -0.0, -2, infinity)
    expect(.pow, -0.0, 0.5, 0)
    expect(.pow, -infinity, 0.5, infinity)
    expect(.pow, -infinity, -1, -0.0)
    expect(.pow, nan, 3, nan)
    expect(.pow, -2, 3, -8)
    expect(.pow, -2, 0.5, nan)
    expect(.pow, -1, infinity, 1)
    expect(.pow, 0.5, -infinity, infinity)
    expect(.pow, -infinity, 3, -infinity)
    expect(.pow, -infinity, -3, -0.0)
    expect(.remainder, -1, 3, 2)
    expect(.remainder, 1, -3, -2)
    expect(.remainder, 5.5, 2, 1.5)
    expect(.remainder, -1, infinity, infinity)
    expect(.remainder, 1, infinity, 1)
    expect(.remainder, 1, 0, nan)
    expect(.remainder, infinity, 2, nan)
    expect(.maximum, nan, 1, nan)
    expect(.maximum, 1, nan, nan)
    expect(.minimum, 1, nan, nan)
    expect(.minimum, 1, -infinity, -infinity)
    expect(.atan2, 0, -0.0, .pi)
    expect(.atan2, -0.0, -1, -.pi)
    expect(.atan2, infinity, -infinity, 0.75 * .pi)
    expect(.atan2, 1, 0, .pi / 2)
    expect(.atan2, nan, 1, nan)
    expect(.hypot, infinity, nan, infinity)
    expect(.hypot, 3e30, 4e30, 5e30)
    expect(.xlogy, 0, 0, 0)
    expect(.xlogy, 0, nan, nan)
    expect(.fmod, -1, 3, -1)
    expect(.fmod, 1, -3, 1)
    expect(.fmod, 1, 0, nan)
    expect(.fmod, infinity, 2, nan)
    expect(.fmod, -1, infinity, -1)
    expect(.copysign, 3, -0.0, -3)
    expect(.copysign, -infinity, 2, infinity)
    for (a, b) in [(6.0, 3.0), (-6, 3), (6, -3), (-6, -3), (0, -3), (-0.0, 3)] {
      // A zero has the divisor's sign.
      #expect(Self.everyWay(.remainder, a, b).allSatisfy { $0 == 0 && $0.sign == b.sign }, "\(a) % \(b)")
      // Or the dividend's.
      #expect(Self.everyWay(.fmod, a, b).allSatisfy { $0 == 0 && $0.sign == a.sign }, "fmod(\(a), \(b))")
    }
  }
}
