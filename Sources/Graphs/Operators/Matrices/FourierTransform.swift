import CKernels
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The discrete Fourier transform of one length: by its prime factors, and through a convolution where one is large.
struct FourierTransform {
  private let count: Int
  /// e^(-2πi k / count): cosines, and sines of the negative angle.
  private let (cosines, sines): ([Double], [Double])

  /// Prime factors above it aren't worth their square.
  private static let largestFactor = 61

  init(_ count: Int) {
    self.count = count
    let roots = (0..<count).map { Self.root($0, of: count) }
    (cosines, sines) = (roots.map(\.re), roots.map { -$0.im })
  }

  /// e^(2πi k / n), exact at whole quarters.
  private static func root(_ k: Int, of n: Int) -> (re: Double, im: Double) {
    let (quarter, rest) = (4 * k).quotientAndRemainder(dividingBy: n)
    // Of an angle beyond an eighth the rest to a quarter is taken.
    let isBeyond = 2 * rest > n
    let angle = Double.pi / 2 * Double(isBeyond ? n - rest : rest) / Double(n)
    let (near, far) = (cos(angle), sin(angle))
    let (c, s) = isBeyond ? (far, near) : (near, far)
    switch quarter {
    case 0: return (c, s)
    case 1: return (-s, c)
    case 2: return (-c, -s)
    default: return (s, -c)
    }
  }

  func applied(to re: [Double], _ im: [Double]) throws(Refusal) -> (re: [Double], im: [Double]) {
    if gk_is_interrupted() != 0 { throw .interrupted }
    if Self.leastFactor(of: count) > Self.largestFactor { return try byConvolution(re, im) }
    var y = (re: re, im: im)
    try split(re, im, from: 0, by: 1, count, into: &y, at: 0)
    return y
  }

  private static func leastFactor(of n: Int) -> Int {
    var factor = 2
    while factor * factor <= n {
      if n % factor == 0 { return factor }
      factor += 1
    }
    return max(n, 1)
  }

  /// The transform of every `step`-th element: transforms of its parts, joined.
  private func split(
    _ re: [Double], _ im: [Double], from start: Int, by step: Int, _ n: Int, into y: inout (re: [Double], im: [Double]),
    at place: Int
  ) throws(Refusal) {
    if n == 1 {
      (y.re[place], y.im[place]) = (re[start], im[start])
      return
    }
    let factor = Self.leastFactor(of: n)
    if factor > Self.largestFactor {
      let part = try FourierTransform(n).applied(
        to: (0..<n).map { re[start + $0 * step] }, (0..<n).map { im[start + $0 * step] })
      y.re.replaceSubrange(place..<place + n, with: part.re)
      y.im.replaceSubrange(place..<place + n, with: part.im)
      return
    }
    let m = n / factor
    for part in 0..<factor {
      try split(re, im, from: start + part * step, by: step * factor, m, into: &y, at: place + part * m)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    join(factor, m, &y, at: place)
  }

  /// Transforms of length m, one after another, to one of their factor times that length.
  private func join(_ factor: Int, _ m: Int, _ y: inout (re: [Double], im: [Double]), at place: Int) {
    let (turn, whole) = (count / (factor * m), count / factor)
    var (a, b) = ([Double](repeating: 0, count: factor), [Double](repeating: 0, count: factor))
    for k in 0..<m {
      for part in 0..<factor {
        let (re, im) = (y.re[place + part * m + k], y.im[place + part * m + k])
        let (c, s) = (cosines[part * k * turn], sines[part * k * turn])
        (a[part], b[part]) = part == 0 || k == 0 ? (re, im) : (re * c - im * s, re * s + im * c)
      }
      for target in 0..<factor {
        var (re, im) = (a[0], b[0])
        for part in 1..<factor {
          let root = part * target % factor * whole
          let (c, s) = (cosines[root], sines[root])
          if target == 0 {
            (re, im) = (re + a[part], im + b[part])
          } else if factor == 2 {
            (re, im) = (re - a[part], im - b[part])
          } else {
            (re, im) = (re + (a[part] * c - b[part] * s), im + (a[part] * s + b[part] * c))
          }
        }
        (y.re[place + target * m + k], y.im[place + target * m + k]) = (re, im)
      }
    }
  }

  /// jk = (j² + k² - (k - j)²) / 2, so that the sum over j is a convolution, of a length that has small factors.
  ///
  /// Bluestein: A linear filtering approach to the computation of the discrete Fourier transform (1970).
  private func byConvolution(_ re: [Double], _ im: [Double]) throws(Refusal) -> (re: [Double], im: [Double]) {
    // e^(-πi k² / n)
    let chirp = (0..<count).map { k in
      let root = Self.root(Self.square(k, modulo: 2 * count), of: 2 * count)
      return (re: root.re, im: -root.im)
    }
    var length = 1
    while length < 2 * count - 1 { length *= 2 }
    var (a, b) = ([Double](repeating: 0, count: length), [Double](repeating: 0, count: length))
    var (c, d) = (a, b)
    for k in 0..<count {
      a[k] = re[k] * chirp[k].re - im[k] * chirp[k].im
      b[k] = re[k] * chirp[k].im + im[k] * chirp[k].re
      for place in [k, (length - k) % length] { (c[place], d[place]) = (chirp[k].re, -chirp[k].im) }
    }
    let transform = FourierTransform(length)
    let (x, y) = (try transform.applied(to: a, b), try transform.applied(to: c, d))
    // The inverse, by parts that change places.
    let product = try transform.applied(
      to: (0..<length).map { x.re[$0] * y.im[$0] + x.im[$0] * y.re[$0] },
      (0..<length).map { x.re[$0] * y.re[$0] - x.im[$0] * y.im[$0] })
    let size = Double(length)
    return (
      (0..<count).map { (product.im[$0] * chirp[$0].re - product.re[$0] * chirp[$0].im) / size },
      (0..<count).map { (product.im[$0] * chirp[$0].im + product.re[$0] * chirp[$0].re) / size }
    )
  }

  /// k², which may be large.
  private static func square(_ k: Int, modulo n: Int) -> Int {
    let (high, low) = k.multipliedFullWidth(by: k)
    return n.dividingFullWidth((high, low)).remainder
  }
}
