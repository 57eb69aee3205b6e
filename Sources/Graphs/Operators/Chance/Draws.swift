import CKernels
import Refusals
import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Draws that take as many random numbers as they need. Operands: a seed, the number of the draw, and what it is drawn by.
extension Primitive {
  /// The logarithms of gamma variables of these shapes.
  public static let logGammaDraw: Primitive = drawn("gamma") { stream, shape in stream.logGamma(shape: shape) }

  /// Counts by these rates.
  public static let poissonDraw: Primitive = drawn("poisson") { stream, rate in stream.poisson(rate: rate) }

  private static func drawn(
    _ name: String, _ one: @escaping @Sendable (inout DrawStream, Double) -> Double
  ) -> Primitive {
    Primitive(
      name,
      .host(
        { x, _ throws(Refusal) in
          let (seed, draw) = (UInt64(x[0].values[0]), UInt64(x[1].values[0]))
          var result: [Double] = []
          result.reserveCapacity(x[2].values.count)
          for (element, parameter) in x[2].values.enumerated() {
            if element % 1_024 == 0, gk_is_interrupted() != 0 { throw .interrupted }
            var stream = DrawStream(seed: seed, draw: draw, element: element)
            result.append(one(&stream, parameter))
          }
          return result
        }, .none), told: .whole, zero: .lost, gradient: nil)
  }

  /// How many of n fall to each of some probabilities, which are the last operand.
  public static let multinomialDraw: Primitive = Primitive(
    "multinomial",
    .host(
      { x, _ throws(Refusal) in
        let (seed, draw) = (UInt64(x[0].values[0]), UInt64(x[1].values[0]))
        let (n, shares) = (x[2].values[0], x[3].values)
        guard n >= 0, n == n.rounded(), n <= 0x1p53 else {
          throw Refusal("multinomial wants a whole number from 0 on to share out, not \(n.text)")
        }
        try checkShares(shares[...], "multinomial")
        var (left, rest) = (n, shares.reduce(0, +))
        let last = shares.lastIndex { $0 > 0 }
        return shares.enumerated().map { place, share in
          var stream = DrawStream(seed: seed, draw: draw, element: place)
          let count = place == last ? left : stream.binomial(left, share / rest)
          (left, rest) = (left - count, rest - share)
          return count
        }
      }, .none), told: .whole, zero: .lost, gradient: nil)

  /// Operands: random numbers, and probabilities along the last axis, in whose rows they fall by turns; without
  /// replacing a number for each of them.
  public static let placesDrawn: Family<HostAttribute> = Family(
    "choice",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .places(let function, let count) = attribute else { preconditionFailure("a function draws") }
          let (numbers, shares) = (x[0].values, x[1].values)
          let width = x[1].extents[x[1].extents.count - 1]
          let rows = stride(from: 0, to: shares.count, by: width).map { shares[$0..<$0 + width] }
          for row in rows { try checkShares(row, function) }
          if let count { return try distinct(numbers, shares, count: count, function) }
          let sums = rows.map { row in
            var sum = 0.0
            return row.map { share in
              sum += share
              return sum
            }
          }
          var result: [Double] = []
          result.reserveCapacity(numbers.count)
          for (element, number) in numbers.enumerated() {
            if element % 1_024 == 0, gk_is_interrupted() != 0 { throw .interrupted }
            result.append(Double(place(of: number, in: sums[element % rows.count])))
          }
          return result
        }, attribute)
    }, told: .whole, zero: .lost, gradient: nil)

  /// The first place whose running sum is above this share of them all.
  private static func place(of number: Double, in sums: [Double]) -> Int {
    let whole = sums[sums.count - 1]
    // Rounding must not lead beyond the last that can be drawn.
    let target = min(number * whole, whole.nextDown)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// As if drawn one after another: whoever waits the shortest time comes first, likely ones soon.
  ///
  /// Efraimidis, Spirakis: Weighted random sampling with a reservoir (2006).
  private static func distinct(
    _ numbers: [Double], _ shares: [Double], count: Int, _ function: String
  ) throws(Refusal) -> [Double] {
    let possible = shares.indices.filter { shares[$0] > 0 }
    guard count <= possible.count else {
      throw Refusal(
        "\(function) can't draw \(count) without replacing from \(possible.count) with a probability above 0")
    }
    let waits = possible.map { (place: $0, wait: -log1p(-numbers[$0]) / shares[$0]) }
    return waits.sorted { ($0.wait, $0.place) < ($1.wait, $1.place) }.prefix(count).map { Double($0.place) }
  }

  private static func checkShares(_ shares: ArraySlice<Double>, _ function: String) throws(Refusal) {
    if let bad = shares.first(where: { !($0 >= 0) }) {
      throw Refusal("\(function) wants probabilities from 0 on, not \(bad.text)")
    }
    let sum = shares.reduce(0, +)
    guard abs(sum - 1) <= 1e-6 else {
      throw Refusal("\(function) wants probabilities that add up to 1, not to \(sum.text)", help: "p / sum(p) does")
    }
  }

  /// The same numbers, of which none may be negative, NaN or infinite, nor 0 if that isn't allowed.
  public static let positive: Family<HostAttribute> = Family(
    "positive",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .positive(let function, let argument, let orZero) = attribute else {
            preconditionFailure("an argument is looked at")
          }
          if let bad = x[0].values.first(where: { !($0 > 0 || orZero && $0 == 0) || !$0.isFinite }) {
            throw Refusal(
              "\(function) wants \(orZero ? "0 or more" : "more than 0") for '\(argument)', not \(bad.text)")
          }
          return x[0].values
        }, attribute)
    }, told: .whole, zero: .kept
  ) { g, _, _, _ in [g] }
}
