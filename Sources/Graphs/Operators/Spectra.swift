import Refusals
import Tensors

/// What the singular values of matrices say; leading axes are batches, but for the bases, whose extents vary.
extension Operator {
  public static let svdvals: Operator = Operator(
    "svdvals(x)", "The singular values of a matrix, descending.", derivative: "u @ diag(g) @ vh",
    trials: ["svdvals(a)", "svdvals(s + diag([2, 6, 12]))"]
  ) { arguments throws(Refusal) in .tensor(try matrix(arguments, "x").singularValues) }

  public static let matrixRank: Operator = Operator(
    "matrix_rank(x, rtol?)",
    "How many singular values are above rtol times the greatest; rtol is max(n, m) roundings of x's type if left out.",
    derivative: "zero everywhere", trials: [], examples: ["matrix_rank([[1, 2], [2, 4]])": "1"]
  ) { arguments throws(Refusal) in
    let x = try matrix(arguments, "x")
    let (values, limit) = (x.singularValues, try tolerance(arguments, x))
    let last = values.rank - 1
    guard values.shape[last] > 0 else { return .tensor(x.builder.zeros(values.shape.removing([last]), type: x.type)) }
    let greatest = values.reduced(.largest, over: [last], keepsAxes: true)
    let count = Symbol.compare(.greater, values, greatest * limit).converted(to: x.type).summed(over: [last])
    let isLost = Symbol.map(.isNaN, toMask: greatest.reshaped(count.shape))
    return .tensor(Symbol.select(isLost, x.builder.constant(.nan), count).stopped)
  }

  public static let cond: Operator = Operator(
    "cond(x, ord=2)",
    "How many times larger errors may become in solve(x, b): norm(x) norm(inv(x)), ord 1, 2, inf or \"fro\"; inf of a singular matrix.",
    derivative: "by singular values for ord 2, else by norm and inv; not finite where x is singular",
    trials: ["cond(a)", "cond(s + 4 * eye(3))", "cond(s + 4 * eye(3), 1)", "cond(s + 4 * eye(3), \"fro\")"],
    examples: ["cond([[1, 0], [0, 4]])": "4", "cond([[1, 2], [2, 4]])": "inf"]
  ) { arguments throws(Refusal) in
    let x = try matrix(arguments, "x")
    guard x.shape[x.rank - 1] > 0, x.shape[x.rank - 2] > 0 else {
      throw Refusal("cond wants a matrix with entries, not \(x.shape)")
    }
    let isSquare = x.shape[x.rank - 1] == x.shape[x.rank - 2]
    if !arguments.isText("ord"), try arguments.double("ord", default: 2) == 2 {
      let values = x.singularValues
      let (count, last) = (values.shape[values.rank - 1], values.rank - 1)
      func value(_ i: Int) -> Symbol {
        values.sliced(axis: last, from: i, count: 1).reshaped(values.shape.removing([last]))
      }
      let least = value(count - 1)
      let isSingular = isSquare ? x.signOfDeterminant.compared(.equal, 0) : least.compared(.equal, 0)
      return .tensor((value(0) / least).infinite(where: isSingular))
    }
    guard isSquare else { throw Refusal("cond of \(x.shape) has no ord but 2; the others want square matrices") }
    let isSingular = x.signOfDeterminant.compared(.equal, 0)
    let axes = [x.rank - 2, x.rank - 1]
    let one = x.builder.diagonalMask(rows: x.shape[axes[0]], columns: x.shape[axes[0]], k: 0, .equal)
    // What has no inverse is replaced before it is asked for one.
    let regular = Symbol.select(
      isSingular.reshaped(Shape(isSingular.shape.extents + [1, 1])), one.converted(to: x.type), x)
    let inverse = x.builder.add(.inverse, [regular], shape: x.shape, type: x.type)
    return .tensor((try size(x, arguments, axes) * (try size(inverse, arguments, axes))).infinite(where: isSingular))
  }

  /// The norms that go with `cond`, of matrices on these axes.
  private static func size(_ x: Symbol, _ arguments: Arguments, _ axes: [Int]) throws(Refusal) -> Symbol {
    if arguments.isText("ord"), try arguments.text("ord") == "fro" { return x.length(over: axes) }
    let order = arguments.isText("ord") ? .nan : try arguments.double("ord")
    guard order == 1 || order == .infinity else {
      throw Refusal("cond knows the orders 1, 2, inf and \"fro\"", help: arguments.signature.text)
    }
    // The greatest sum down a column, or along a row.
    let sums = abs(x).summed(over: [order == 1 ? axes[0] : axes[1]])
    return sums.reduced(.largest, over: [sums.rank - 1])
  }

  // MARK: Bases

  public static let null: Operator = Operator(
    "null(x, rtol?)", "Orthonormal columns n with x @ n = 0, as many as there are; rtol as for matrix_rank.",
    derivative: "none: refused, since the basis isn't unique", aliases: ["null_space"], trials: [],
    examples: ["shape(null([[1, 1, 1]]))": "2\n  3  2"]
  ) { arguments throws(Refusal) in
    let (x, rank) = try ofRank(arguments)
    let (m, n) = (x.shape[0], x.shape[1])
    // Rows of zeros make the vectors complete and change nothing else.
    let square = try arguments.checked(Shape([n, n]))
    let whole = m < n ? x.embedded(starts: [0, 0], steps: [1, 1], in: square) : x
    let k = Swift.min(whole.shape[0], n)
    let packed = whole.packed(.svd, count: whole.shape[0] * k + k + k * n)
    let rows = packed.unpacked(whole.shape[0] * k + k, [k, n]).sliced(axis: 0, from: rank, count: n - rank)
    return .tensor(x.builder.add(.nullBasis, [rows.matrixTransposed], shape: Shape([n, n - rank]), type: x.type))
  }

  public static let orth: Operator = Operator(
    "orth(x, rtol?)", "Orthonormal columns that span those of x, as many as its rank; rtol as for matrix_rank.",
    derivative: "none: refused, since the basis isn't unique", trials: [],
    examples: ["shape(orth([[1, 2], [2, 4], [3, 6]]))": "2\n  3  1"]
  ) { arguments throws(Refusal) in
    let (x, rank) = try ofRank(arguments)
    let (m, n) = (x.shape[0], x.shape[1])
    let k = Swift.min(m, n)
    let packed = x.packed(.svd, count: m * k + k + k * n)
    let columns = packed.unpacked(0, [m, k]).sliced(axis: 1, from: 0, count: rank)
    return .tensor(x.builder.add(.rangeBasis, [columns], shape: Shape([m, rank]), type: x.type))
  }

  /// One matrix and its rank, which the shape of the answer depends on.
  private static func ofRank(_ arguments: Arguments) throws(Refusal) -> (Symbol, Int) {
    let (name, x) = (arguments.signature.name, try matrix(arguments, "x"))
    guard x.rank == 2 else { throw Refusal("\(name) wants one matrix, not \(x.shape)") }
    let (limit, values) = (try tolerance(arguments, x), try arguments.value(of: x.singularValues).values)
    guard values.allSatisfy(\.isFinite) else { throw Refusal("\(name) wants a matrix of finite numbers") }
    let greatest = values.first ?? 0
    return (x, values.count { $0 > greatest * limit })
  }

  private static func tolerance(_ arguments: Arguments, _ x: Symbol) throws(Refusal) -> Double {
    let widest = Swift.max(x.shape[x.rank - 2], x.shape[x.rank - 1])
    let rounding = x.type == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let limit = try arguments.double("rtol", default: Double(widest) * rounding)
    guard limit >= 0 else { throw Refusal("\(arguments.signature.name) wants an rtol from 0 on, not \(limit.text)") }
    return limit
  }

  static let spectra: [Operator] = [svdvals, matrixRank, cond, null, orth]
}

extension Symbol {
  /// Of each matrix, descending.
  var singularValues: Symbol {
    let (m, n) = (shape[rank - 2], shape[rank - 1])
    let k = Swift.min(m, n)
    return packed(.svd, count: m * k + k + k * n).unpacked(m * k, [k])
  }

  /// This, but infinite where a mask is true, where derivatives aren't finite either.
  fileprivate func infinite(where isInfinite: Symbol) -> Symbol {
    let infinity = builder.constant(.infinity)
    let formula = self * Symbol.select(isInfinite, infinity, builder.constant(1))
    return .restated(.select(isInfinite, infinity, self).converted(to: formula.type), as: formula)
  }
}

extension Primitive {
  fileprivate static let nullBasis = withoutGradient(
    "null", "null(x) has no gradient: its basis isn't unique", help: "n @ n.T has one, written as eye(n) - pinv(x) @ x")
  fileprivate static let rangeBasis = withoutGradient(
    "orth", "orth(x) has no gradient: its basis isn't unique", help: "q @ q.T has one, written as x @ pinv(x)")
}
