import CKernels
import Testing

@testable import Language

/// Functions of matrices at their edges: singular, empty, rectangular, of one half.
@Suite struct MatrixFunctionTests {
  private static func holds(_ program: String) {
    let text = printed(":precision float64\n" + program)
    #expect(text == "", "\(text)")
  }

  @Test func determinantsAsLogarithms() {
    Self.holds(
      """
      s, l = slogdet([[1, 2], [2, 4]])
      expect s == 0 and l == -inf
      s, l = slogdet(zeros(0, 0))
      expect s == 1 and l == 0
      expect logdet([[1, 2], [2, 4]]) == -inf
      expect isnan(logdet([[0, 1], [1, 0]]))
      expect slogdet([[0, 1], [1, 0]])[0] == -1
      x = [[2, 1], [1, 3]]
      expect grad(logdet(x), x) ~ inv(x).T
      expect structural(grad(slogdet(x)[0], x)) ~ [[false, false], [false, false]]
      expect slogdet([[2, nan], [1, 3]])[1] ~ nan
      expect logdet(1e-200 * eye(3)) ~ -600 * log(10)
      """)
  }

  @Test func powersOfMatrices() {
    Self.holds(
      """
      x = [[1, 2], [3, 5]]
      expect matrix_power(x, 0) ~ eye(2)
      expect matrix_power(x, 7) ~ x @ x @ x @ x @ x @ x @ x
      expect matrix_power(x, -3) ~ inv(x @ x @ x)
      expect error "whole" in { matrix_power(x, 0.5) }
      expect error "singular" in { matrix_power([[1, 2], [2, 4]], -1) }
      expect error "square" in { matrix_power([[1, 2]], 2) }
      expect shape(matrix_power(zeros(4, 0, 0), 3)) ~ [4, 0, 0]
      """)
  }

  @Test func exponentials() {
    Self.holds(
      """
      expect expm(zeros(3, 3)) == eye(3)
      for size in [0.01, 0.2, 0.9, 2, 5, 30, 300] {
        t = size * [[0, 1], [-1, 0]]
        expect expm(t) ~ [[cos(size), sin(size)], [-sin(size), cos(size)]], rtol=1e-11, atol=1e-11
      }
      expect expm(diag([1, -2, 700])) ~ diag(exp([1, -2, 700]))
      x = [[[1, 2], [0, 1]], [[0, 0], [3, 0]]]
      expect expm(x) ~ [[[e, 2 * e], [0, e]], [[1, 0], [3, 1]]]
      expect expm([[inf, 0], [0, 1]]) ~ [[nan, nan], [nan, nan]]
      expect shape(expm(zeros(0, 0))) ~ [0, 0]
      """)
  }

  @Test(arguments: [(3, 3), (5, 3), (3, 5), (1, 4), (4, 1), (0, 2), (2, 0)]) func trianglesMultiplyToTheMatrix(
    rows: Int, columns: Int
  ) {
    Self.holds(
      """
      for singular in [false, true] {
        x = normal(2, \(rows), \(columns))
        if singular { x = x * [[[1], [0]], [[1], [1]]][:, 0:1] }
        p, l, u = lu(x)
        expect p @ l @ u ~ x
        expect all(abs(l) <= 1)
        expect all(sum(p, axis=-1) == 1) and all(sum(p, axis=-2) == 1)
      }
      """)
    Self.holds(
      """
      x = normal(3, 2)
      expect structural(lu(x)[1]) == tril(ones(3, 2))
      expect structural(lu(x)[2]) == triu(ones(2, 2))
      expect structural(grad(sum(lu(x)[0] * normal(3, 3)), x)) == zeros(3, 2)
      y = [[1, 2], [2, 4]]
      expect all(isnan(grad(sum(lu(y)[1] * [[1, 2], [3, 4]]), y)))
      """)
  }

  @Test func oneHalfIsRead() {
    Self.holds(
      """
      a = [[2, 1], [nan, 4]]
      b = [[4, 1], [8, 2]]
      expect solve_triangular(a, b) ~ [[1, 0.25], [2, 0.5]]
      expect solve_triangular(a.T, b, lower=true) ~ solve([[2, 0], [1, 4]], b)
      expect solve_triangular([[nan, 3], [nan, nan]], [7, 2], unit=true) ~ [1, 2]
      expect structural(grad(sum(solve_triangular(a, b)), a)) == [[true, true], [false, true]]
      expect structural(grad(sum(solve_triangular(a, b, unit=true)), a)) == [[false, true], [false, false]]
      expect error "row 1" in { solve_triangular([[1, 2], [0, 0]], [1, 1]) }
      expect solve_triangular(ones(3, 2, 2), ones(2)) ~ [[0, 1], [0, 1], [0, 1]]
      """)
  }

  @Test(.enabled(if: gk_lapack_is_available() != 0)) func ranksAndConditions() {
    Self.holds(
      """
      expect matrix_rank(zeros(2, 0)) == 0
      expect matrix_rank([[[1, 2], [2, 4]], [[1, 0], [0, 1]]]) ~ [1, 2]
      expect isnan(matrix_rank([[nan, 1], [1, 1]]))
      expect error "rtol" in { matrix_rank(eye(2), rtol=-1) }
      for order in [1, 2, inf] { expect cond([[1, 2], [2, 4]], ord=order) == inf }
      expect cond([[1, 2], [2, 4]], ord="fro") == inf
      expect cond(zeros(2, 2)) == inf
      expect cond([[[1, 0], [0, 4]], [[1, 1], [1, 1]]]) ~ [4, inf]
      expect cond([[1, 2], [3, 4]], ord=1) ~ 21
      expect cond([[1, 2], [3, 4]], ord=inf) ~ 21
      expect error "orders" in { cond(eye(2), ord=3) }
      expect error "orders" in { cond(eye(2), ord="nuc") }
      expect error "square" in { cond([[1, 2]], ord=1) }
      expect error "entries" in { cond(zeros(0, 0)) }
      """)
  }

  /// A basis isn't unique, so that its slope is nobody's: refused, never called zero.
  @Test(.enabled(if: gk_lapack_is_available() != 0), arguments: ["null", "orth"]) func basesHaveNoGradient(name: String)
  {
    let setting = "x = [[1, 2, 3], [2, 4, 6]]\ny = [[1, 2], [3, 4]]\n"
    for call in [
      "grad(sum(\(name)(x)), x)", "jacobian(\(name)(x), x)", "jvp(\(name)(x), x, x)", "hessian(sum(\(name)(x)), x)",
      "grad(sum(y @ \(name)(x)[:2, :1]), x)",
    ] {
      let text = printed(setting + call)
      #expect(text.contains("error: \(name)(x) has no gradient"), "\(call): \(text)")
    }
    #expect(!printed(setting + "grad(sum(\(name)(x)) * 0 + sum(y), y)").contains("error"))
    #expect(printed("x = [[1, nan]]\n\(name)(x)").contains("finite"))
  }
}
