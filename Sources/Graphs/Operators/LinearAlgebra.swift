import Refusals
import Tensors

/// Matrix products and the shapes of matrices.
extension Operator {
  public static let matmul: Operator = Operator(
    "matmul(a, b)",
    "The matrix product; a vector is a row on the left, a column on the right; leading axes are batches.",
    derivative: "g @ b.T, a.T @ g", aliases: ["@"], trials: ["a @ s", "a @ v", "v @ s", "v @ v"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try arguments.tensor(0), try arguments.tensor(1))
    guard a.rank > 0, b.rank > 0 else {
      throw .unfitShapes(
        "a matrix product wants vectors or matrices, not a number", "\(a.shape) @ \(b.shape)", help: "* scales")
    }
    let left = a.rank == 1 ? a.expanded(at: 0) : a
    let right = b.rank == 1 ? b.expanded(at: 1) : b
    let (m, n) = (left.shape.extents.dropLast(2), right.shape.extents.dropLast(2))
    guard left.shape[left.rank - 1] == right.shape[right.rank - 2] else { throw .innerDimensions(a.shape, b.shape) }
    _ = try arguments.broadcast(Shape(Array(m)), Shape(Array(n)))
    var result = Symbol.matrixProduct(left, right)
    if b.rank == 1 { result = result.reshaped(result.shape.removing([result.rank - 1])) }
    if a.rank == 1 {
      let row = b.rank == 1 ? result.rank - 1 : result.rank - 2
      result = result.reshaped(result.shape.removing([row]))
    }
    return .tensor(result)
  }

  public static let dot: Operator = Operator(
    "dot(a, b)", "The sum of the products of two vectors.", derivative: "b, a", trials: ["dot(v, v)", "dot(a[0], v)"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try arguments.tensor(0), try arguments.tensor(1))
    guard a.rank == 1, b.rank == 1 else {
      throw Refusal("dot wants two vectors, not \(a.shape) and \(b.shape)", help: "@ multiplies matrices")
    }
    guard a.shape == b.shape else {
      throw Refusal("dot wants vectors of one length, not \(a.shape) and \(b.shape)")
    }
    return .tensor(matmul(a, b))
  }

  public static let outer: Operator = Operator(
    "outer(a, b)", "The matrix of all products of two vectors' elements.", derivative: "g @ b, a @ g",
    trials: ["outer(v, v)", "outer(a[0], b[1])"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try arguments.tensor(0), try arguments.tensor(1))
    guard a.rank == 1, b.rank == 1 else { throw Refusal("outer wants two vectors, not \(a.shape) and \(b.shape)") }
    return .tensor(a.expanded(at: 1) * b.expanded(at: 0))
  }

  public static let trace: Operator = Operator(
    "trace(x)", "The sum of the diagonal.", derivative: "eye", trials: ["trace(s)", "trace(a)"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    guard x.rank == 2 else { throw Refusal("trace wants a matrix, not \(x.shape)") }
    return .tensor(x.diagonal(k: 0).summed)
  }

  public static let transpose: Operator = Operator(
    "transpose(x, axes?)", "The axes in another order; without axes the last two swapped.",
    derivative: "transposed back", aliases: [], trials: ["transpose(a)", "transpose(a, [1, 0])"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    guard arguments.has("axes") else { return .tensor(x.matrixTransposed) }
    let axes = try arguments.axes("axes", rank: x.rank)
    guard axes.count == x.rank else {
      throw Refusal("transpose wants all \(x.rank) axes once each, not \(axes.count)")
    }
    return .tensor(x.transposed(axes))
  }

  public static let diag: Operator = Operator(
    "diag(x, k=0)", "A matrix with the vector x on its k-th diagonal, or the k-th diagonal of a matrix.",
    derivative: "the diagonal, or back onto it", trials: ["diag(v)", "diag(s, 1)", "diag(v, k=-1)"]
  ) { arguments throws(Refusal) in
    let (x, k) = (try arguments.tensor(0), try arguments.integer("k", default: 0))
    guard x.rank == 1 || x.rank == 2 else { throw Refusal("diag wants a vector or a matrix, not \(x.shape)") }
    if x.rank == 2 { return .tensor(x.diagonal(k: k)) }
    let size = x.shape[0] + Swift.abs(k)
    let square = try arguments.checked(Shape([size, size]))
    let start = k < 0 ? -k * size : k
    let flat = Shape([square.count])
    if x.shape[0] == 0 { return .tensor(x.builder.zeros(square, type: x.type)) }
    return .tensor(x.embedded(starts: [start], steps: [size + 1], in: flat).reshaped(square))
  }

  private static func triangle(_ name: String, _ summary: String, _ comparison: Primitive) -> Operator {
    Operator(
      "\(name)(x, k=0)", summary, derivative: "the same part of g", trials: ["\(name)(s)", "\(name)(a, k=1)"]
    ) { arguments throws(Refusal) in
      let (x, k) = (try arguments.tensor(0), try arguments.integer("k", default: 0))
      guard x.rank >= 2 else { throw Refusal("\(name) wants a matrix, not \(x.shape)") }
      let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
      let mask = x.builder.diagonalMask(rows: rows, columns: columns, k: k, comparison)
      return .tensor(x.type == .bool ? .logic(.and, mask, x) : .keep(mask, x))
    }
  }

  public static let tril: Operator = triangle("tril", "The part on and below the k-th diagonal.", .lessEqual)
  public static let triu: Operator = triangle("triu", "The part on and above the k-th diagonal.", .greaterEqual)

  public static let kron: Operator = Operator(
    "kron(a, b)", "Each element of a times the whole of b, in blocks.", derivative: "sums over blocks",
    trials: ["kron(a, b)", "kron(v, v)"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    let rank = Swift.max(a.rank, b.rank)
    guard rank * 2 <= Shape.maximumRank else { throw Refusal("kron wants rank 4 at most, not \(rank)") }
    let (left, right) = (a.lifted(to: rank), b.lifted(to: rank))
    let first = left.shape.extents.flatMap { [$0, 1] }
    let second = right.shape.extents.flatMap { [1, $0] }
    let extents = (0..<rank).map { Shape.product([left.shape[$0], right.shape[$0]]) }
    let shape = try arguments.checked(Shape(extents))
    let product = left.reshaped(Shape(first)) * right.reshaped(Shape(second))
    return .tensor(product.reshaped(shape))
  }

  static let linearAlgebra: [Operator] =
    [matmul, dot, outer, trace, transpose, diag, tril, triu, kron, einsum] + polynomials
}

extension Symbol {
  /// The k-th diagonal of a matrix.
  func diagonal(k: Int) -> Symbol {
    let (rows, columns) = (shape[0], shape[1])
    let count = Swift.max(0, k >= 0 ? Swift.min(rows, columns - k) : Swift.min(rows + k, columns))
    let start = count == 0 ? 0 : k >= 0 ? k : -k * columns
    return reshaped(Shape([shape.count])).sliced(axis: 0, from: start, count: count, step: columns + 1)
  }
}

extension Refusal {
  static func innerDimensions(_ a: Shape, _ b: Shape) -> Refusal {
    var help: String?
    if a.rank == 2, b.rank == 2 {
      if a[1] == b[1] {
        help = "the transpose of the second, \(b[1])×\(b[0]), would fit: x.T or transpose(x)"
      } else if a[0] == b[0] {
        help = "the transpose of the first, \(a[1])×\(a[0]), would fit: x.T or transpose(x)"
      }
    }
    return .unfitShapes("inner dimensions differ in a matrix product", "\(a) @ \(b)", help: help)
  }
}

extension Arguments {
  /// A shape whose elements can be counted and addressed, and whose axes can be gone through where there are no elements.
  func checked(_ shape: Shape) throws(Refusal) -> Shape {
    let isEmpty = shape.extents.contains(0)
    let count = isEmpty ? Shape.product(shape.extents.filter { $0 > 0 }) : shape.count
    // What is known of an axis, index by index, takes more than elements do.
    let (bytes, overflow) = count.multipliedReportingOverflow(by: builder.defaultType.stride * (isEmpty ? 32 : 1))
    guard !overflow, bytes <= builder.memoryLimit else {
      throw .outOfMemory(needed: overflow ? .max : bytes, free: builder.memoryLimit)
    }
    return shape
  }
}
