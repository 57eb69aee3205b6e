import Graphs
import Refusals
import Tensors

/// A way to choose the values that weights start with.
package struct Initialiser: Sendable {
  /// How many inputs and outputs a layer has.
  struct Fans: Sendable {
    private(set) var input: Double
    private(set) var output: Double

    /// A vector counts its length for both.
    init(_ shape: Shape) {
      switch shape.rank {
      case 0: (input, output) = (1, 1)
      case 1: (input, output) = (Double(max(shape[0], 1)), Double(max(shape[0], 1)))
      default:
        let field = Shape.product(shape.extents.dropLast(2))
        input = Double(max(shape[shape.rank - 2] * field, 1))
        output = Double(max(shape[shape.rank - 1] * field, 1))
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
  private static let orthogonal = Initialiser(name: "orthogonal") { evaluator, shape, _ throws(Refusal) in
    guard shape.rank == 2 else { throw Refusal("orthogonal weights are a matrix, not \(shape)") }
    let isWide = shape[1] > shape[0]
    let size = isWide ? Shape([shape[1], shape[0]]) : shape
    let tall = evaluator.random(uniform: false, size).converted(to: .float64)
    let factor = try Operator.cholesky.applied(to: [.matrixProduct(tall.matrixTransposed, tall)])
    let columns = Symbol.matrixProduct(tall, try Operator.inv.applied(to: [factor]).matrixTransposed)
    return (isWide ? columns.matrixTransposed : columns).converted(to: evaluator.builder.defaultType)
  }
}

extension [String] {
  /// `a, b and c`.
  func joined(separator: String, last joint: String) -> String {
    guard let last, count > 1 else { return joined() }
    return dropLast().joined(separator: separator) + " \(joint) " + last
  }
}
