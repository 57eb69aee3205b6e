import CKernels
import Refusals

/// A rectangle of a row-major matrix in memory, whose owner outlives it.
///
/// Whatever is done to one is done to halves, down to a size where loops are as quick as a product's kernel: so nearly
/// all work of an elimination is products, which see interrupts and use all cores.
@safe struct Block {
  let start: UnsafeMutablePointer<Double>
  /// From one row to the next.
  let stride: Int
  let rows: Int
  let columns: Int

  /// Below this extent halves are no quicker than loops.
  static let small = 16

  /// The first row of some, and the first column.
  func part(_ rows: Range<Int>, _ columns: Range<Int>) -> Block {
    unsafe Block(
      start: start + rows.lowerBound * stride + columns.lowerBound, stride: stride, rows: rows.count,
      columns: columns.count)
  }

  /// Takes a · b away; of b transposed where that is said.
  func subtract(_ a: Block, times b: Block, transposed: Bool = false) throws(Refusal) {
    if rows == 0 || columns == 0 || a.columns == 0 { return }
    let (row, column) = transposed ? (1, b.stride) : (b.stride, 1)
    if rows * columns * a.columns <= Self.small * Self.small * Self.small {
      for i in 0..<rows {
        for k in 0..<a.columns {
          let factor = unsafe a.start[i * a.stride + k]
          if factor == 0 { continue }
          for j in 0..<columns { unsafe start[i * stride + j] -= factor * b.start[k * row + j * column] }
        }
      }
      return
    }
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: rows * columns) { product in
      guard let y = product.baseAddress else { return }
      if unsafe gk_blas_matmul_f64(a.start, a.stride, 1, b.start, row, column, y, rows, a.columns, columns) == 0 {
        unsafe gk_matmul_f64(a.start, a.stride, 1, b.start, row, column, y, rows, a.columns, columns)
      }
      for i in 0..<rows { for j in 0..<columns { unsafe start[i * stride + j] -= y[i * columns + j] } }
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
  }

  /// Becomes x with triangle · x = this; only one half of the triangle is read, and no diagonal of ones.
  func solve(_ triangle: Block, isLower: Bool, isUnit: Bool) throws(Refusal) {
    let n = rows
    if n <= Self.small {
      for step in 0..<n {
        let i = isLower ? step : n - 1 - step
        for k in isLower ? 0..<i : i + 1..<n {
          let factor = unsafe triangle.start[i * triangle.stride + k]
          if factor == 0 { continue }
          for j in 0..<columns { unsafe start[i * stride + j] -= factor * start[k * stride + j] }
        }
        if isUnit { continue }
        let pivot = unsafe triangle.start[i * triangle.stride + i]
        for j in 0..<columns { unsafe start[i * stride + j] /= pivot }
      }
      return
    }
    let (upper, lower) = (0..<n / 2, n / 2..<n)
    let (first, second) = isLower ? (upper, lower) : (lower, upper)
    let (done, rest) = (part(first, 0..<columns), part(second, 0..<columns))
    try done.solve(triangle.part(first, first), isLower: isLower, isUnit: isUnit)
    try rest.subtract(triangle.part(second, first), times: done)
    try rest.solve(triangle.part(second, second), isLower: isLower, isUnit: isUnit)
  }

  /// Becomes x with x · lowerᵀ = this.
  func divide(byTransposed lower: Block) throws(Refusal) {
    let n = columns
    if n <= Self.small {
      for i in 0..<rows {
        for j in 0..<n {
          var value = unsafe start[i * stride + j]
          for k in 0..<j { value -= unsafe start[i * stride + k] * lower.start[j * lower.stride + k] }
          unsafe start[i * stride + j] = value / lower.start[j * lower.stride + j]
        }
      }
      return
    }
    let (left, right) = (0..<n / 2, n / 2..<n)
    let (done, rest) = (part(0..<rows, left), part(0..<rows, right))
    try done.divide(byTransposed: lower.part(left, left))
    try rest.subtract(done, times: lower.part(right, left), transposed: true)
    try rest.divide(byTransposed: lower.part(right, right))
  }

  /// Becomes the lower triangular root of the symmetric matrix whose lower half it is; what stands above is left.
  ///
  /// - Returns: false where that isn't positive definite.
  func takeRoot() throws(Refusal) -> Bool {
    if rows <= Self.small {
      for j in 0..<rows {
        var square = unsafe start[j * stride + j]
        for k in 0..<j { square -= unsafe start[j * stride + k] * start[j * stride + k] }
        guard square > 0 else { return false }
        unsafe start[j * stride + j] = square.squareRoot()
        for i in j + 1..<max(rows, j + 1) {
          var sum = unsafe start[i * stride + j]
          for k in 0..<j { sum -= unsafe start[i * stride + k] * start[j * stride + k] }
          unsafe start[i * stride + j] = sum / start[j * stride + j]
        }
      }
      return true
    }
    let (first, second) = (0..<rows / 2, rows / 2..<rows)
    let (corner, below, rest) = (part(first, first), part(second, first), part(second, second))
    guard try corner.takeRoot() else { return false }
    try below.divide(byTransposed: corner)
    try rest.subtract(below, times: below, transposed: true)
    return try rest.takeRoot()
  }
}

extension Matrix {
  /// The whole of it as a block, for as long as the call takes.
  mutating func withBlock<Result>(_ body: (Block) throws(Refusal) -> Result) throws(Refusal) -> Result {
    let (rows, columns) = (rows, columns)
    return try unsafe values.withUnsafeMutableBufferPointer { (buffer) throws(Refusal) -> Result in
      guard let start = buffer.baseAddress else { preconditionFailure("a block has elements") }
      return unsafe try body(Block(start: start, stride: columns, rows: rows, columns: columns))
    }
  }
}
