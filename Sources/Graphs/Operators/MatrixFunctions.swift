import Refusals
import Tensors

/// Functions of whole matrices, and matrices taken apart by elimination; leading axes are batches.
extension Operator {
  public static let slogdet: Operator = Operator(
    "slogdet(x)", "(sign, log(abs(det(x)))) of a square matrix; (0, -inf) of a singular one.",
    derivative: "inv(x).T of the logarithm, none of the sign",
    trials: ["slogdet(s + 4 * eye(3))[1]", "slogdet(s @ s.T + eye(3))[1]"],
    examples: ["slogdet(1e-30 * eye(2))[1]": "-138.16"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x")
    return .tuple([x.signOfDeterminant, x.logOfDeterminant])
  }

  public static let logdet: Operator = Operator(
    "logdet(x)", "log(det(x)), whatever its size; NaN where the determinant is negative, -inf of a singular matrix.",
    derivative: "inv(x).T", trials: ["logdet(s @ s.T + eye(3))"], examples: ["logdet(eye(3))": "0"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x")
    return .tensor(x.logOfDeterminant * x.signOfDeterminant.compared(.less, 0).asNaN)
  }

  public static let matrixPower: Operator = Operator(
    "matrix_power(x, n)", "x @ x @ … n times; the identity for n = 0, powers of the inverse for negative n.",
    derivative: "by the products it is made of",
    trials: ["matrix_power(s, 2)", "matrix_power(s, 5)", "matrix_power(s + 4 * eye(3), -2)"],
    examples: ["matrix_power([[1, 1], [0, 1]], 5)": "2×2\n  1  5\n  0  1"]
  ) { arguments throws(Refusal) in
    let (x, n) = (try square(arguments, "x"), try arguments.integer("n"))
    let rows = x.shape[x.rank - 1]
    if n == 0 {
      let one = x.builder.diagonalMask(rows: rows, columns: rows, k: 0, .equal)
      return .tensor(one.converted(to: x.type).broadcast(to: x.shape))
    }
    var factor = n < 0 ? x.builder.add(.inverse, [x], shape: x.shape, type: x.type) : x
    var (rest, result) = (n.magnitude, Symbol?.none)
    while rest > 0 {
      if rest & 1 == 1 { result = result.map { $0.times(factor) } ?? factor }
      rest >>= 1
      if rest > 0 { factor = factor.times(factor) }
    }
    return .tensor(result ?? factor)
  }

  public static let expm: Operator = Operator(
    "expm(x)", "The exponential of a square matrix, 1 + x + x @ x / 2 + …; exp(x) is that of each element.",
    derivative: "the corner of expm([[x.T, g], [0, x.T]])", aliases: ["matrix_exp"],
    trials: ["expm(s)", "expm(s * 3)"], examples: ["expm([[0, 1], [0, 0]])": "2×2\n  1  1\n  0  1"]
  ) { arguments throws(Refusal) in
    let x = try square(arguments, "x")
    return .tensor(x.builder.add(.exponential, [x], shape: x.shape, type: x.type))
  }

  public static let lu: Operator = Operator(
    "lu(x)", "(p, l, u) with p @ l @ u = x: rows in another order, a lower triangle of ones, an upper triangle.",
    derivative: "by solves with both triangles, none of p; NaN where u is singular",
    trials: [
      "lu(s + 4 * eye(3))[1]", "lu(s + 4 * eye(3))[2]", "lu((a + [[5, 0, 0], [0, 5, 0]]).T)[1]",
      "lu(a + [[5, 0, 0], [0, 5, 0]])[2]",
    ]
  ) { arguments throws(Refusal) in
    let x = try matrix(arguments, "x")
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let k = Swift.min(m, n)
    _ = try arguments.checked(Shape(x.shape.extents.dropLast(2) + [m, m]))
    let packed = x.packed(.lu, count: m * m + m * k + k * n)
    return .tuple([
      packed.unpacked(0, [m, m]).stopped, packed.unpacked(m * m, [m, k]).part(k: 0, .lessEqual),
      packed.unpacked(m * m + m * k, [k, n]).part(k: 0, .greaterEqual),
    ])
  }

  public static let solveTriangular: Operator = Operator(
    "solve_triangular(a, b, lower=false, unit=false)",
    "The x with a @ x = b for a triangle a, whose other half isn't read; unit: nor its diagonal, which is ones.",
    derivative: "gb = solve with a.T, ga = -gb @ y.T within the triangle",
    trials: [
      "solve_triangular(s + 4 * eye(3), v)", "solve_triangular(s + 4 * eye(3), a.T, lower=true)",
      "solve_triangular(s, v, unit=true)",
    ],
    examples: ["solve_triangular([[2, 1], [nan, 4]], [4, 8])": "2\n  1  2"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try square(arguments, "a"), try arguments.tensor("b").asFloat)
    let (right, isVector) = try rightSide(arguments, a, b, rows: a.shape[a.rank - 1])
    let triangle = HostAttribute.triangle(
      isLower: try arguments.flag("lower"), isUnit: try arguments.flag("unit"))
    let x = Symbol.solution(a, right, by: .triangularSolution(triangle))
    return .tensor(isVector ? x.reshaped(x.shape.removing([x.rank - 1])) : x)
  }

  static let matrixFunctions: [Operator] = [slogdet, logdet, matrixPower, expm, lu, solveTriangular]
}

extension Symbol {
  fileprivate var logOfDeterminant: Symbol { perMatrix(.logOfDeterminant) }
  var signOfDeterminant: Symbol { perMatrix(.signOfDeterminant) }

  private func perMatrix(_ primitive: Primitive) -> Symbol {
    builder.add(primitive, [self], shape: Shape(Array(shape.extents.dropLast(2))), type: type)
  }
}
