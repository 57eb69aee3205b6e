import CKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The random numbers of one element of a draw, one after another, however many others there are.
struct DrawStream {
  let seed: UInt64
  let draw: UInt64
  let element: UInt64
  private var number: UInt64 = 0

  init(seed: UInt64, draw: UInt64, element: Int) {
    (self.seed, self.draw, self.element) = (seed, draw, UInt64(element))
  }

  /// Between 0 and 1, neither included.
  mutating func uniform() -> Double {
    defer { number += 1 }
    return max(gk_stream_f64(seed, draw, element, number), 0x1p-54)
  }

  mutating func normal() -> Double {
    let radius = (-2 * log(uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// The logarithm of a gamma variable, which a small shape would make vanish.
  ///
  /// Marsaglia, Tsang: A simple method for generating gamma variables (2000).
  mutating func logGamma(shape: Double) -> Double {
    if shape < 1 { return logGamma(shape: shape + 1) + log(uniform()) / shape }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      if root <= 0 { continue }
      let v = root * root * root
      if log(uniform()) < x * x / 2 + d * (1 - v + log(v)) { return log(d) + log(v) }
    }
  }

  /// Hörmann: The transformed rejection method for generating Poisson random variables (1993); few by products.
  mutating func poisson(rate: Double) -> Double {
    if rate < 10 {
      let limit = exp(-rate)
      var (count, product) = (0.0, uniform())
      while product > limit {
        count += 1
        product *= uniform()
      }
      return count
    }
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let height = 1.1239 + 1.1328 / (b - 3.4)
    let inside = 0.9277 - 3.6224 / (b - 2)
    while true {
      let (u, v) = (uniform() - 0.5, uniform())
      let edge = 0.5 - abs(u)
      let k = ((2 * a / edge + b) * u + rate + 0.43).rounded(.down)
      if edge >= 0.07 && v <= inside { return k }
      if k < 0 || edge < 0.013 && v > edge { continue }
      if log(v * height / (a / (edge * edge) + b)) <= Likelihood.poisson(k, rate: rate) { return k }
    }
  }

  /// How many of n succeed: Hörmann, The generation of binomial random variates (1993); few by their probabilities.
  mutating func binomial(_ n: Double, _ p: Double) -> Double {
    if p <= 0 || n <= 0 { return 0 }
    if p >= 1 { return n }
    if p > 0.5 { return n - binomial(n, 1 - p) }
    if n * p < 10 { return fewOf(n, p) }
    let spread = (n * p * (1 - p)).squareRoot()
    let b = 1.15 + 2.53 * spread
    let a = -0.0873 + 0.0248 * b + 0.01 * p
    let inside = 0.92 - 4.2 / b
    let height = (2.83 + 5.1 / b) * spread
    let top = Likelihood.binomial(((n + 1) * p).rounded(.down), n, p)
    while true {
      let (u, v) = (uniform() - 0.5, uniform())
      let edge = 0.5 - abs(u)
      let k = ((2 * a / edge + b) * u + n * p + 0.5).rounded(.down)
      if edge >= 0.07 && v <= inside { return k }
      if k < 0 || k > n { continue }
      if log(v * height / (a / (edge * edge) + b)) <= Likelihood.binomial(k, n, p) - top { return k }
    }
  }

  /// By adding up probabilities from 0 on.
  private mutating func fewOf(_ n: Double, _ p: Double) -> Double {
    while true {
      var (rest, k) = (uniform(), 0.0)
      var share = exp(n * log1p(-p))
      while rest > share, k < min(n, 1_000) {
        rest -= share
        k += 1
        share *= (n - k + 1) / k * p / (1 - p)
      }
      if rest <= share { return k }
    }
  }
}

/// Logarithms of probabilities, without differences of large numbers.
///
/// Loader: Fast and accurate computation of binomial probabilities (2000).
private enum Likelihood {
  static func poisson(_ k: Double, rate: Double) -> Double {
    if k == 0 { return -rate }
    return -rest(k) - deviance(k, rate) - log(2 * .pi * k) / 2
  }

  static func binomial(_ k: Double, _ n: Double, _ p: Double) -> Double {
    if k == 0 { return n * log1p(-p) }
    if k == n { return n * log(p) }
    let fit = deviance(k, n * p) + deviance(n - k, n * (1 - p))
    return rest(n) - rest(k) - rest(n - k) - fit + log(n / (2 * .pi * k * (n - k))) / 2
  }

  /// What Stirling's formula leaves of log(n!).
  private static func rest(_ n: Double) -> Double {
    if n <= 15 {
      let factorial = stride(from: 2.0, through: n, by: 1).reduce(1, *)
      return log(factorial) - (n + 0.5) * log(n) + n - log(2 * .pi) / 2
    }
    let square = n * n
    return (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - 1 / 1680.0 / square) / square) / square) / n
  }

  /// x log(x / mean) + mean - x.
  private static func deviance(_ x: Double, _ mean: Double) -> Double {
    let share = (x - mean) / (x + mean)
    if abs(share) >= 0.1 { return x * log(x / mean) + mean - x }
    var (sum, power, order) = ((x - mean) * share, 2 * x * share, 1.0)
    while true {
      power *= share * share
      let next = sum + power / (2 * order + 1)
      if next == sum { return sum }
      (sum, order) = (next, order + 1)
    }
  }
}
