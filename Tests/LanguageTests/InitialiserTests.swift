import Testing

@testable import Language

/// Initialisers and layers agree about which axes are inputs.
@Suite struct InitialiserTests {
  @Test(arguments: [
    ("he_normal", "sqrt(2 / 288)"), ("he_uniform", "sqrt(2 / 288)"), ("lecun_normal", "sqrt(1 / 288)"),
    ("glorot_normal", "sqrt(2 / 864)"), ("glorot_uniform", "sqrt(2 / 864)"),
  ])
  func filtersCountTheirWindowForEachChannel(initialiser: String, deviation: String) {
    #expect(
      printed(
        """
        seed(1)
        expect std(weights(64, 32, 3, 3, init="\(initialiser)")) ~ \(deviation), rtol=0.03
        expect std(weights(64, 32, 9, init="\(initialiser)")) ~ \(deviation), rtol=0.03
        expect std(weights(64, 32, 3, 3, 1, init="\(initialiser)")) ~ \(deviation), rtol=0.03
        """) == "")
  }

  /// The mean square of a signal before and after ten layers of its own kind.
  @Test(arguments: [
    ("he_normal", "relu(conv2d(x, w))"), ("he_uniform", "relu(conv2d(x, w))"), ("lecun_normal", "conv2d(x, w)"),
    ("glorot_normal", "conv2d(x, w)"), ("glorot_uniform", "conv2d(x, w)"), ("orthogonal", "conv2d(x, w)"),
  ])
  func convolutionsKeepThePower(initialiser: String, layer: String) {
    let rectifies = layer.hasPrefix("relu")
    // Rows of an orthogonal matrix have length 1, whatever they are made for; a rectified signal starts at half its power.
    let text = printed(
      """
      seed(3)
      x = normal(2, 24, 30, 30)
      x = \(rectifies ? "relu(x)" : "x")
      start = mean(x ^ 2)
      for i in 0:10 {
        w = weights(24, 24, 3, 3, init="\(initialiser)")
        x = \(layer)
      }
      expect mean(x ^ 2) / start > 0.4
      expect mean(x ^ 2) / start < 2.5
      """)
    #expect(text == "", "\(initialiser)")
  }

  @Test(arguments: [("he_normal", "relu(x @ w)"), ("lecun_normal", "x @ w"), ("glorot_uniform", "x @ w")])
  func matricesKeepThePower(initialiser: String, layer: String) {
    let text = printed(
      """
      seed(4)
      x = normal(200, 300)
      x = \(layer.hasPrefix("relu") ? "relu(x)" : "x")
      start = mean(x ^ 2)
      for i in 0:10 {
        w = weights(300, 300, init="\(initialiser)")
        x = \(layer)
      }
      expect mean(x ^ 2) / start > 0.5
      expect mean(x ^ 2) / start < 2
      """)
    #expect(text == "", "\(initialiser)")
  }

  @Test func orthogonalFiltersAreRowsOfAMatrix() {
    #expect(
      printed(
        """
        w = reshape(weights(6, 3, 2, 2, init="orthogonal"), 6, 12)
        expect w @ w.T ~ eye(6), atol=1e-5
        v = reshape(weights(20, 2, 3, init="orthogonal"), 20, 6)
        expect v.T @ v ~ eye(6), atol=1e-5
        expect error "a matrix or filters" in { weights(3, init="orthogonal") }
        """) == "")
  }
}
