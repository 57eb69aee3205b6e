import Refusals
import Tensors

/// Eigenvalues of any square matrix, as records (re=, im=); leading axes are batches.
extension Operator {
  public static let eig: Operator = Operator(
    "eig(x)",
    "(values, vectors) of a square matrix, each a record (re=, im=): by re, then im, vectors of length 1 with the largest entry real; where re is nearly equal, rounding may change the order.",
    derivative: "by left and right vectors; NaN where values are equal",
    trials: [
      "eig(s + diag([0, 5, 9]))[0][0]", "eig(s + diag([0, 5, 9]))[1][0]",
      "eig(s + 9 * [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])[0][1]",
      "eig(s + 9 * [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])[1][0]", "eig(s + 9 * [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])[1][1]",
    ],
    examples: ["eig([[2, 0], [0, 1]])[0][0]": "2\n  1  2"]
  ) { arguments throws(Refusal) in
    let (values, vectors, places) = try square(arguments, "x").eigensystem
    return .structure(.tuple([.complex(values), .complex(vectors.normalised(by: places))]))
  }

  public static let eigvals: Operator = Operator(
    "eigvals(x)", "The eigenvalues of a square matrix as a record (re=, im=), by re, then im; as those of eig.",
    derivative: "by left and right vectors; NaN where values are equal",
    trials: ["eigvals(s + diag([0, 5, 9]))[0]", "eigvals(s + 9 * [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])[1]"],
    examples: ["eigvals([[0, -1], [1, 0]])[1]": "2\n  -1  1"]
  ) { arguments throws(Refusal) in .structure(.complex(try square(arguments, "x").eigensystem.values)) }

  static let eigen: [Operator] = [eig, eigvals]
}

extension Symbol {
  /// Values, vectors in columns, and the row of each column that has its largest entry.
  fileprivate var eigensystem: (values: ComplexSymbol, vectors: ComplexSymbol, places: Symbol) {
    let n = shape[rank - 1]
    let packed = packed(.eig, count: 3 * n + 2 * n * n)
    return (packed.eigenvalues(n), packed.eigenvectors(n), packed.unpacked(2 * n + 2 * n * n, [n]).stopped)
  }

  fileprivate func eigenvalues(_ n: Int) -> ComplexSymbol { ComplexSymbol(unpacked(0, [n]), unpacked(n, [n])) }

  fileprivate func eigenvectors(_ n: Int) -> ComplexSymbol {
    ComplexSymbol(unpacked(2 * n, [n, n]), unpacked(2 * n + n * n, [n, n]))
  }
}

extension ComplexSymbol {
  /// The same columns, but with the derivatives of columns that are kept at length 1 and at a real entry in these rows.
  fileprivate func normalised(by places: Symbol) -> ComplexSymbol {
    let n = re.shape[re.rank - 1]
    if n == 0 { return self }
    let row = re.rank - 2
    let rows = re.builder.iota(n, type: .float64).reshaped(Shape([n, 1]))
    let isPlace = Symbol.compare(.equal, rows, places.converted(to: .float64).expanded(at: row))
    let entry = mapped { Symbol.keep(isPlace, $0).summed(over: [row], keepsAxes: true) }
    let size = Operator.sqrt(entry.squaredSize * squaredSize.summed(over: [row], keepsAxes: true))
    let formula = self * (entry.conjugate / size)
    return ComplexSymbol(.restated(re, as: formula.re), .restated(im, as: formula.im))
  }
}

extension Primitive {
  /// Packed: real and imaginary parts of the values, of the vectors, and the places of their largest entries.
  fileprivate static let eig: Primitive = Primitive(
    "eig",
    .host(
      { x, _ throws(Refusal) in
        var result: [Double] = []
        for matrix in x[0].matrices {
          guard matrix.isFinite else {
            throw Refusal("eigenvalues are of a matrix of finite numbers; this one has NaN or infinity")
          }
          result += try matrix.eigensystem()
        }
        return result
      }, .none), told: .whole, zero: .lost
  ) { g, y, x, _ in
    let n = x[0].shape[x[0].rank - 1]
    if n == 0 { return [g.builder.zeros(x[0].shape, type: g.type)] }
    let (values, vectors) = (y.eigenvalues(n), y.eigenvectors(n))
    let (gValues, gVectors) = (g.eigenvalues(n), g.eigenvectors(n))
    let last = x[0].rank - 1
    // How far the values of each pair lie apart: column less row.
    let gaps = values.mapped { $0.expanded(at: last - 1) - $0.expanded(at: last) }
    let distance = gaps.squaredSize
    let reach = values.squaredSize.reduced(.largest, over: [last - 1], keepsAxes: true).expanded(at: last)
    let unit = (g.type == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne) * Double(n)
    let others = g.builder.diagonalMask(rows: n, columns: n, k: 0, .notEqual)
    let isEqual = Symbol.logic(.and, others, .compare(.lessEqual, distance, reach * (unit * unit)))
    let hasEqual = isEqual.reduced(.any, over: [last - 1, last], keepsAxes: true)
    let apart = Symbol.select(.map(not: isEqual), distance, g.builder.constant(1)).substituting(
      1, where: .map(not: others))
    let turning = vectors.adjoint.times(gVectors) * gaps / apart
    let middle = ComplexSymbol(
      gValues.re.onDiagonal + .keep(others, turning.re), gValues.im.onDiagonal + .keep(others, turning.im))
    // vectors.adjoint · inner = middle, as real blocks.
    let back = vectors.adjoint
    func beside(_ a: Symbol, _ b: Symbol) -> Symbol { .concatenated([a, b], axis: last) }
    func above(_ a: Symbol, _ b: Symbol) -> Symbol { .concatenated([a, b], axis: last - 1) }
    let blocks = above(beside(back.re, -back.im), beside(back.im, back.re))
    let isSingular = Symbol.logic(
      .or, hasEqual, blocks.signOfDeterminant.compared(.equal, 0).reshaped(hasEqual.shape))
    let one = g.builder.diagonalMask(rows: 2 * n, columns: 2 * n, k: 0, .equal).converted(to: g.type)
    let inner = Symbol.solution(.select(isSingular, one, blocks), above(middle.re, middle.im))
    let parts = ComplexSymbol(
      inner.sliced(axis: last - 1, from: 0, count: n), inner.sliced(axis: last - 1, from: n, count: n))
    return [(parts.times(back).re * isSingular.asNaN).mixed]
  }
}
