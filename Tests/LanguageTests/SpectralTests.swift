import CKernels
import Language
import Testing

/// Functions of matrices by way of their eigenvalues and singular values, at equal, nearly equal and other ones.
@Suite(.enabled(if: gk_lapack_is_available() != 0)) struct SpectralTests {
  struct Trial: CustomTestStringConvertible, Sendable {
    let precision: String
    let (rows, columns): (Int, Int)
    let values: String
    let own: String
    let law: String

    var testDescription: String { "\(own) at \(values), \(precision)" }

    /// A matrix with these values in bases that are not the axes'; what is made of its parts, and the same directly.
    var program: String {
      let k = min(rows, columns)
      let tolerances = precision == "float64" ? ["1e-8", "1e-4"] : ["2e-4", "2e-2"]
      let isSquare = own.contains("eigh")
      return """
        :precision \(precision)
        seed(\(rows * 10 + columns))
        p = qr(normal(\(rows), \(k)))[0]
        q = \(isSquare ? "p" : "qr(normal(\(columns), \(k)))[0]")
        a = p @ diag(\(values)) @ q.T
        \(isSquare ? "a = (a + a.T) / 2" : "")
        m = normal(\(rows), \(columns)); x = normal(\(columns))
        loss(f) = sum(f * m) + sum(f * f * m) + sum((f @ x)^2)
        own(a) = \(own)
        law(a) = \(law)
        apart(x, y) = max(abs(x - y)) / (1 + max(abs(y)))
        expect apart(grad(own)(a), grad(law)(a)) < \(tolerances[0])
        expect apart(hessian(own(a), a), hessian(law(a), a)) < \(tolerances[1])

        """
    }
  }

  private static let precisions = ["float64", "float32"]

  // MARK: Symmetric matrices

  private static let pairs = ["[2, 2]", "[2, 2 + 1e-9]", "[2, 2 + 1e-5]", "[2, 2.001]", "[2, 2.1]", "[2, 5]"]
  private static let triples = ["[2, 2, 2]", "[2, 2, 5]", "[1, 2, 2 + 1e-9]", "[2, 2 + 1e-5, 3]", "[-1, 2, 5]"]

  /// Ways to write a function f of a matrix.
  private static let spellings = [
    "v @ diag(f) @ v.T", "(v * f) @ v.T", "v @ (expand_dims(f, 1) * v.T)", "einsum(\"ij,j,kj->ik\", v, f, v)",
    "v @ (diag(f) @ v.T)",
  ]

  private static let functions = [("w ^ 2", "s @ s"), ("1 / w", "inv(s)"), ("w ^ 3 - w", "s @ s @ s - s")]

  static let symmetric: [Trial] = precisions.flatMap { precision in
    (pairs.map { (2, $0) } + triples.map { (3, $0) }).flatMap { n, values in
      let first = functions.map { ($0, spellings[0]) }
      return (first + spellings.dropFirst().map { (functions[1], $0) }).map { function, spelling in
        Trial(
          precision: precision, rows: n, columns: n, values: values,
          own: "{ w, v = eigh(a); f = \(function.0); loss(\(spelling)) }",
          law: "{ s = (a + a.T) / 2; loss(\(function.1)) }")
      }
    }
  }

  @Test(arguments: symmetric) func functionsOfSymmetricMatrices(trial: Trial) {
    let text = printed(trial.program)
    #expect(!text.contains("error"), "\(text)")
  }

  /// What reads a function of the matrix without making it.
  @Test(arguments: pairs, precisions) func productsWithVectors(values: String, precision: String) {
    for (own, law) in [
      (
        "{ w, v = eigh(a); b = v @ (1 / w * (v.T @ x)); sum(b * m[0]) + b[0]^2 }",
        "{ b = solve((a + a.T) / 2, x); sum(b * m[0]) + b[0]^2 }"
      ),
      ("{ w, v = eigh(a); sum((v.T @ x)^2 * w^3)^2 }", "{ s = (a + a.T) / 2; dot(x, s @ s @ s @ x)^2 }"),
      ("{ w, v = eigh(a); sum(log(w)) }", "log(det((a + a.T) / 2))"),
      ("{ w, v = eigh(a); sum(w^2) }", "sum(((a + a.T) / 2)^2)"),
    ] {
      let trial = Trial(precision: precision, rows: 2, columns: 2, values: values, own: own, law: law)
      let text = printed(trial.program)
      #expect(!text.contains("error"), "\(own) at \(values): \(text)")
    }
  }

  /// Where many entries are 0, so that quotients and limits happen to agree.
  @Test(arguments: ["diag([1, 3])", "2 * eye(2)", "diag([2, 7])"]) func alongTheAxes(matrix: String) {
    let text = printed(
      """
      :precision float64
      a = \(matrix); x = [1, 2]
      f(a) = { w, v = eigh(a); sum(v @ diag(1 / w) @ v.T * [[1, 2], [2, 3]]) }
      check(f(a), a, order=2)
      g(a) = { u, s, v = svd(a); sum(v.T @ diag(1 / s) @ u.T * [[1, 2], [2, 3]]) }
      check(g(a), a, order=2)
      h(a) = { w, v = eigh(a); sum(v @ diag(exp(w)) @ v.T * eye(2)) }
      check(h(a), a, order=2)
      k(a) = { w, v = eigh(a); f = v @ diag(w * w) @ v.T; sum(f * f) }
      check(k(a), a, order=2)
      """)
    #expect(!text.contains("error") && !text.contains("DIFFERS"), "\(text)")
  }

  @Test func chainsAreSmooth() {
    let text = printed(
      """
      :precision float64
      root(a) = { w, v = eigh(a); v @ diag(sqrt(w)) @ v.T }
      loss(f) = sum(f * [[1, 2], [3, 4]]) + sum(f ^ 3)
      a = 2 * eye(2)
      own(a) = loss(root(root(root(root(a)))) @ [[1, 1], [0, 1]])
      law(a) = { w, v = eigh(a); loss(v @ diag(w ^ (1 / 16)) @ v.T @ [[1, 1], [0, 1]]) }
      expect grad(own)(a) ~ grad(law)(a)
      check(own(a), a)
      check(law(a), a, order=2)
      """)
    #expect(!text.contains("error") && !text.contains("DIFFERS"), "\(text)")
  }

  // MARK: Any matrices

  private static let spectra = [
    "[2, 2]", "[2 + 1e-9, 2]", "[2 + 1e-5, 2]", "[2.001, 2]", "[2.1, 2]", "[5, 2]", "[1, 0]", "[0, 0]", "[1, 1e-9]",
  ]

  static let general: [Trial] = precisions.flatMap { precision in
    [(2, 2), (3, 2), (2, 3)].flatMap { rows, columns in
      spectra.flatMap { values in
        let isRegular = spectra.firstIndex(of: values).map { $0 < 6 } == true
        return [("s", "a"), ("s ^ 3", "a @ a.T @ a"), ("1 / s", "pinv(a).T")].prefix(isRegular ? 3 : 2).map { f, law in
          Trial(
            precision: precision, rows: rows, columns: columns, values: values,
            own: "{ u, s, v = svd(a); loss(u @ diag(\(f)) @ v) }", law: "loss(\(law))")
        }
      }
    }
  }

  @Test(arguments: general) func functionsOfMatrices(trial: Trial) {
    let text = printed(trial.program)
    #expect(!text.contains("error"), "\(text)")
  }

  @Test func polarFactorsAndNuclearNorms() {
    let text = printed(
      """
      :precision float64
      a = eye(2); b = [[1, 2], [3, 4]]
      polar(a) = { u, s, v = svd(a); sum(u @ v * [[1, 2], [3, 4]]) + sum((u @ v)^3) }
      check(polar(a), a, order=2)
      check(polar(b), b, order=2)
      check(norm(a, "nuc"), a, order=2)
      check(norm(b, "nuc"), b, order=2)
      expect grad(norm(b - b, "nuc"), b) == 0
      c = [[1, 0], [0, 0]]
      expect grad(norm(c, "nuc"), c) ~ c
      expect any(isnan(hessian(norm(c, "nuc"), c)))
      """)
    #expect(!text.contains("error") && !text.contains("DIFFERS"), "\(text)")
  }

  // MARK: No derivative

  @Test(arguments: [
    "{ w, v = eigh(a); sum(v[:, 0]^2 * [1, 2]) }", "{ w, v = eigh(a); v[0, 0] }", "{ w, v = eigh(a); v[1, 0]^4 }",
    "{ w, v = eigh(a); sum(v[:, :1] @ v[:, :1].T * [[1, 2], [2, 5]]) }",
    "{ w, v = eigh(a); sum(v @ diag(w * [1, 2]) @ v.T) }", "{ u, s, v = svd(a); u[0, 0]^2 }",
    "{ u, s, v = svd(a); v[0, 0]^2 * 3 }", "{ u, s, v = svd(a - a); sum(u @ v * [[1, 2], [2, 4]]) }",
    "{ q, r = qr(a - a); sum(q * [[1, 2], [3, 4]]) }", "{ q, r = qr(a * [[1, 1], [0, 0]]); sum(r * [[1, 2], [3, 4]]) }",
    "{ w, v = eigh(a); sum(v) }",
  ]) func whatTurnsHasNoDerivative(body: String) {
    for precision in Self.precisions {
      let text = printed(":precision \(precision)\nf(a) = \(body)\na = eye(2)\ngrad(f)(a)")
      #expect(text.contains("NaN") && !text.contains("∘") && !text.contains("⋅"), "\(body): \(text)")
      #expect(!text.contains("error"), "\(body): \(text)")
    }
  }

  /// Of a convex or concave function the shortest subgradient, whose own slope is nobody's.
  @Test func singleValuesShareTheirSubgradient() {
    let text = printed(
      """
      :precision float64
      a = eye(2); b = eye(3); c = diag([1, 1, 3])
      low(a) = eigh(a)[0][0]
      high(a) = eigh(a)[0][-1]
      middle(a) = eigh(a)[0][1]
      first(a) = svd(a)[1][0]
      expect grad(low)(a) ~ eye(2) / 2
      expect grad(high)(a) ~ eye(2) / 2
      expect grad(first)(b) ~ eye(3) / 3
      expect grad(middle)(c) ~ diag([0.5, 0.5, 0])
      expect grad(high)(c) ~ diag([0, 0, 1])
      expect all(isnan(grad(middle)(b)))
      expect any(isnan(hessian(high(a), a)))
      expect not any(isnan(hessian(high(c), c)))
      """)
    #expect(!text.contains("error"), "\(text)")
  }

  @Test func forwardProductsAreTheSame() {
    let text = printed(
      """
      :precision float64
      f(a) = { w, v = eigh(a); sum((v @ diag(exp(w)) @ v.T) * [[1, 2], [2, 3]]) }
      d = [[1, 2], [2, 5]]
      for a in [eye(2), [[2, 1], [1, 3]], [[1, 1e-9], [1e-9, 1]]] { expect jvp(f(a), a, d) ~ sum(grad(f)(a) * d) }
      g(a) = { u, s, v = svd(a); sum(u @ v * d) }
      for a in [eye(2), [[1, 2], [3, 4]]] { expect jvp(g(a), a, d) ~ sum(grad(g)(a) * d) }
      """)
    #expect(!text.contains("error"), "\(text)")
  }
}
