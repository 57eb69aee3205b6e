import Refusals
import Tensors

/// How much vectors have to do with each other.
extension Operator {
  public static let attention: Operator = Operator(
    "attention(q, k, v, mask?, causal=false, scale?)",
    "softmax(q @ k.T * scale) @ v, with scale 1 / sqrt(d) if left out; a mask says which keys a query sees, numbers are added.",
    derivative: "that of softmax; nothing flows through what a mask removes",
    trials: [
      "attention(a, b, c)", "attention(a, s, s, causal=true)", "attention(a, b, c, mask=a[:, :2], scale=0.3)",
      "attention(a, b, c, mask=[[true, false], [false, false]])",
    ],
    examples: ["attention([[1]], [[1], [2]], [[5], [6]], mask=[[true, false]])": "1×1\n  5"]
  ) { arguments throws(Refusal) in
    let (q, k) = (try arguments.tensor("q").asFloat, try arguments.tensor("k").asFloat)
    let v = try arguments.tensor("v").asFloat
    guard q.rank >= 2, k.rank >= 2, v.rank >= 2 else {
      throw Refusal("attention wants matrices with a row each, not \(q.shape), \(k.shape) and \(v.shape)")
    }
    let width = q.shape[q.rank - 1]
    guard k.shape[k.rank - 1] == width else {
      throw Refusal("attention wants queries and keys of one length, not \(q.shape) and \(k.shape)")
    }
    guard v.shape[v.rank - 2] == k.shape[k.rank - 2] else {
      throw Refusal("attention wants a value for each key, not \(v.shape) for \(k.shape)")
    }
    let batch = try arguments.broadcast(q.batch, k.batch)
    _ = try arguments.broadcast(batch, v.batch)
    let scale = try arguments.number("scale", default: 1 / Double(Swift.max(width, 1)).squareRoot()).asFloat
    guard scale.rank == 0 else { throw Refusal("attention wants one number for 'scale', not \(scale.shape)") }
    let (scores, kept) = try masked(Symbol.matrixProduct(q, k.matrixTransposed) * scale, arguments)
    _ = try arguments.broadcast(scores.batch, v.batch)
    return .tensor(Symbol.matrixProduct(scores.softmax(where: kept), v))
  }

  /// The scores with the numbers of a mask added, and which of them count; nil: all.
  private static func masked(_ scores: Symbol, _ arguments: Arguments) throws(Refusal) -> (Symbol, Symbol?) {
    var (scores, kept) = (scores, Symbol?.none)
    if let mask = try arguments.optionalTensor("mask") {
      let shape = try arguments.broadcast(scores.shape, mask.shape)
      guard shape.extents.suffix(2) == scores.shape.extents.suffix(2) else {
        throw Refusal("attention has scores of the shape \(scores.shape), which the mask, \(mask.shape), doesn't fit")
      }
      if mask.type == .bool {
        (scores, kept) = (scores.broadcast(to: shape), mask.broadcast(to: shape))
      } else {
        scores = scores + mask
      }
    }
    if try arguments.flag("causal") {
      let (rows, columns) = (scores.shape[scores.rank - 2], scores.shape[scores.rank - 1])
      let past = scores.builder.diagonalMask(rows: rows, columns: columns, k: 0, .lessEqual)
      kept = kept.map { .logic(.and, $0, past) } ?? past.broadcast(to: scores.shape)
    }
    return (scores, kept)
  }

  public static let cosineSimilarity: Operator = Operator(
    "cosine_similarity(a, b, axis=-1, eps=1e-8)",
    "The cosine of the angle between vectors along an axis; lengths count as eps at least.",
    derivative: "b / (|a| |b|) - a y / |a|², and the same by b",
    trials: ["cosine_similarity(a, b)", "cosine_similarity(a, v, axis=0)"],
    examples: ["cosine_similarity([3, 0], [5, 0])": "1", "cosine_similarity([0, 0], [1, 2])": "0"]
  ) { arguments throws(Refusal) in
    let (a, b) = try arguments.pair()
    let shape = try arguments.broadcast(a.shape, b.shape)
    let axis = try arguments.axis("axis", rank: shape.rank, default: -1)
    let eps = try arguments.number("eps", default: 1e-8).asFloat
    guard eps.rank == 0 else { throw Refusal("cosine_similarity wants one number for 'eps', not \(eps.shape)") }
    func direction(_ x: Symbol) -> Symbol {
      let x = x.asFloat.broadcast(to: shape)
      return x / maximum(x.length(over: [axis]).expanded(at: axis), eps)
    }
    return .tensor((direction(a) * direction(b)).summed(over: [axis]))
  }

  static let attending: [Operator] = [attention, cosineSimilarity]
}

extension Symbol {
  /// The axes in front of the matrices.
  fileprivate var batch: Shape { Shape(Array(shape.extents.dropLast(2))) }

  /// Shares along the last axis of what counts there; of nothing, nothing.
  fileprivate func softmax(where kept: Symbol?) -> Symbol {
    let last = rank - 1
    if shape.count == 0 { return self }
    let seen = kept.map { Symbol.select($0, self, builder.constant(-.infinity)) } ?? self
    let top = seen.reduced(.largest, over: [last], keepsAxes: true).stopped
    // Without anything to see there is nothing to start from.
    let start = Symbol.select(top.compared(.equal, -.infinity), builder.constant(0), top)
    let raised = Operator.exp(self - start)
    let shares = kept.map { Symbol.keep($0, raised) } ?? raised
    let sum = shares.summed(over: [last], keepsAxes: true)
    return shares / Symbol.select(sum.compared(.equal, 0), builder.constant(1), sum)
  }
}
