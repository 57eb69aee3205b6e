import CKernels
import Foundation
import Testing

/// The C kernels against libm, exact values and plain loops.
struct KernelTests {
  // MARK: Unary functions

  /// A unary function with libm's double version and the arguments to try it at.
  struct Function: Sendable, CustomTestStringConvertible {
    let op: gk_map
    let testDescription: String
    let reference: @Sendable (Double) -> Double

    init(_ name: String, _ op: gk_map, _ reference: @escaping @Sendable (Double) -> Double) {
      self.op = op
      testDescription = name
      self.reference = reference
    }
  }

  static let functions: [Function] = [
    Function("sqrt", .sqrt) { $0.squareRoot() },
    Function("rsqrt", .rsqrt) { 1 / $0.squareRoot() },
    Function("exp", .exp) { exp($0) },
    Function("expm1", .expm1) { expm1($0) },
    Function("log", .log) { log($0) },
    Function("log2", .log2) { log2($0) },
    Function("log10", .log10) { log10($0) },
    Function("log1p", .log1p) { log1p($0) },
    Function("sin", .sin) { sin($0) },
    Function("cos", .cos) { cos($0) },
    Function("tan", .tan) { tan($0) },
    Function("asin", .asin) { asin($0) },
    Function("acos", .acos) { acos($0) },
    Function("atan", .atan) { atan($0) },
    Function("sinh", .sinh) { sinh($0) },
    Function("cosh", .cosh) { cosh($0) },
    Function("tanh", .tanh) { tanh($0) },
    Function("asinh", .asinh) { asinh($0) },
    Function("acosh", .acosh) { acosh($0) },
    Function("atanh", .atanh) { atanh($0) },
    Function("erf", .erf) { erf($0) },
    Function("sigmoid", .sigmoid) { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) },
    Function("softplus", .softplus) { ($0 > 0 ? $0 : 0) + log1p(exp(-abs($0))) },
  ]

  /// The distance of a float from an exact value, in units of that value's last place.
  static func ulps(_ value: Float, _ exact: Double) -> Double {
    if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
    let rounded = Float(exact)
    if rounded == value { return value == 0 && exact == 0 && value.sign != rounded.sign ? .infinity : 0 }
    // Where one of them overflows the other may be the largest number.
    if rounded.isInfinite || value.isInfinite {
      return abs(value) >= 0x1.fffffcp127 && abs(exact) >= 0x1.fffffcp127 ? 1 : .infinity
    }
    return abs(Double(value) - exact) / Double(max(abs(rounded), .leastNormalMagnitude).ulp)
  }

  static func ulps(_ value: Double, _ exact: Double) -> Double {
    if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
    if exact == value { return value == 0 && value.sign != exact.sign ? .infinity : 0 }
    if exact.isInfinite || value.isInfinite { return .infinity }
    return abs(value - exact) / max(abs(exact), .leastNormalMagnitude).ulp
  }

  static func map(_ op: gk_map, _ x: [Float]) -> [Float] {
    var y = [Float](repeating: 0, count: x.count)
    unsafe gk_map_f32(op, x, &y, x.count)
    return y
  }

  static func map(_ op: gk_map, _ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: x.count)
    unsafe gk_map_f64(op, x, &y, x.count)
    return y
  }

  @Test(arguments: functions)
  func floatsAreWithinTwoUlps(_ function: Function) {
    // A prime stride through all bit patterns: every exponent, both signs, denormals, infinities, NaN.
    let x =
      stride(from: UInt64(0), to: 1 << 32, by: 40_009).map { Float(bitPattern: UInt32($0)) }
      + Self.hard.map { Float($0) }
    for (argument, value) in zip(x, Self.map(function.op, x)) {
      let error = Self.ulps(value, function.reference(Double(argument)))
      if error > 2 { Issue.record("\(function.testDescription)(\(argument)) = \(value), \(error) ulp off") }
    }
  }

  @Test(arguments: functions)
  func doublesAgreeWithLibm(_ function: Function) {
    var random = SystemRandomNumberGenerator()
    var x = Self.hard
    for _ in 0..<20_000 { x.append(Double(bitPattern: random.next())) }
    for _ in 0..<20_000 { x.append(Double.random(in: -4...4)) }
    for _ in 0..<20_000 { x.append(Double.random(in: 1...2) * pow(2, Double.random(in: -30...10))) }
    for (argument, value) in zip(x, Self.map(function.op, x)) {
      // Ours is within 2, libm's (as composed above) nearly within 2.5.
      let error = Self.ulps(value, function.reference(argument))
      if error > 4.5 { Issue.record("\(function.testDescription)(\(argument)) = \(value), \(error) ulp from libm") }
    }
  }

  /// Arguments where something changes: signs, overflow, underflow, ends of polynomials, multiples of π/2.
  static let hard: [Double] = [
    0, 1, 0.5, 2, 0.625, 0.41421356237309503, 0.2928932188134524, 0.7071067811865476, 1.4142135623730951, 88.72283,
    88.72284,
    89.4, 87.33655, 103.97208, 104, 709.782712893384, 709.7827128933841, 710.4758, 745.1332191019411, 745.2, 16, 17, 22,
    37,
    1e-8, 1e-17, 1e-45, 1e-40, .leastNonzeroMagnitude, 3.14159265358979, 1.5707963267948966, 999_999, 1_000_001, 1e22,
    3.4e38, 1.7e308,
    0.9999999, 1.0000001, .infinity, .nan,
  ].flatMap { [$0, -$0] }

  /// Correctly rounded values from 400-digit arithmetic.
  struct Reference: Sendable {
    let op: gk_map
    let values: KeyValuePairs<Double, Double>
    init(_ op: gk_map, _ values: KeyValuePairs<Double, Double>) {
      self.op = op
      self.values = values
    }
  }

  static let references = [
    Reference(
      .exp,
      [
        1e-300: 1.0, -0.34657359027997264: 0.7071067811865476,
        0.34657359027997264: 1.414213562373095, 709.782712893384: 1.7976931348622732e+308,
        -708.3964185322641: 2.2250738585072626e-308, -745.1332191019411: .leastNonzeroMagnitude,
        88.72283905206835: 3.4028234663852844e+38,
      ]),
    Reference(
      .expm1,
      [
        1e-300: 1e-300, 1e-17: 1e-17,
        -0.2876820724517809: -0.24999999999999997, 0.3465735902799727: 0.4142135623730951,
        -1e-05: -9.999950000166666e-06, 0.388860284823713: 0.47529841535505074,
        -37.5: -1.0, 709.782712893384: 1.7976931348622732e+308,
      ]),
    Reference(
      .log,
      [
        .leastNonzeroMagnitude: -744.4400719213812, 1.0000000000000002: 2.2204460492503128e-16,
        0.9999999999999999: -1.1102230246251565e-16, 0.7071067811865476: -0.3465735902799726,
        1.4142135623730951: 0.3465735902799727, 1.7976931348623157e+308: 709.782712893384,
        2.2250738585072014e-308: -708.3964185322641,
      ]),
    Reference(
      .log1p,
      [
        1e-300: 1e-300, -1e-17: -1e-17,
        -0.2929: -0.3465831803719419, 0.4142: 0.3465640001880034,
        -0.9999999999999999: -36.7368005696771, 1e+300: 690.7755278982137,
        2.091219318123974e+20: 46.78944916154357, 0.41421356237309503: 0.34657359027997264,
      ]),
    Reference(
      .sin,
      [
        1e-300: 1e-300, 3.141592653589793: 1.2246467991473532e-16,
        -6.283185307179586: 2.4492935982947064e-16, 0.7853981633974483: 0.7071067811865475,
        999999.5: -0.756251087561678, 1e+22: -0.8522008497671888,
        87.16690318242166: -0.7157455667240114, 0x1.6ac5b262ca1ffp+849: 1.0,
      ]),
    Reference(
      .cos,
      [
        1e-300: 1.0, 1.5707963267948966: 6.123233995736766e-17,
        4.71238898038469: -1.8369701987210297e-16, 0.7853981633974483: 0.7071067811865476,
        -999999.5: 0.654281508650351, 1e+22: 0.523214785395139,
        11.0: 0.004425697988050785, 0x1.6ac5b262ca1ffp+849: -4.687165924254628e-19,
      ]),
    Reference(
      .tan,
      [
        1e-300: 1e-300, 1.5707963267948966: 1.633123935319537e+16,
        0.7853981633974483: 0.9999999999999999, 1e+22: -1.6287782256068988,
      ]),
    Reference(
      .sinh,
      [
        1e-300: 1e-300, 0.9999999999999999: 1.1752011936438014,
        1.0000000000000002: 1.1752011936438018, -1.418745286877796: -1.9449576535693858,
        710.4758600739439: 1.7976931348621744e+308,
      ]),
    Reference(
      .cosh,
      [
        1e-300: 1.0, 2.47402750348137: 5.977201344659285,
        710.4758600739439: 1.7976931348621744e+308, -0.5: 1.1276259652063807,
      ]),
    Reference(
      .tanh,
      [
        1e-300: 1e-300, 0.6249999999999999: 0.5545997223493823,
        0.625: 0.5545997223493823, -0.631713557091552: -0.5592310044271734,
        19.0: 0.9999999999999999, -1e-09: -1e-09,
      ]),
    Reference(
      .asinh,
      [
        1e-300: 1e-300, 0.513011378600628: 0.4928191682518209,
        1e+300: 691.4686750787737, -2.0: -1.4436354751788103,
      ]),
    Reference(
      .acosh,
      [
        1.0000000000000002: 2.1073424255447014e-08, 1.0009765625: 0.044190578083110096,
        1.486566425302725: 0.9503101566990818, 2.0: 1.3169578969248168,
        1e+300: 691.4686750787737,
      ]),
    Reference(
      .atanh,
      [
        1e-300: 1e-300, 0.9999999999999999: 18.714973875118524,
        -0.2282086081536167: -0.2322988374662651,
      ]),
    Reference(
      .erf,
      [
        1e-300: 1.1283791670955126e-300, 0.5: 0.5204998778130465,
        -1.0: -0.8427007929497149, 3.5: 0.9999992569016276,
        -0.05536461950229457: -0.06240851102493478,
      ]),
    Reference(
      .sigmoid,
      [
        -745.0: .leastNonzeroMagnitude, -708.5: 2.006132305331306e-308,
        36.7: 0.9999999999999999, -5.542763598401441: 0.0039004176473537303,
        0.1: 0.52497918747894,
      ]),
    Reference(
      .softplus,
      [
        -745.0: .leastNonzeroMagnitude, -708.5: 2.006132305331306e-308,
        36.7: 36.7, 0.35377085642496026: 0.8855959297875464,
        -0.8813735870195429: 0.3465735902799727, 700.5: 700.5,
      ]),
    Reference(
      .log2,
      [
        8.0: 3.0, 1.0000000000000002: 3.203426503814917e-16,
        .leastNonzeroMagnitude: -1074.0,
      ]),
    Reference(
      .log10,
      [
        1000.0: 3.0, 1.1539838341435609: 0.062199724944996516,
        .leastNonzeroMagnitude: -323.3062153431158,
      ]),
  ]

  @Test func doublesAreWithinTwoUlps() {
    for reference in Self.references {
      for (x, exact) in reference.values {
        let value = Self.map(reference.op, [x])[0]
        #expect(Self.ulps(value, exact) <= 2, "function \(reference.op.rawValue) at \(x)")
      }
    }
  }

  @Test func specialValues() {
    let x: [Double] = [0, -0.0, .infinity, -.infinity, .nan, 2.5, -2.5, 3.5, -0.5]
    func expect(_ op: gk_map, _ expected: [Double], line: Int = #line) {
      let doubles = Self.map(op, x), floats = Self.map(op, x.map { Float($0) }).map { Double($0) }
      for (index, value) in expected.enumerated() {
        for result in [doubles[index], floats[index]] {
          let same = value.isNaN ? result.isNaN : result == value && result.sign == value.sign
          #expect(same, "\(op.rawValue) of \(x[index]) is \(result), line \(line)")
        }
      }
    }
    expect(.negative, [-0.0, 0, -.infinity, .infinity, .nan, -2.5, 2.5, -3.5, 0.5])
    expect(.abs, [0, 0, .infinity, .infinity, .nan, 2.5, 2.5, 3.5, 0.5])
    expect(.sign, [0, 0, 1, -1, .nan, 1, -1, 1, -1])
    expect(.reciprocal, [.infinity, -.infinity, 0, -0.0, .nan, 0.4, -0.4].prefix(5).map { $0 })
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
  }

  /// An element's bits depend on the element alone, not on its place, the length or the alignment.
  @Test func tailsAreAsBodies() {
    var x = (0..<700).map { Double($0 * 7919 % 1000) / 80 - 6 }
    for index in 0..<8 { x[index * 97] = Self.hard[index * 9] }
    for op in (0..<UInt32(GK_MAP_COUNT)).compactMap(gk_map.init) {
      let whole = Self.map(op, x), wholeFloats = Self.map(op, x.map { Float($0) })
      for start in [0, 1, 5, 300] {
        for count in [1, 3, 15, 17, 63, 260] {
          let part = Array(x[start..<start + count])
          let doubles = Self.map(op, part),
            floats = Self.map(op, part.map { Float($0) })
          for index in 0..<count {
            let one = whole[start + index], other = wholeFloats[start + index]
            #expect(doubles[index].bitPattern == one.bitPattern || one.isNaN && doubles[index].isNaN)
            #expect(floats[index].bitPattern == other.bitPattern || other.isNaN && floats[index].isNaN)
          }
        }
      }
      var inPlace = x
      unsafe inPlace.withUnsafeMutableBufferPointer { buffer in
        unsafe gk_map_f64(op, buffer.baseAddress, buffer.baseAddress, buffer.count)
      }
      #expect(zip(inPlace, whole).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    }
  }

  // MARK: Binary functions

  static func zip2(_ op: gk_zip, _ a: Double, _ b: Double) -> [Double] {
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

  @Test func specialPairs() {
    func expect(_ op: gk_zip, _ a: Double, _ b: Double, _ expected: Double, line: Int = #line) {
      let same = Self.zip2(op, a, b).allSatisfy {
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
    for (a, b) in [(6.0, 3.0), (-6, 3), (6, -3), (-6, -3), (0, -3), (-0.0, 3)] {
      // A zero has the divisor's sign.
      #expect(Self.zip2(.remainder, a, b).allSatisfy { $0 == 0 && $0.sign == b.sign }, "\(a) % \(b)")
    }
  }

  @Test func powersAndRemaindersOfFloats() {
    var a: [Float] = [], b: [Float] = []
    for index in 0..<30_000 {
      a.append(Float.random(in: -20...20) * (index % 3 == 0 ? 1e4 : 1))
      b.append(index % 2 == 0 ? Float.random(in: -9...9) : Float(Int.random(in: -9...9)))
    }
    var power = a, remainder = a
    unsafe gk_zip_f32(.pow, a, 1, b, 1, &power, a.count)
    unsafe gk_zip_f32(.remainder, a, 1, b, 1, &remainder, a.count)
    for index in a.indices {
      let exact = pow(Double(a[index]), Double(b[index]))
      #expect(Self.ulps(power[index], exact) <= 2, "\(a[index]) ** \(b[index])")
      let rest = fmodf(a[index], b[index])
      let expected = rest == 0 || (rest < 0) == (b[index] < 0) ? rest : rest + b[index]
      #expect(remainder[index] == expected || b[index] == 0, "\(a[index]) % \(b[index])")
    }
  }

  @Test func keepsAndSelects() {
    let mask: [UInt8] = [1, 0, 0, 0, 0], x: [Float] = [.nan, -2, .infinity, .nan, 3]
    var y = [Float](repeating: 9, count: 5)
    unsafe gk_keep_f32(mask, 1, x, 1, &y, 5)
    #expect(y[0].isNaN && y[1...].allSatisfy { $0 == 0 } && y.map(\.sign) == [.plus, .minus, .plus, .plus, .plus])
    unsafe gk_select_f32(mask, 1, [7], 0, x, 1, &y, 5)
    #expect(y[0] == 7 && y[1] == -2 && y[3].isNaN)
    #expect(unsafe gk_all_finite_f32([1, 2, 3], 3) == 1 && gk_all_finite_f32(x, 5) == 0)
  }

  @Test func largeCopiesAndSearchesMissNothing() {
    // The pieces and halves of two threads, and what is left over.
    for count in [0, 1, 262_144, 3_000_001] {
      let x = (0..<count).map(Float.init)
      var y = [Float](repeating: -1, count: count + 1)
      unsafe gk_copy(x, &y, count * 4)
      #expect(x.elementsEqual(y.dropLast()) && y[count] == -1)
      for place in [0, count / 2 - 1, count / 2, count - 1] where x.indices.contains(place) {
        #expect(unsafe gk_all_finite_f32(y, count) == 1)
        y[place] = .infinity
        #expect(unsafe gk_all_finite_f32(y, count) == 0)
        y[place] = x[place]
      }
    }
  }

  // MARK: Reductions

  @Test func reductionsAgreeWithPlainLoops() {
    for (outer, extent, inner) in [
      (1, 0, 3), (2, 1, 1), (3, 7, 1), (1, 1000, 1), (2, 300, 5), (1, 5000, 3), (2, 70, 200), (1, 9, 600),
    ] {
      // Small integers, so that sums are exact in any order.
      var x = (0..<outer * extent * inner).map { Double($0 * 7919 % 23 - 11) }
      if x.count > 40 { x[37] = .nan }
      var sum = [Double](repeating: 0, count: outer * inner), largest = sum, index = sum
      unsafe gk_reduce_f64(.sum, x, outer, extent, inner, &sum)
      unsafe gk_reduce_f64(.max, x, outer, extent, inner, &largest)
      if extent > 0 { unsafe gk_argument_f64(1, x, outer, extent, inner, &index) }
      var scan = x
      unsafe gk_scan_f64(.sum, x, outer, extent, inner, &scan)
      for o in 0..<outer {
        for i in 0..<inner {
          let column = (0..<extent).map { x[(o * extent + $0) * inner + i] }
          let hasNaN = column.contains { $0.isNaN }
          let expected = hasNaN ? Double.nan : column.reduce(0, +), top = hasNaN ? .nan : column.max() ?? -.infinity
          #expect(Self.ulps(sum[o * inner + i], expected) == 0)
          #expect(Self.ulps(largest[o * inner + i], top) == 0)
          if extent > 0 {
            #expect(index[o * inner + i] == Double(column.firstIndex { hasNaN ? $0.isNaN : $0 == top } ?? -1))
            #expect(Self.ulps(scan[((o + 1) * extent - 1) * inner + i], expected) == 0)
          }
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

  // MARK: Strides

  @Test(arguments: 0..<60)
  func strideCopiesAgreeWithPlainLoops(seed: Int) {
    var state = UInt64(seed + 1)
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    // A dense array seen with its dimensions permuted, some reversed, some repeated.
    let rank = 1 + random(4), extents = (0..<rank).map { _ in 1 + random(seed % 3 == 0 ? 40 : 6) }
    var strides = [Int](repeating: 0, count: rank), step = 1, base = 0, repeats = false
    for dimension in (0..<rank).shuffled() {
      if random(5) == 0 && extents[dimension] > 1 {
        repeats = true
        continue
      }
      strides[dimension] = step
      step *= extents[dimension]
      if random(4) == 0 {
        base += strides[dimension] * (extents[dimension] - 1)
        strides[dimension] = -strides[dimension]
      }
    }
    let count = extents.reduce(1, *)
    let offsets = (0..<count).map { flat in
      var rest = flat, offset = base
      for dimension in (0..<rank).reversed() {
        offset += rest % extents[dimension] * strides[dimension]
        rest /= extents[dimension]
      }
      return offset
    }
    let x = (0..<step).map { Float($0) }, dense = (0..<count).map { Float($0 % 17) }
    var copied = [Float](repeating: -1, count: count)
    unsafe x.withUnsafeBufferPointer { source in
      unsafe gk_copy_strided(4, source.baseAddress! + base, strides, extents, rank, &copied)
    }
    #expect(copied == offsets.map { x[$0] })
    var added = x, expected = x
    unsafe added.withUnsafeMutableBufferPointer { target in
      unsafe gk_add_strided_f32(dense, target.baseAddress! + base, strides, extents, rank)
    }
    for (value, offset) in zip(dense, offsets) { expected[offset] += value }
    #expect(added == expected)
    if !repeats {
      var stored = x
      unsafe stored.withUnsafeMutableBufferPointer { target in
        unsafe gk_store_strided(4, dense, target.baseAddress! + base, strides, extents, rank)
      }
      #expect(offsets.map { stored[$0] } == dense)
    }
  }

  @Test func takesAndTheirAdjoint() {
    let index: [Int64] = [2, 0, 2], x = (0..<24).map { Double($0) }
    var y = [Double](repeating: 0, count: 18), back = [Double](repeating: 0, count: 24)
    unsafe gk_take(8, x, index, 2, 4, 3, 3, &y)
    #expect(y == [6, 7, 8, 0, 1, 2, 6, 7, 8, 18, 19, 20, 12, 13, 14, 18, 19, 20])
    unsafe gk_take_adjoint_f64(y, index, 2, 4, 3, 3, &back)
    #expect(back == [0, 1, 2, 0, 0, 0, 12, 14, 16, 0, 0, 0, 12, 13, 14, 0, 0, 0, 36, 38, 40, 0, 0, 0])
  }

  // MARK: Products

  @Test(arguments: [
    (0, 3, 4), (3, 0, 4), (1, 1, 1), (3, 3, 3), (2, 5, 1), (1, 9, 33), (13, 17, 31), (16, 16, 16), (40, 70, 65),
    (129, 130, 131), (300, 270, 40), (3, 300, 600),
  ])
  func productsAgreeWithPlainLoops(m: Int, k: Int, n: Int) {
    // Small integers: every order of sums gives the same.
    for (aColumnwise, bColumnwise) in [(false, false), (false, true), (true, false), (true, true)] {
      let a = (0..<m * k).map { Double($0 * 7919 % 15 - 7) }, b = (0..<k * n).map { Double($0 * 104_729 % 13 - 6) }
      let (ar, ac) = aColumnwise ? (1, m) : (k, 1), (br, bc) = bColumnwise ? (1, k) : (n, 1)
      var expected = [Double](repeating: 0, count: m * n)
      for i in 0..<m {
        for p in 0..<k {
          for j in 0..<n { expected[i * n + j] += a[i * ar + p * ac] * b[p * br + j * bc] }
        }
      }
      var c = [Double](repeating: .nan, count: m * n), d = [Float](repeating: .nan, count: m * n)
      unsafe gk_matmul_f64(a, ar, ac, b, br, bc, &c, m, k, n)
      unsafe gk_matmul_f32(a.map { Float($0) }, ar, ac, b.map { Float($0) }, br, bc, &d, m, k, n)
      #expect(c == expected && d.map { Double($0) } == expected)
      if unsafe gk_blas_matmul_f64(a, ar, ac, b, br, bc, &c, m, k, n) != 0 { #expect(c == expected) }
    }
  }

  @Test func productsKeepInfinitiesAndNaN() {
    var c = [Float](repeating: 1, count: 4)
    unsafe gk_matmul_f32([0, 0, 1, 1], 2, 1, [.infinity, 1, 1, .nan], 2, 1, &c, 2, 2, 2)
    #expect(c[0].isNaN && c[1].isNaN && c[2] == .infinity && c[3].isNaN)
  }

  @Test func broadcastOperandsNeedNoCopies() {
    var c = [Float](repeating: 0, count: 6)
    unsafe gk_matmul_f32([1, 2, 3], 0, 1, [1, 10, 100], 1, 0, &c, 2, 3, 3)
    #expect(c == [321, 321, 321, 321, 321, 321])
  }

  // MARK: Random numbers

  @Test func philoxIsAsPublished() {
    // The known answer of Random123 for a zero key and counter: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    var floats = [Float](repeating: 0, count: 4), doubles = [Double](repeating: 0, count: 2)
    unsafe gk_uniform_f32(0, 0, &floats, 4)
    #expect(floats == [0x6627e8, 0xe169c5, 0xbc57ac, 0x9b00db].map { Float($0) * 0x1p-24 })
    unsafe gk_uniform_f64(0, 0, &doubles, 2)
    let words: [UInt64] = [0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c]
    #expect(doubles == words.map { Double($0 >> 11) * 0x1p-53 })
  }

  @Test func drawsDependOnTheElementOnly() {
    var long = [Double](repeating: 0, count: 1000), short = [Double](repeating: 0, count: 77), other = short
    unsafe gk_normal_f64(5, 1, &long, long.count)
    unsafe gk_normal_f64(5, 1, &short, short.count)
    unsafe gk_normal_f64(5, 2, &other, other.count)
    #expect(Array(long.prefix(77)) == short && short != other)
  }

  @Test func drawsHaveTheirMoments() {
    let count = 200_000
    var uniform = [Float](repeating: 0, count: count), normal = uniform
    unsafe gk_uniform_f32(1, 0, &uniform, count)
    unsafe gk_normal_f32(1, 0, &normal, count)
    func mean(_ x: [Float], _ power: Int) -> Double {
      x.reduce(0) { $0 + pow(Double($1), Double(power)) } / Double(count)
    }
    #expect(uniform.allSatisfy { 0 <= $0 && $0 < 1 } && abs(mean(uniform, 1) - 0.5) < 0.004)
    #expect(abs(mean(uniform, 2) - 1.0 / 3) < 0.004)
    #expect(abs(mean(normal, 1)) < 0.012 && abs(mean(normal, 2) - 1) < 0.02 && abs(mean(normal, 4) - 3) < 0.15)
  }
}
