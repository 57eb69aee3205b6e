import Refusals
import Tensors

/// Polynomials by their coefficients, the highest power first.
extension Operator {
  public static let polyval: Operator = Operator(
    "polyval(p, x)", "The polynomial with the coefficients p, highest power first, at each x.",
    derivative: "the powers of x by p; by x the derived polynomial",
    trials: ["polyval(v, a)", "polyval(flatten(a), b)"], examples: ["polyval([2, 0, 1], 3)": "19"]
  ) { arguments throws(Refusal) in
    let (p, x) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    guard p.rank == 1 else { throw Refusal("polyval wants a vector of coefficients, not \(p.described)") }
    // Each coefficient is two nodes of its own.
    guard p.shape[0] <= 10_000 else {
      throw Refusal(
        "polyval takes at most 10,000 coefficients, not \(p.shape[0])", reason: .tooLongToForesee)
    }
    let type = Swift.max(p.type, x.type)
    var result = x.builder.zeros(x.shape, type: type)
    for k in 0..<p.shape[0] {
      let coefficient = p.sliced(axis: 0, from: k, count: 1).reshaped(.scalar)
      result = k == 0 ? coefficient.converted(to: type).broadcast(to: x.shape) : result * x + coefficient
    }
    return .tensor(result)
  }

  public static let polyfit: Operator = Operator(
    "polyfit(x, y, degree)",
    "The coefficients, highest power first, of the polynomial that comes nearest to the points, by least squares.",
    derivative: "that of lstsq with the powers of x",
    trials: ["polyfit(v, a[0], 1)", "polyfit(flatten(a), flatten(b), 2)"],
    examples: ["polyfit([-1, 1], [1, 3], 1)": "2\n  1.0000  2"]
  ) { arguments throws(Refusal) in
    let (x, y) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    let degree = try arguments.integer("degree")
    guard x.rank == 1, y.rank == 1, x.shape == y.shape else {
      throw Refusal("polyfit wants two vectors of one length, not \(x.shape) and \(y.shape)")
    }
    guard degree >= 0 else { throw Refusal("polyfit wants a degree from 0 upwards, not \(degree)") }
    guard x.shape[0] > degree else {
      throw Refusal(
        "polyfit wants more points than the degree \(degree), not \(x.shape[0])")
    }
    _ = try arguments.checked(Shape([x.shape[0], degree + 1]))
    var powers = [x.builder.ones(x.shape, type: x.type)]
    for _ in 0..<degree { powers.append(powers[powers.count - 1] * x) }
    let columns = Symbol.concatenated(powers.reversed().map { $0.expanded(at: 1) }, axis: 1)
    // Columns of one length lose the fewest digits; the answer doesn't depend on what they are divided by.
    let lengths = sqrt(columns.squared().summed(over: [0])).stopped
    let scale = Symbol.select(lengths.compared(.greater, 0), lengths, x.builder.constant(1))
    return .tensor(lstsq(columns / scale, y) / scale)
  }

  static let polynomials: [Operator] = [polyfit, polyval]
}
