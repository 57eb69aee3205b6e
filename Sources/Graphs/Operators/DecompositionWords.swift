import Tensors

/// The words that the decompositions' rules are written with.
extension Symbol {
  func times(_ other: Symbol) -> Symbol { .matrixProduct(self, other) }

  /// The part of each matrix where column - row compares so with k.
  func part(k: Int, _ comparison: Primitive) -> Symbol {
    .keep(builder.diagonalMask(rows: shape[rank - 2], columns: shape[rank - 1], k: k, comparison), self)
  }

  /// Vectors on the last axis as diagonal matrices.
  var onDiagonal: Symbol {
    let n = shape[rank - 1]
    return .keep(builder.diagonalMask(rows: n, columns: n, k: 0, .equal), expanded(at: rank))
  }

  /// The symmetric part of each matrix.
  var symmetric: Symbol { (self + matrixTransposed) * 0.5 }

  /// A part of what a host kernel packed along the last axis.
  func unpacked(_ start: Int, _ extents: [Int]) -> Symbol {
    let count = extents.reduce(1, *)
    return sliced(axis: rank - 1, from: start, count: count)
      .reshaped(Shape(Array(shape.extents.dropLast()) + extents))
  }

  /// Several results in one node, packed along a last axis.
  func packed(_ primitive: Primitive, count: Int) -> Symbol {
    let batch = Array(shape.extents.dropLast(2))
    return builder.add(primitive, [self], shape: Shape(batch + [count]), type: type)
  }

  /// x with a · x = b, both of rank 2 or more with batches that broadcast.
  static func solution(_ a: Symbol, _ b: Symbol, by primitive: Primitive = .solution) -> Symbol {
    let (aBatch, bBatch) = (Array(a.shape.extents.dropLast(2)), Array(b.shape.extents.dropLast(2)))
    guard let batch = Shape(aBatch).broadcast(with: Shape(bBatch)) else { preconditionFailure("the batches fit") }
    let type = Swift.max(a.type, b.type)
    func stretched(_ x: Symbol) -> Symbol {
      x.converted(to: type).broadcast(to: Shape(batch.extents + Array(x.shape.extents.suffix(2))))
    }
    let right = stretched(b)
    return a.builder.add(primitive, [stretched(a), right], shape: right.shape, type: type)
  }

  /// The determinant that is left without row i and column j, signed like a chessboard, for every i and j.
  var signedMinors: Symbol {
    let (n, batch) = (shape[rank - 1], shape.extents.dropLast(2).reduce(1, *))
    var places: [Int] = []
    var signs: [Double] = []
    for i in 0..<n {
      for j in 0..<n {
        signs.append((i + j) % 2 == 0 ? 1 : -1)
        for row in 0..<n where row != i { for column in 0..<n where column != j { places.append(row * n + column) } }
      }
    }
    let flat = reshaped(Shape([batch, n * n])).taken(builder.indices(places), axis: 1)
    let minors = flat.reshaped(Shape([batch, n * n, n - 1, n - 1]))
    let determinants = builder.add(.determinant, [minors], shape: Shape([batch, n * n]), type: type)
    let chessboard = builder.constant(Tensor(signs, shape: Shape([n * n]), type: type))
    return (determinants * chessboard).reshaped(shape)
  }
}
