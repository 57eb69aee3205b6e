import Refusals
import Tensors

/// Weighted averages, what varies with what, and how often.
extension Operator {
  public static let mean: Operator = Operator(
    "mean(x, axis?, keepdims=false, weights?)", "The average, by weights if there are any; NaN of nothing.",
    derivative: "1 / n; with weights w / sum(w), and by them (x - y) / sum(w)", aliases: ["average"],
    trials: [
      "mean(a)", "mean(a, axis=0)", "mean(a, axis=-1, keepdims=true)", "mean(a, weights=exp(b))",
      "mean(a, axis=1, weights=exp(v))", "mean(s, axis=0, weights=exp(s))",
    ],
    examples: ["mean([1, 2, 6])": "3", "mean([1, 2], weights=[3, 1])": "1.25"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let axes = try arguments.axes("axis", rank: x.rank).sorted()
    guard let given = try arguments.optionalTensor("weights") else {
      return .tensor(try arguments.keepingAxes(x.mean(over: axes), x, axes))
    }
    var weights = given
    if given.shape != x.shape {
      guard axes.count == 1, given.rank == 1, given.shape[0] == x.shape[axes[0]] else {
        throw .unfitShapes(
          "mean wants weights of x's shape, or a vector of them along one axis",
          "x is \(x.shape), the weights are \(given.shape)")
      }
      var extents = [Int](repeating: 1, count: x.rank)
      extents[axes[0]] = given.shape[0]
      weights = given.reshaped(Shape(extents))
    }
    let total = (weights * x).summed(over: axes)
    let own = weights.type == .bool ? weights.converted(to: x.asFloat.type) : weights
    return .tensor(
      try arguments.keepingAxes(total.quotient(by: own.broadcast(to: x.shape).summed(over: axes)), x, axes))
  }

  public static let cov: Operator = Operator(
    "cov(x, y?, correction=1)",
    "How rows vary with each other, divided by n - correction (var and std divide by n); of one vector a number.",
    derivative: "through the product of what lies apart from the means",
    trials: ["cov(a)", "cov(v)", "cov(a, b, correction=0)", "cov(v, a[0])"], examples: ["cov([1, 2, 3])": "1"]
  ) { arguments throws(Refusal) in
    let (apart, isVector) = try rowsApart(arguments)
    let count = Double(apart.shape[1]) - (try arguments.double("correction", default: 1))
    let result = apart.times(apart.matrixTransposed) / Swift.max(count, 0)
    return .tensor(isVector ? result.reshaped(.scalar) : result)
  }

  public static let corrcoef: Operator = Operator(
    "corrcoef(x, y?)", "How rows vary with each other, from -1 to 1; NaN with a row of equals.",
    derivative: "through the product of rows of length 1", trials: ["corrcoef(s)", "corrcoef(v, a[0])"],
    examples: ["corrcoef([1, 2, 4], [2, 3, 3])[0, 1]": "0.75593"]
  ) { arguments throws(Refusal) in
    let (apart, isVector) = try rowsApart(arguments)
    let length = Symbol.restated(
      apart.addedUp(.norm, over: [1], keepsAxes: true).converted(to: apart.type),
      as: sqrt(apart.squared().summed(over: [1], keepsAxes: true)))
    let rows = apart / length
    let result = rows.times(rows.matrixTransposed).clipped(-1, 1)
    return .tensor(isVector ? result.reshaped(.scalar) : result)
  }

  /// The variables of x and y as rows, less their means; whether it is one vector alone.
  private static func rowsApart(_ arguments: Arguments) throws(Refusal) -> (Symbol, isVector: Bool) {
    let name = arguments.signature.name
    func rows(_ x: Symbol) throws(Refusal) -> Symbol {
      guard x.rank == 1 || x.rank == 2 else {
        throw Refusal("\(name) wants a vector, or a matrix with a row for each variable, not \(x.shape)")
      }
      return x.rank == 1 ? x.expanded(at: 0) : x
    }
    let given = try arguments.tensor(0).asFloat
    let x = try rows(given)
    guard let other = try arguments.optionalTensor("y") else { return (x.apart(over: [1]), given.rank == 1) }
    let y = try rows(other.asFloat)
    guard x.shape[1] == y.shape[1] else {
      throw .unfitShapes("\(name) wants as many entries in the rows of y as of x", "\(x.shape) and \(y.shape)")
    }
    return (Symbol.concatenated([x, y], axis: 0).apart(over: [1]), false)
  }

  static let statistics: [Operator] = [cov, corrcoef] + counting
}
