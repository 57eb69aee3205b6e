import Refusals
import Tensors

/// Matrices taken apart and solved, on the last two axes; leading axes are batches.
extension Operator {
  public static let det: Operator = Operator(
    "det(x)", "The determinant of a square matrix.", derivative: "the cofactors, exact for singular matrices",
    trials: ["det(s)", "det(a[:, :2] @ b[:, 1:])"], examples: ["det([[1, 2], [3, 4]])": "-2"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x")
    return .tensor(x.builder.add(.determinant, [x], shape: Shape(Array(x.shape.extents.dropLast(2))), type: x.type))
  }

  public static let inv: Operator = Operator(
    "inv(x)", "The inverse of a square matrix; a singular one is refused.", derivative: "-y.T @ g @ y.T",
    trials: ["inv(s + 4 * eye(3))", "inv(s @ s.T + eye(3))"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x")
    return .tensor(x.builder.add(.inverse, [x], shape: x.shape, type: x.type))
  }

  public static let solve: Operator = Operator(
    "solve(a, b)", "The x with a @ x = b; a vector b gives a vector.", derivative: "gb = solve(a.T, g), ga = -gb @ y.T",
    trials: ["solve(s + 4 * eye(3), v)", "solve(s + 4 * eye(3), a.T)"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try square(arguments, "a"), try arguments.tensor("b").asFloat)
    let n = a.shape[a.rank - 1]
    let (right, isVector) = try rightSide(arguments, a, b, rows: n)
    let x = Symbol.solution(a, right)
    return .tensor(isVector ? x.reshaped(x.shape.removing([x.rank - 1])) : x)
  }

  public static let cholesky: Operator = Operator(
    "cholesky(x)", "The lower triangular l with l @ l.T = x, for a symmetric positive definite x.",
    derivative: "symmetric, by solves with l", trials: ["cholesky(s @ s.T + eye(3))"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x").symmetric
    return .tensor(x.builder.add(.cholesky, [x], shape: x.shape, type: x.type))
  }

  public static let qr: Operator = Operator(
    "qr(x)", "(q, r) with q @ r = x: orthonormal columns and an upper triangle, reduced.",
    derivative: "by a solve with r; NaN where r is singular",
    trials: [
      "qr(s + 4 * eye(3))[0]", "qr(s + 4 * eye(3))[1]", "qr((a + [[5, 0, 0], [0, 5, 0]]).T)[0]",
      "qr(a + [[5, 0, 0], [0, 5, 0]])[1]",
    ]
  ) { arguments throws(Refusal) in
    let x = try matrix(arguments, "x")
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let k = Swift.min(m, n)
    let packed = x.packed(.qr, count: m * k + k * n)
    return .tuple([packed.unpacked(0, [m, k]), packed.unpacked(m * k, [k, n])])
  }

  public static let svd: Operator = Operator(
    "svd(x)", "(u, s, vh) with u @ diag(s) @ vh = x, reduced; s descends.",
    derivative: "by the gaps between values; where they are equal, of functions of the matrix, else NaN",
    trials: ["svd(a)[1]", "svd(s + diag([2, 6, 12]))[0]", "svd(a + [[4, 0, 0], [0, 9, 0]])[2]"]
  ) { arguments throws(Refusal) in
    let x = try matrix(arguments, "x")
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let k = Swift.min(m, n)
    let packed = x.packed(.svd, count: m * k + k + k * n)
    return .tuple([
      packed.unpacked(0, [m, k]), packed.unpacked(m * k, [k]), packed.unpacked(m * k + k, [k, n]),
    ])
  }

  public static let eigh: Operator = Operator(
    "eigh(x)", "(values, vectors) of a symmetric matrix: values ascend, vectors are columns.",
    derivative: "symmetric, by the gaps between values; where they are equal, of functions of the matrix, else NaN",
    trials: ["eigh(s + s.T)[0]", "eigh(s + s.T + diag([0, 9, 20]))[1]"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x").symmetric
    let n = x.shape[x.rank - 1]
    let packed = x.packed(.eigh, count: n + n * n)
    return .tuple([packed.unpacked(0, [n]), packed.unpacked(n, [n, n])])
  }

  public static let pinv: Operator = Operator(
    "pinv(x)", "The pseudoinverse: of an invertible matrix its inverse, of any the least squares solution's matrix.",
    derivative: "where the rank stays", trials: ["pinv(a)", "pinv(a.T)", "pinv(s + 4 * eye(3))"]
  ) { arguments throws(Refusal) in .tensor(pseudoinverse(try matrix(arguments, "x"))) }

  public static let lstsq: Operator = Operator(
    "lstsq(a, b)", "The x for which a @ x is nearest to b, the shortest of several.",
    derivative: "that of pinv(a) @ b", trials: ["lstsq(a.T, v)", "lstsq(a, s[:2])"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try matrix(arguments, "a"), try arguments.tensor("b").asFloat)
    let (right, isVector) = try rightSide(arguments, a, b, rows: a.shape[a.rank - 2])
    let x = pseudoinverse(a).times(right)
    return .tensor(isVector ? x.reshaped(x.shape.removing([x.rank - 1])) : x)
  }

  private static func pseudoinverse(_ x: Symbol) -> Symbol {
    let widest = Swift.max(x.shape[x.rank - 2], x.shape[x.rank - 1])
    let tolerance = Double(widest) * (x.type == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne)
    return x.builder.add(
      .pseudoinverse(.tolerance(Constant(tolerance))), [x], shape: x.matrixTransposed.shape, type: x.type)
  }

  static func matrix(_ arguments: Arguments, _ name: String) throws(Refusal) -> Symbol {
    let x = try arguments.tensor(name).asFloat
    guard x.rank >= 2 else { throw Refusal("\(arguments.signature.name) wants a matrix; this is \(x.described)") }
    return x
  }

  static func square(_ arguments: Arguments, _ name: String) throws(Refusal) -> Symbol {
    let x = try arguments.tensor(name).asFloat
    guard x.rank >= 2, x.shape[x.rank - 1] == x.shape[x.rank - 2] else {
      throw Refusal("\(arguments.signature.name) wants square matrices; this is \(x.described)")
    }
    return x
  }

  /// What stands right of the equals sign, as matrices: a vector for every matrix of the left side is a column.
  static func rightSide(
    _ arguments: Arguments, _ a: Symbol, _ b: Symbol, rows: Int
  ) throws(Refusal) -> (Symbol, isVector: Bool) {
    let aBatch = Shape(Array(a.shape.extents.dropLast(2)))
    let isVector = b.rank == 1 || b.rank > 0 && b.shape.extents == aBatch.extents + [rows]
    let right = isVector ? b.expanded(at: b.rank) : b
    guard right.rank >= 2, right.shape[right.rank - 2] == rows else {
      throw Refusal("\(arguments.signature.name) wants \(rows) rows in b, as in a: \(a.shape) and \(b.shape)")
    }
    _ = try arguments.broadcast(aBatch, Shape(Array(right.shape.extents.dropLast(2))))
    return (right, isVector)
  }

  static let decompositions: [Operator] = [det, inv, solve, cholesky, qr, svd, eigh, pinv, lstsq]
}

extension Symbol {
  /// Its shape in words.
  var described: String { rank == 0 ? "a number" : rank == 1 ? "a vector of \(shape[0])" : "\(shape)" }
}
