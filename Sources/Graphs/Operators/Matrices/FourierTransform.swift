import CKernels
import Refusals
import Synchronization

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

  private init(_ count: Int) {
    self.count = count
    let roots = (0..<count).map { Self.root($0, of: count) }
    (cosines, sines) = (roots.map(\.re), roots.map { -$0.im })
  }

  /// The last one is kept: lengths come again, and its roots take longer than a transform.
  static func of(_ count: Int) -> FourierTransform {
    if let last = last.withLock({ $0 }), last.count == count { return last }
    let new = FourierTransform(count)
    if count <= mostKept { last.withLock { $0 = new } }
    return new
  }

  private static let last = Mutex<FourierTransform?>(nil)
  private static let mostKept = 1 << 20

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

  /// In place, of real parts that stand from one place on and of imaginary ones from another.
  func apply(to x: inout [Double], _ re: Int, _ im: Int) throws(Refusal) {
    precondition(min(re, im) >= 0 && max(re, im) + count <= x.count, "both parts lie inside")
    if gk_is_interrupted() != 0 { throw .interrupted }
    let factors = Self.factors(of: count)
    if let last = factors.last, last > Self.largestFactor {
      let y = try byConvolution(Array(x[re..<re + count]), Array(x[im..<im + count]))
      x.replaceSubrange(re..<re + count, with: y.re)
      x.replaceSubrange(im..<im + count, with: y.im)
      return
    }
    let isDone = unsafe x.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return true }
      return unsafe gk_transform(x + re, x + im, count, factors, factors.count, cosines, sines) != 0
    }
    guard isDone else { throw .outOfMemory(needed: 2 * count * MemoryLayout<Double>.stride, free: 0) }
    if gk_is_interrupted() != 0 { throw .interrupted }
  }

  private func applied(to re: [Double], _ im: [Double]) throws(Refusal) -> (re: [Double], im: [Double]) {
    var both = re + im
    try apply(to: &both, 0, count)
    return (Array(both[..<count]), Array(both[count...]))
  }

  /// Fours, which take fewer passes, and then primes, the least first.
  private static func factors(of n: Int) -> [Int] {
    var (factors, rest, factor) = ([Int](), n, 2)
    while rest % 4 == 0 && rest > 0 {
      factors.append(4)
      rest /= 4
    }
    while factor * factor <= rest {
      if rest % factor == 0 {
        factors.append(factor)
        rest /= factor
      } else {
        factor += 1
      }
    }
    return rest > 1 ? factors + [rest] : factors
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
    let transform = FourierTransform.of(length)
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
