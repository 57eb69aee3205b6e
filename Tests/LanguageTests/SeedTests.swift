import Language
import Printing
import Tensors
import Testing

/// The question the project grew from: values and gradients as TensorFlow computed them.
@Suite struct SeedTests {
  static let inputs = """
    weights = weights(value=[[0.7, 0.5], [1.0, -0.3], [0.9, 0.25]])
    bias = weights(value=[1.1853195428848267, -0.1752912998199463])
    x = [[0.5, 0.5, 0.4318242371082306]]
    """
  static let expectations = """
    expect loss ~ 0.56884986, rtol=1e-6
    expect grad(loss, weights) ~ [[0, -0.40866762], [0.34265977, 0], [0, -0.35294518]], rtol=1e-6, atol=1e-6
    expect grad(loss, bias) ~ [0.68531954, -0.81733525], rtol=1e-6
    expect grad(loss, x) ~ [[-0.40866762, 0.68531954, -0.20433381]], rtol=1e-6
    """

  @Test(arguments: [":=", "="], ["mask([[0, 1], [1, 0], [0, 1]])", "[[0, 1], [1, 0], [0, 1]]"])
  func gradientsAreTensorFlows(assignment: String, mask: String) {
    let program = """
      \(Self.inputs)
      mask = \(mask)
      y \(assignment) relu(x @ (weights * mask) + bias)
      loss \(assignment) mse(y, [[1, 1]])
      \(Self.expectations)
      """
    #expect(printed(program).contains("error") == false)
  }

  @Test func removedEntriesArePrintedAsDots() {
    let program = """
      \(Self.inputs)
      mask = mask([[0, 1], [1, 0], [0, 1]])
      loss := mse(relu(x @ (weights * mask) + bias), [[1, 1]])
      grad(loss, weights)
      """
    #expect(
      printed(program) == """
        ∂loss/∂weights  3×2 · 3 of 6 removed
          ⋅        -0.40867
          0.34266   ⋅
          ⋅        -0.35295
        """)
  }

  @Test func numpyFormatIsTheSeedsOwnText() {
    let program = """
      \(Self.inputs)
      mask = mask([[0, 1], [1, 0], [0, 1]])
      loss := mse(relu(x @ (weights * mask) + bias), [[1, 1]])
      grad(loss, weights)
      """
    let text = printed(program) { $0.display.format = .numpy }
    #expect(
      text == """
        array([[ 0.        , -0.40866762],
               [ 0.34265977, -0.        ],
               [ 0.        , -0.35294518]], dtype=float32)
        """)
  }

  @Test func removedMeansRemoved() {
    let program = """
      w = weights(value=[[inf, 2], [3, nan]])
      m = mask([[0, 1], [1, 0]])
      x = [[1, 1]]
      y := x @ (w * m)
      expect y ~ [[3, 2]]
      expect grad(sum(y), w) ~ [[0, 1], [1, 0]]
      expect grad(sum(w * m), w) ~ [[0, 1], [1, 0]]
      x = [[nan, 1]]
      expect y ~ [[3, nan]]
      """
    #expect(printed(program) == "")
  }
}
