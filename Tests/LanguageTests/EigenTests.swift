import CKernels
import Testing

@testable import Language

/// Eigenvalues of any square matrices: in order, with vectors that are stretched, and what has no answer.
@Suite(.enabled(if: gk_lapack_is_available() != 0)) struct EigenTests {
  private static func holds(_ program: String) {
    let text = printed(":precision float64\nseed(2)\n" + program)
    #expect(text == "", "\(text)")
  }

  @Test(arguments: [1, 2, 3, 6, 9], ["normal(2, n, n)", "normal(2, n, n) + 5 * eye(n)"])
  func vectorsAreStretched(n: Int, matrix: String) {
    Self.holds(
      """
      n = \(n)
      x = \(matrix)
      w, v = eig(x)
      re, im = (expand_dims(w[0], -2), expand_dims(w[1], -2))
      expect x @ v[0] ~ v[0] * re - v[1] * im, atol=1e-9
      expect x @ v[1] ~ v[0] * im + v[1] * re, atol=1e-9
      size = square(v[0]) + square(v[1])
      expect sum(size, axis=-2) ~ ones(2, n)
      expect all(max(size, axis=-2) <= sum(where(v[1] == 0 and v[0] > 0, size, 0), axis=-2) + 1e-9)
      expect all(w[0][:, 1:] >= w[0][:, :-1])
      expect eigvals(x)[0] ~ w[0]
      expect eigvals(x)[1] ~ w[1]
      expect prod(square(w[0]) + square(w[1]), axis=-1) ~ square(det(x)), rtol=1e-8
      """)
  }

  /// What is made of values and vectors has the derivatives of the same made of the matrix.
  @Test(arguments: ["[[1, 2], [3, 0]]", "[[1, -2], [3, 0.5]]", "[[2, -1, 0.5], [0.25, 3, 1], [-1, 0.5, 1.5]]"])
  func derivativesAgreeWithDifferences(matrix: String) {
    let text = printed(
      """
      :precision float64
      a = \(matrix)
      values(a) = { z = eigvals(a); sum(sin(z[0])) + sum(z[0] * square(z[1])) }
      check(values(a), a, order=2)
      whole(a) = { w, v = eig(a); sum(sin(v[0])) + sum(v[1] * cos(v[0])) + sum(w[0] ^ 2) }
      check(whole(a), a, order=2)
      """)
    #expect(!text.contains("error") && !text.contains("DIFFERS"), "\(text)")
  }

  @Test func equalValuesHaveNoDerivative() {
    Self.holds(
      """
      for a in [eye(2), [[1, 1], [0, 1]], zeros(2, 2)] {
        expect all(isnan(grad(sum(eigvals(a)[0] * [1, 2]), a)))
      }
      expect shape(eigvals(zeros(0, 0))[0]) ~ [0]
      expect shape(eig(zeros(0, 0))[1][1]) ~ [0, 0]
      expect error "square" in { eig([[1, 2]]) }
      expect error "finite" in { eigvals([[nan, 1], [1, 2]]) }
      """)
  }
}
