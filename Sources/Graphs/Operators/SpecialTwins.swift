#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the loops of the special functions are tested against: slower, by other ways where there are any.
enum Twin {
  /// Where there is one, a type with more digits.
  #if arch(x86_64)
    private typealias Wide = Float80
  #else
    private typealias Wide = Double
  #endif

  // MARK: The inverse of erf

  /// Newton's steps from 0: erf bends away from its tangents, so that none goes too far.
  private static func inverseErf(_ x: Double) -> Wide {
    let a = Wide(abs(x))
    var y: Wide = 0
    for _ in 0..<80 {
      let miss = a < 0.5 ? a - erf(y) : erfc(y) - (1 - a)
      y += miss * slope(y)
    }
    return x < 0 ? -y : y
  }

  /// sqrt(π) / 2 exp(y²).
  private static func slope(_ y: Wide) -> Wide { Wide.pi.squareRoot() / 2 * exp(y * y) }

  static func erfinv(_ x: Double) -> Double {
    guard abs(x) < 1 else { return abs(x) == 1 ? x * .infinity : .nan }
    return x == 0 ? x : Double(inverseErf(x))
  }

  static func erfinvSlope(_ x: Double) -> Double {
    guard abs(x) < 1 else { return abs(x) == 1 ? .infinity : .nan }
    return Double(slope(inverseErf(x)))
  }

  // MARK: The gamma function's logarithm and its derivatives

  static func logGamma(_ x: Double) -> Double { Double(lgamma(Wide(x)).0) }

  private static let bernoulli: [Wide] = [
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510,
  ]

  static func digamma(_ x: Double) -> Double {
    if x == 0 { return -1 / x }
    if x.isNaN || x < 0 && x.rounded(.down) == x { return .nan }
    if x < 0 {
      let r = Wide(x - x.rounded())
      let cotangent = abs(r) == 0.5 ? 0 : 1 / tan(Wide.pi * r)
      return Double(digamma(positive: 1 - Wide(x)) - Wide.pi * cotangent)
    }
    return x.isInfinite ? x : Double(digamma(positive: Wide(x)))
  }

  private static func digamma(positive x: Wide) -> Wide {
    let far = x < 60 ? x + (60 - x).rounded(.up) : x
    var sum = log(far) - 1 / (2 * far)
    for (k, number) in bernoulli.enumerated() {
      sum -= number / Wide(2 * k + 2) / pow(far, Wide(2 * k + 2))
    }
    for step in 0..<Int(far - x) { sum -= 1 / (x + Wide(step)) }
    return sum
  }

  static func polygamma(_ order: Double, _ x: Double) -> Double {
    guard order >= 1, order <= 40, order.rounded() == order, !x.isNaN else { return .nan }
    let n = Int(order)
    let isOdd = n % 2 == 1
    if x == 0 { return isOdd ? .infinity : -1 / x }
    if x < 0, x.rounded(.down) == x { return isOdd && x.isFinite ? .infinity : .nan }
    if x == .infinity { return isOdd ? 0 : -0.0 }
    let sign: Wide = isOdd ? 1 : -1
    if x > 0 { return Double(sign * polygamma(n, positive: Wide(x))) }
    return Double(-Wide.pi * cotangent(n, Wide(x - x.rounded())) - polygamma(n, positive: 1 - Wide(x)))
  }

  /// Without its sign.
  private static func polygamma(_ n: Int, positive x: Wide) -> Wide {
    let start = Wide(60 + n)
    let far = x < start ? x + (start - x).rounded(.up) : x
    let factorial = (1...n).reduce(Wide(1)) { $0 * Wide($1) }
    var sum = factorial / Wide(n) * pow(far, Wide(-n)) + factorial / 2 * pow(far, Wide(-n - 1))
    for (k, number) in bernoulli.enumerated() {
      let j = 2 * k + 2
      let ratio = (j + 1..<j + n).reduce(Wide(1)) { $0 * Wide($1) }
      sum += number * ratio * pow(far, Wide(-j - n))
    }
    for step in 0..<Int(far - x) { sum += factorial * pow(x + Wide(step), Wide(-n - 1)) }
    return sum
  }

  /// The n-th derivative of cot(πx) by x, near 0.
  private static func cotangent(_ n: Int, _ x: Wide) -> Wide {
    var polynomial: [Wide] = [0, 1]
    for _ in 0..<n {
      let derived = polynomial.indices.dropFirst().map { Wide($0) * polynomial[$0] }
      polynomial = derived + [0, 0]
      for (k, factor) in derived.enumerated() { polynomial[k + 2] += factor }
    }
    let c = abs(x) == 0.5 ? 0 : 1 / tan(Wide.pi * x)
    return polynomial.reversed().reduce(0) { $0 * c + $1 } * pow(-Wide.pi, Wide(n))
  }

  // MARK: sin(πx) / (πx)

  static func sinc(_ x: Double) -> Double {
    if x == 0 { return 1 }
    return sine(x) == 0 ? 0 : Double(sine(x) / (Wide.pi * Wide(x)))
  }

  /// sin(πx), of x less the whole number next to it.
  private static func sine(_ x: Double) -> Wide {
    let whole = x.rounded()
    let s = sin(Wide.pi * Wide(x - whole))
    return whole.truncatingRemainder(dividingBy: 2) == 0 ? s : -s
  }

  static func sincSlope(_ x: Double) -> Double {
    let z = Wide.pi * Wide(x)
    if abs(z) < 2 {
      // Power by power.
      var (term, sum): (Wide, Wide) = (1, 0)
      for k in 1..<30 {
        term *= -z * z / Wide(2 * k * (2 * k + 1))
        sum += Wide(2 * k) * term
      }
      return x == 0 ? -x : Double(sum / Wide(x))
    }
    let whole = x.rounded()
    let cosine = cos(Wide.pi * Wide(x - whole))
    let turned = whole.truncatingRemainder(dividingBy: 2) == 0 ? cosine : -cosine
    return Double((turned - sine(x) / z) / Wide(x))
  }
}
