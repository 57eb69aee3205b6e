import Graphs
import Refusals
import Tensors

/// A way to choose the values that weights start with.
package struct Initialiser: Sendable {
  /// How many inputs and outputs a layer has.
  struct Fans: Sendable {
    private(set) var input: Double
    private(set) var output: Double

    /// A vector counts its length for both; a matrix is (inputs, outputs), as in `x @ w`; more axes are filters as
    /// `conv2d` has them: (filters, channels, …), the rest the window, of which each output sees all.
    init(_ shape: Shape) {
      func size(_ extents: some Sequence<Int>) -> Double { max(extents.reduce(1) { $0 * Double($1) }, 1) }
      switch shape.rank {
      case 0, 1: (input, output) = (size(shape.extents), size(shape.extents))
      case 2: (input, output) = (size([shape[0]]), size([shape[1]]))
      default: (input, output) = (size(shape.extents[1...]), size([shape[0]] + shape.extents[2...]))
      }
    }

    /// Counts only a share of the connections, those that a mask keeps.
    mutating func thin(to share: Double) { (input, output) = (max(input * share, 1), max(output * share, 1)) }
  }

  package let name: String
  let values: @Sendable (Evaluator, Shape, Fans) throws(Refusal) -> Symbol

  /// The first is the one that `weights` takes if none is named.
  package static let all: [Initialiser] = [
    uniform("glorot_uniform") { 2 / ($0.input + $0.output) },
    normal("glorot_normal") { 2 / ($0.input + $0.output) },
    uniform("he_uniform") { 2 / $0.input },
    normal("he_normal") { 2 / $0.input },
    normal("lecun_normal") { 1 / $0.input },
    orthogonal,
    Initialiser(name: "zeros") { evaluator, shape, _ throws(Refusal) in
      evaluator.builder.zeros(shape, type: evaluator.builder.defaultType)
    },
    Initialiser(name: "ones") { evaluator, shape, _ throws(Refusal) in
      evaluator.builder.ones(shape, type: evaluator.builder.defaultType)
    },
  ]

  /// `glorot_uniform, …, zeros or ones`.
  static func names(joint: String) -> String { all.map(\.name).joined(separator: ", ", last: joint) }

  /// Evenly spread around 0.
  private static func uniform(_ name: String, variance: @escaping @Sendable (Fans) -> Double) -> Initialiser {
    Initialiser(name: name) { evaluator, shape, fans throws(Refusal) in
      let limit = (3 * variance(fans)).squareRoot()
      return evaluator.builder.constant(-limit) + 2 * limit * evaluator.random(uniform: true, shape)
    }
  }

  /// Normally distributed around 0.
  private static func normal(_ name: String, variance: @escaping @Sendable (Fans) -> Double) -> Initialiser {
    Initialiser(name: name) { evaluator, shape, fans throws(Refusal) in
      variance(fans).squareRoot() * evaluator.random(uniform: false, shape)
    }
  }

  /// Orthonormal columns, or rows where those are fewer: a random matrix made so by the Cholesky factor of its Gram matrix.
  ///
  /// Filters are a matrix with a row each.
  private static let orthogonal = Initialiser(name: "orthogonal") { evaluator, shape, _ throws(Refusal) in
    guard shape.rank >= 2 else {
      throw Refusal(
        "orthogonal weights are a matrix or filters, not \(shape.rank == 0 ? "a number" : "a vector of \(shape)")",
        help: "weights(3, 2, init=\"orthogonal\")")
    }
    let (rows, columns) = (shape[0], shape.extents[1...].reduce(1, *))
    let isWide = columns > rows
    let size = isWide ? Shape([columns, rows]) : Shape([rows, columns])
    let tall = evaluator.random(uniform: false, size).converted(to: .float64)
    let factor = try Operator.cholesky.applied(to: [.matrixProduct(tall.matrixTransposed, tall)])
    let orthonormal = Symbol.matrixProduct(tall, try Operator.inv.applied(to: [factor]).matrixTransposed)
    let matrix = isWide ? orthonormal.matrixTransposed : orthonormal
    return matrix.reshaped(shape).converted(to: evaluator.builder.defaultType)
  }
}

extension [String] {
  /// `a, b and c`.
  func joined(separator: String, last joint: String) -> String {
    guard let last, count > 1 else { return joined() }
    return dropLast().joined(separator: separator) + " \(joint) " + last
  }
}
