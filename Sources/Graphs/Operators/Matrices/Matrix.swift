import Refusals
import Tensors

/// One row-major matrix of a batch, in the hands of a host kernel.
struct Matrix {
  let rows: Int
  let columns: Int
  var values: [Double]
  /// They come from float32 values, and what is made of them goes back to such.
  var isSingle = false

  init(_ values: [Double], rows: Int, columns: Int) {
    (self.values, self.rows, self.columns) = (values, rows, columns)
  }

  init(zeros rows: Int, _ columns: Int) {
    self.init([Double](repeating: 0, count: rows * columns), rows: rows, columns: columns)
  }

  init(identity n: Int) {
    self.init(zeros: n, n)
    for i in 0..<n { self[i, i] = 1 }
  }

  subscript(i: Int, j: Int) -> Double {
    get { values[i * columns + j] }
    set { values[i * columns + j] = newValue }
  }

  var isFinite: Bool { values.allSatisfy(\.isFinite) }

  var transposed: Matrix {
    var result = Matrix(zeros: columns, rows)
    for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
    return result
  }

  mutating func swapRows(_ a: Int, _ b: Int) {
    if a != b { for j in 0..<columns { values.swapAt(a * columns + j, b * columns + j) } }
  }

  mutating func swapColumns(_ a: Int, _ b: Int) {
    if a != b { for i in 0..<rows { values.swapAt(i * columns + a, i * columns + b) } }
  }

  /// Takes a multiple of one row from another, in some columns.
  mutating func subtract(_ factor: Double, row source: Int, from target: Int, columns range: Range<Int>) {
    if factor == 0 { return }
    let (source, target) = (source * columns, target * columns)
    unsafe values.withUnsafeMutableBufferPointer { values in
      for j in range { unsafe values[target + j] -= factor * values[source + j] }
    }
  }
}

extension HostValue {
  /// The matrices on the last two axes, one after another.
  var matrices: [Matrix] {
    let (rows, columns) = (extents[extents.count - 2], extents[extents.count - 1])
    let count = extents.dropLast(2).reduce(1, *)
    return (0..<count).map { i in
      let start = i * rows * columns
      var matrix = Matrix(Array(values[start..<start + rows * columns]), rows: rows, columns: columns)
      matrix.isSingle = type == .float32
      return matrix
    }
  }

  /// What a function makes of each matrix, packed; NaN all over where a matrix isn't finite.
  func eachMatrix(
    count: Int, _ body: (Matrix) throws(Refusal) -> [Double]
  ) throws(Refusal) -> [Double] {
    var result: [Double] = []
    for matrix in matrices {
      result += matrix.isFinite ? try body(matrix) : [Double](repeating: .nan, count: count)
    }
    return result
  }
}
