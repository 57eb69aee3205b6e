import CKernels
import Foundation
import Graphs
import TestSupport
import Testing

/// The loop of every element function against its scalar twin.
struct ElementFunctionTests {
  private func row(_ op: gk_map) throws -> ElementFunction {
    try #require(ElementFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
  }

  @Test(arguments: Kernels.maps)
  func floatsAreWithinAFewUlps(op: gk_map) throws {
    let row = try row(op)
    let limit = [gk_map.erfc, .ndtr, .gelu, .gelu_slope].contains(op) ? 4.0 : 2
    // A prime stride through all bit patterns: every exponent, both signs, denormals, infinities, NaN.
    let x =
      stride(from: UInt64(0), to: 1 << 32, by: 40_009).map { Float(bitPattern: UInt32($0)) } + Float.special
      + Self.hard.map { Float($0) }
    for (argument, value) in zip(x, Float.map(op, x)) {
      let error = value.ulps(from: row.scalar(Double(argument)))
      if error > limit { Issue.record("\(row.name)(\(argument)) = \(value), \(error) ulp off") }
    }
  }

  @Test(arguments: Kernels.maps)
  func doublesAgreeWithLibm(op: gk_map) throws {
    let row = try row(op)
    var random = SplitMix(Int(op.rawValue))
    var x = Double.special + Self.hard
    for _ in 0..<20_000 { x.append(Double(bitPattern: random.next())) }
    for _ in 0..<20_000 { x.append(Double.random(in: -4...4, using: &random)) }
    for _ in 0..<20_000 {
      x.append(Double.random(in: 1...2, using: &random) * pow(2, Double.random(in: -30...10, using: &random)))
    }
    for (argument, value) in zip(x, Double.map(op, x)) {
      // Ours is within 2, libm's (as composed in the twins) nearly within 2.5.
      let exact = row.scalar(argument)
      // Near their roots the twins' terms cancel, even as long doubles.
      if [gk_map.gelu_slope, .digamma, .sinc_slope].contains(op), abs(exact) < 1e-2 { continue }
      let error = value.ulps(from: exact)
      if error > 4.5 { Issue.record("\(row.name)(\(argument)) = \(value), \(error) ulp from libm") }
    }
  }

  /// Arguments where something changes: overflow, underflow, ends of polynomials, multiples of π/2.
  static let hard: [Double] = [
    0.625, 0.41421356237309503, 0.2928932188134524, 0.7071067811865476, 1.4142135623730951, 88.72283, 88.72284, 89.4,
    87.33655, 103.97208, 104, 709.782712893384, 709.7827128933841, 710.4758, 745.1332191019411, 745.2, 16, 17, 22, 37,
    1e-8, 1e-17, 1e-45, 1e-40, 2.5, 3.5, 3.14159265358979, 1.5707963267948966, 999_999, 1_000_001, 1e22, 3.4e38,
    1.7e308, 0.9999999, 1.0000001,
  ].flatMap { [$0, -$0] }

  /// Lengths around those of vectors and pieces.
  static let lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 260]

  /// An element's bits depend on the element alone, not on its place, the length or the alignment.
  @Test(arguments: Kernels.maps)
  func tailsAreAsBodies(op: gk_map) {
    expectEvenTails(op, Float.self)
    expectEvenTails(op, Double.self)
  }

  private func expectEvenTails<T: KernelElement>(_ op: gk_map, _ type: T.Type) {
    var x = (0..<700).map { T(Double($0 * 7919 % 1000) / 80 - 6) }
    for (index, value) in (T.special + Self.hard.map { T($0) }).enumerated() { x[index * 97 % 700] = value }
    let whole = T.map(op, x)
    for start in [0, 1, 5, 300] {
      for count in Self.lengths {
        let part = T.map(op, Array(x[start..<start + count]))
        #expect(zip(part, whole[start...]).allSatisfy { $0.isSame(as: $1) }, "\(count) from \(start)")
      }
    }
    var inPlace = x
    unsafe inPlace.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe T.map(op, base, base, buffer.count)
    }
    #expect(zip(inPlace, whole).allSatisfy { $0.isSame(as: $1) })
  }

  @Test func specialValues() {
    let x: [Double] = [0, -0.0, .infinity, -.infinity, .nan, 2.5, -2.5, 3.5, -0.5]
    func expect(_ op: gk_map, _ expected: [Double], line: Int = #line) {
      let doubles = Double.map(op, x), floats = Float.map(op, x.map { Float($0) }).map { Double($0) }
      for (index, value) in expected.enumerated() {
        for result in [doubles[index], floats[index]] {
          #expect(value.isSame(as: result), "kernel \(op.rawValue) of \(x[index]) is \(result), line \(line)")
        }
      }
    }
    expect(.negative, [-0.0, 0, -.infinity, .infinity, .nan, -2.5, 2.5, -3.5, 0.5])
    expect(.abs, [0, 0, .infinity, .infinity, .nan, 2.5, 2.5, 3.5, 0.5])
    expect(.sign, [0, 0, 1, -1, .nan, 1, -1, 1, -1])
    expect(.reciprocal, [.infinity, -.infinity, 0, -0.0, .nan])
    expect(.floor, [0, -0.0, .infinity, -.infinity, .nan, 2, -3, 3, -1])
    expect(.ceil, [0, -0.0, .infinity, -.infinity, .nan, 3, -2, 4, -0.0])
    expect(.round, [0, -0.0, .infinity, -.infinity, .nan, 2, -2, 4, -0.0])
    expect(.trunc, [0, -0.0, .infinity, -.infinity, .nan, 2, -2, 3, -0.0])
    expect(.relu, [0, 0, .infinity, 0, .nan, 2.5, 0, 3.5, 0])
    expect(.sqrt, [0, -0.0, .infinity, .nan, .nan])
    expect(.rsqrt, [.infinity, -.infinity, 0, .nan, .nan])
    expect(.exp, [1, 1, .infinity, 0, .nan])
    expect(.expm1, [0, -0.0, .infinity, -1, .nan])
    expect(.log, [-.infinity, -.infinity, .infinity, .nan, .nan])
    expect(.log1p, [0, -0.0, .infinity, .nan, .nan])
    expect(.sin, [0, -0.0, .nan, .nan, .nan])
    expect(.cos, [1, 1, .nan, .nan, .nan])
    expect(.tanh, [0, -0.0, 1, -1, .nan])
    expect(.sinh, [0, -0.0, .infinity, -.infinity, .nan])
    expect(.cosh, [1, 1, .infinity, .infinity, .nan])
    expect(.asinh, [0, -0.0, .infinity, -.infinity, .nan])
    expect(.erf, [0, -0.0, 1, -1, .nan])
    expect(.sigmoid, [0.5, 0.5, 1, 0, .nan])
    expect(.erfinv, [0, -0.0, .nan, .nan, .nan, .nan, .nan])
    expect(.lgamma, [.infinity, .infinity, .infinity, .infinity, .nan])
    expect(.digamma, [-.infinity, .infinity, .infinity, .nan, .nan])
    expect(.sinc, [1, 1, .nan, .nan, .nan])
    expect(.sinc_slope, [-0.0, 0, .nan, .nan, .nan])
  }
}
