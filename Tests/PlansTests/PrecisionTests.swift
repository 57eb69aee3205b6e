import CKernels
import Foundation
import Graphs
import Tensors
import TestSupport
import Testing

@testable import Plans

#if arch(x86_64)
  /// Every row of the tables of functions, with its derivatives, keeps its digits wherever a number is defined: far out, where
  /// terms cancel or vanish, too.
  ///
  /// Held against long double.
  @Suite struct PrecisionTests {
    typealias Wide = Float80

    /// A function and its derivative; where one of them crosses 0 between two terms, errors are those of the terms.
    struct Exact: Sendable {
      var value: @Sendable (Wide) -> Wide
      var slope: @Sendable (Wide) -> Wide
      /// How large the terms are there, at the least; 0 where nothing cancels.
      var terms: @Sendable (Double) -> (value: Double, slope: Double)

      init(
        _ value: @escaping @Sendable (Wide) -> Wide, _ slope: @escaping @Sendable (Wide) -> Wide,
        terms: @escaping @Sendable (Double) -> (value: Double, slope: Double) = { _ in (0, 0) }
      ) {
        (self.value, self.slope, self.terms) = (value, slope, terms)
      }
    }

    /// The row's own slow twin, where long double has no such function.
    private static func twin(_ op: gk_map) -> @Sendable (Wide) -> Wide {
      { Wide(ElementFunction[op].scalar(Double($0))) }
    }

    private static func polygamma(_ n: Wide, _ x: Wide) -> Wide {
      Wide(BinaryFunction[.polygamma].scalar(Double(n), Double(x)))
    }

    private static func bendOfSinc(_ x: Wide) -> Wide {
      -Wide.pi * Wide.pi * twin(.sinc)(x) - 2 * twin(.sinc_slope)(x) / x
    }

    private static func normal(_ x: Wide) -> Wide { erfc(-x * Wide(0.5).squareRoot()) / 2 }
    private static func density(_ x: Wide) -> Wide { exp(-x * x / 2) / (2 * Wide.pi).squareRoot() }
    private static func sigmoid(_ x: Wide) -> Wide { 1 / (1 + exp(-x)) }
    private static func none(_ x: Wide) -> Wide { 0 }

    static func exact(_ op: gk_map) -> Exact {
      switch op {
      case .negative: Exact({ -$0 }, { _ in -1 })
      case .abs: Exact({ abs($0) }, { $0 < 0 ? -1 : $0 > 0 ? 1 : 0 })
      case .sign: Exact({ $0 < 0 ? -1 : $0 > 0 ? 1 : 0 }, none)
      case .square: Exact({ $0 * $0 }, { 2 * $0 })
      case .reciprocal: Exact({ 1 / $0 }, { -1 / $0 / $0 })
      case .sqrt: Exact({ $0.squareRoot() }, { 1 / (2 * $0.squareRoot()) })
      case .rsqrt: Exact({ 1 / $0.squareRoot() }, { -1 / (2 * $0 * $0.squareRoot()) })
      case .exp: Exact({ exp($0) }, { exp($0) })
      case .expm1: Exact({ expm1($0) }, { exp($0) })
      case .log: Exact({ log($0) }, { 1 / $0 })
      case .log2: Exact({ log2($0) }, { 1 / ($0 * log(Wide(2))) })
      case .log10: Exact({ log10($0) }, { 1 / ($0 * log(Wide(10))) })
      case .log1p: Exact({ log1p($0) }, { 1 / (1 + $0) })
      case .sin: Exact({ sin($0) }, { cos($0) })
      case .cos: Exact({ cos($0) }, { -sin($0) })
      case .tan: Exact({ tan($0) }, { 1 + tan($0) * tan($0) })
      case .asin: Exact({ asin($0) }, { 1 / ((1 - $0) * (1 + $0)).squareRoot() })
      case .acos: Exact({ acos($0) }, { -1 / ((1 - $0) * (1 + $0)).squareRoot() })
      case .atan: Exact({ atan($0) }, { 1 / (1 + $0 * $0) })
      case .sinh: Exact({ sinh($0) }, { cosh($0) })
      case .cosh: Exact({ cosh($0) }, { sinh($0) })
      case .tanh: Exact({ tanh($0) }, { 1 / (cosh($0) * cosh($0)) })
      case .asinh: Exact({ asinh($0) }, { 1 / ($0 * $0 + 1).squareRoot() })
      case .acosh: Exact({ acosh($0) }, { $0 < 1 ? .nan : 1 / (($0 - 1) * ($0 + 1)).squareRoot() })
      case .atanh: Exact({ atanh($0) }, { 1 / ((1 - $0) * (1 + $0)) })
      case .floor: Exact({ floor($0) }, none)
      case .ceil: Exact({ ceil($0) }, none)
      case .round: Exact({ $0.rounded(.toNearestOrEven) }, none)
      case .trunc: Exact({ trunc($0) }, none)
      case .erf: Exact({ erf($0) }, { 2 / Wide.pi.squareRoot() * exp(-$0 * $0) })
      case .erfc: Exact({ erfc($0) }, { -2 / Wide.pi.squareRoot() * exp(-$0 * $0) })
      case .erfinv: Exact(twin(.erfinv), twin(.erfinv_slope))
      case .erfinv_slope:
        Exact(twin(.erfinv_slope), { 2 * twin(.erfinv)($0) * twin(.erfinv_slope)($0) * twin(.erfinv_slope)($0) })
      case .lgamma: Exact({ lgamma($0).0 }, twin(.digamma), terms: { _ in (0, 0.1) })
      case .digamma: Exact(twin(.digamma), { polygamma(1, $0) }, terms: { _ in (0.1, 0) })
      case .sinc: Exact(twin(.sinc), twin(.sinc_slope), terms: { (0, 0.1 / max(abs($0), 1)) })
      case .sinc_slope:
        Exact(
          twin(.sinc_slope), bendOfSinc, terms: { (0.1 / max(abs($0), 1), 9 / max(abs($0), 1)) })
      case .ndtr: Exact({ normal($0) }, { density($0) })
      case .gauss: Exact({ exp(-$0 * $0) }, { -2 * $0 * exp(-$0 * $0) })
      case .normal_density: Exact({ density($0) }, { -$0 * density($0) })
      case .gelu:
        Exact(
          { $0 * normal($0) }, { normal($0) + $0 * density($0) },
          terms: { (0, (-0.77 ... -0.73).contains($0) ? 1e-3 : 0) })
      case .gelu_slope:
        Exact(
          { normal($0) + $0 * density($0) }, { (2 - $0 * $0) * density($0) },
          terms: { ((-2 ... -0.5).contains($0) ? 0.25 : 0, abs(abs($0) - 2.squareRoot()) < 0.6 ? 0.25 : 0) })
      case .sigmoid: Exact({ sigmoid($0) }, { sigmoid($0) * sigmoid(-$0) })
      case .sigmoid_slope:
        Exact({ sigmoid($0) * sigmoid(-$0) }, { -sigmoid($0) * sigmoid(-$0) * tanh($0 / 2) })
      case .softplus: Exact({ $0 > 60 ? $0 : log1p(exp($0)) }, { sigmoid($0) })
      case .relu: Exact({ max($0, 0) }, { $0 > 0 ? 1 : 0 })
      }
    }

    @Test(arguments: (0..<UInt32(GK_MAP_COUNT)).compactMap(gk_map.init), [ElementType.float32, .float64])
    func elementFunctionsKeepTheirDigits(op: gk_map, type: ElementType) throws {
      let builder = Builder(defaultType: type)
      let points = Self.points(type, seed: Int(op.rawValue))
      let x = builder.parameter(Tensor(points, shape: Shape([points.count]), type: type))
      let y = Symbol.map(ElementFunction[op].primitive, x)
      let slope = builder.gradient(of: y.summed, withRespectTo: [x])[0]
      let found = try builder.values(of: [y, slope]).map(\.values)
      let exact = Self.exact(op)
      for (place, point) in points.enumerated() {
        let floors = exact.terms(point)
        try Self.expect(found[0][place], exact.value(Wide(point)), type, floor: floors.value, "\(op)(\(point))")
        if point == 0 || op == .log1p && point <= -1 { continue }
        try Self.expect(
          found[1][place], exact.slope(Wide(point)), type, floor: floors.slope, "\(op)'s slope at \(point)")
      }
    }

    /// All sizes, both signs, and more where functions bend.
    private static func points(_ type: ElementType, seed: Int) -> [Double] {
      var random = SplitMix(seed)
      var points: [Double] = [1, -1, 0.5, -0.5, 2, -2]
      for number in 0..<6_000 {
        let wide = Double.random(in: -40...40, using: &random)
        points += [wide, wide / 16, wide * 20, 1 + wide * 1e-6, -1 + wide * 1e-6]
        let size =
          type == .float32
          ? pow(2, Double.random(in: -125...127, using: &random))
          : pow(2, Double.random(in: -1020...1023, using: &random))
        points.append(number % 2 == 0 ? size : -size)
      }
      return type == .float32 ? points.map { Double(Float($0)) } : points
    }

    /// Within 4 units of the last place, or of that of a term's size; where a number has less than all its bits, beside the
    /// normal ones, nothing is held.
    static func expect(
      _ found: Double, _ exact: Wide, _ type: ElementType, floor: Double = 0, _ what: @autoclosure () -> String
    ) throws {
      let least: Wide = type == .float32 ? Wide(Float.leastNormalMagnitude) : Wide(Double.leastNormalMagnitude)
      if abs(exact) < 4096 * least, abs(Wide(found)) <= 4096 * least { return }
      let error = type == .float32 ? ulps(Float(found), exact, floor) : ulps(found, exact, floor)
      if error > 4 { Issue.record("\(what()) is \(found), not \(exact): \(error) ulp") }
    }

    private static func ulps<T: BinaryFloatingPoint>(_ found: T, _ exact: Wide, _ floor: Double) -> Wide {
      if exact.isNaN || found.isNaN { return exact.isNaN && found.isNaN ? 0 : .infinity }
      let nearest = T(exact)
      if nearest == found { return 0 }
      let greatest = T.greatestFiniteMagnitude
      if nearest.isInfinite || found.isInfinite {
        return abs(nearest) >= greatest.nextDown && abs(found) >= greatest.nextDown ? 1 : .infinity
      }
      return abs(Wide(found) - exact) / Wide(max(abs(nearest), .leastNormalMagnitude, T(floor)).ulp)
    }

    // MARK: Of two

    struct ExactPair: Sendable {
      var value: @Sendable (Wide, Wide) -> Wide
      var slopes: @Sendable (Wide, Wide) -> (Wide, Wide)
    }

    private static func rest(_ a: Wide, _ b: Wide) -> Wide {
      let rest = a.truncatingRemainder(dividingBy: b)
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }

    static func exact(_ op: gk_zip) -> ExactPair {
      switch op {
      case .add: ExactPair(value: { $0 + $1 }, slopes: { _, _ in (1, 1) })
      case .subtract: ExactPair(value: { $0 - $1 }, slopes: { _, _ in (1, -1) })
      case .multiply: ExactPair(value: { $0 * $1 }, slopes: { ($1, $0) })
      case .divide: ExactPair(value: { $0 / $1 }, slopes: { (1 / $1, -$0 / $1 / $1) })
      case .pow: ExactPair(value: { pow($0, $1) }, slopes: { ($1 * pow($0, $1 - 1), pow($0, $1) * log($0)) })
      case .remainder:
        ExactPair(value: rest) { a, b in
          // Whole, and nearly all of a.
          (1, -((a - rest(a, b)) / b).rounded())
        }
      case .fmod:
        ExactPair(value: { $0.truncatingRemainder(dividingBy: $1) }) { a, b in
          (1, -((a - a.truncatingRemainder(dividingBy: b)) / b).rounded())
        }
      case .copysign:
        ExactPair(value: { $1 < 0 ? -abs($0) : abs($0) }) { a, b in ((a < 0) == (b < 0) ? 1 : -1, 0) }
      case .polygamma: ExactPair(value: polygamma) { n, x in (0, polygamma(n + 1, x)) }
      case .maximum: ExactPair(value: { max($0, $1) }, slopes: { $0 > $1 ? (1, 0) : (0, 1) })
      case .minimum: ExactPair(value: { min($0, $1) }, slopes: { $0 < $1 ? (1, 0) : (0, 1) })
      case .atan2:
        ExactPair(value: { atan2($0, $1) }) { y, x in
          let square = x * x + y * y
          return (x / square, -y / square)
        }
      case .hypot:
        ExactPair(value: { ($0 * $0 + $1 * $1).squareRoot() }) { a, b in
          let length = (a * a + b * b).squareRoot()
          return (a / length, b / length)
        }
      case .xlogy: ExactPair(value: { $0 * log($1) }, slopes: { (log($1), $0 / $1) })
      }
    }

    @Test(arguments: (0..<UInt32(GK_ZIP_COUNT)).compactMap(gk_zip.init), [ElementType.float32, .float64])
    func binaryFunctionsKeepTheirDigits(op: gk_zip, type: ElementType) throws {
      let builder = Builder(defaultType: type)
      let (a, b) = Self.pairs(op, type)
      let shape = Shape([a.count])
      let x = [a, b].map { builder.parameter(Tensor($0, shape: shape, type: type)) }
      let y = Symbol.zip(BinaryFunction[op].primitive, x[0], x[1])
      let slopes = builder.gradient(of: y.summed, withRespectTo: x)
      let found = try builder.values(of: [y] + slopes).map(\.values)
      let exact = Self.exact(op)
      let least = type == .float32 ? Double(Float.leastNormalMagnitude) : .leastNormalMagnitude
      let greatest = type == .float32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
      for (place, (a, b)) in zip(a, b).enumerated() {
        let (value, slopes) = (exact.value(Wide(a), Wide(b)), exact.slopes(Wide(a), Wide(b)))
        try Self.expect(found[0][place], value, type, "\(op)(\(a), \(b))")
        // A rule may go by the value itself, by it over a, or by 1 / b.
        let y = found[0][place]
        let isWhole = [y, y / a, 1 / b].allSatisfy { abs($0) >= least && abs($0) <= greatest }
        guard isWhole else { continue }
        try Self.expect(found[1][place], slopes.0, type, "\(op)'s first slope at (\(a), \(b))")
        try Self.expect(found[2][place], slopes.1, type, "\(op)'s second slope at (\(a), \(b))")
      }
    }

    private static func pairs(_ op: gk_zip, _ type: ElementType) -> ([Double], [Double]) {
      var random = SplitMix(Int(op.rawValue))
      let widest: Double = type == .float32 ? 120 : 1000
      // Doubles of such quotients have all their bits in long double.
      let far = op == .remainder || op == .fmod ? 5 : widest
      func size(_ limit: Double) -> Double {
        pow(2, Double.random(in: -limit...limit, using: &random)) * (Bool.random(using: &random) ? 1 : -1)
      }
      let hasLog = op == .pow || op == .xlogy
      var (a, b): ([Double], [Double]) = ([], [])
      for number in 0..<12_000 {
        let near = number % 2 == 0
        a.append(near ? Double.random(in: 0.1...4, using: &random) : size(far))
        b.append(near || op == .pow ? Double.random(in: -4...4, using: &random) : size(far))
        if op == .pow { a[number] = abs(a[number]) }
        if op == .polygamma { a[number] = Double(number % 5 + 1) }
        if op == .xlogy { b[number] = abs(b[number]) }
        if hasLog, number % 5 == 0, op == .pow { b[number] = (b[number] * 10).rounded() / 10 }
      }
      return type == .float32 ? (a.map { Double(Float($0)) }, b.map { Double(Float($0)) }) : (a, b)
    }
  }
#endif
