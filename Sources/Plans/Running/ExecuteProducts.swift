import CKernels
import Graphs
import Tensors

/// Matrix products: the kernel for the size, and the exact path where a strong zero meets NaN or infinity.
extension Execution {
  func multiply(_ step: Plan.Step) {
    let (m, n) = (step.shape[step.shape.rank - 2], step.shape[step.shape.rank - 1])
    let batch = Shape(Array(step.shape.extents.dropLast(2)))
    if !multiplyTogether(step, batch) {
      let loop = BatchOffsets([step.operands[0], step.operands[1]], over: batch)
      for index in 0..<batch.count {
        if gk_is_interrupted() != 0 { return }
        let offsets = loop[index]
        _ = product(step, offsets[0], offsets[1], index * m * n).run()
      }
    }
    if step.operands.count == 4, !isFinite(step) { multiplyExactly(step, batch) }
  }

  /// In one call, where matrices of each operand lie equally far apart and none is large; whether that is so.
  private func multiplyTogether(_ step: Plan.Step, _ batch: Shape) -> Bool {
    func distance(_ operand: Plan.Operand) -> Int? {
      let own = operand.shape.extents.dropLast(2)
      if own.allSatisfy({ $0 == 1 }) { return 0 }
      return Array(own) == batch.extents
        ? operand.shape[operand.shape.rank - 2] * operand.shape[operand.shape.rank - 1] : nil
    }
    guard let left = distance(step.operands[0]), let right = distance(step.operands[1]) else { return false }
    switch product(step, 0, 0, 0) {
    case .product32(let p) where !p.isLarge:
      unsafe gk_matmul_batch_f32(
        p.a.floats, left, p.aRow, p.aColumn, p.b.floats, right, p.bRow, p.bColumn, p.y.floats, batch.count, p.m, p.k,
        p.n)
    case .product64(let p) where !p.isLarge:
      unsafe gk_matmul_batch_f64(
        p.a.doubles, left, p.aRow, p.aColumn, p.b.doubles, right, p.bRow, p.bColumn, p.y.doubles, batch.count, p.m, p.k,
        p.n)
    default: return false
    }
    return true
  }

  func isFinite(_ step: Plan.Step) -> Bool {
    let y = unsafe buffers[step.target].bytes
    return step.type == .float32
      ? unsafe gk_all_finite_f32(y.floats, step.shape.count) != 0
      : unsafe gk_all_finite_f64(y.doubles, step.shape.count) != 0
  }

  /// Each sum again, without the terms in which either factor is a strong zero.
  private func multiplyExactly(_ step: Plan.Step, _ batch: Shape) {
    let (a, b, p, q) = (
      Factor(self, step.operands[0]), Factor(self, step.operands[1]), Factor(self, step.operands[2]),
      Factor(self, step.operands[3])
    )
    let (m, n) = (step.shape[step.shape.rank - 2], step.shape[step.shape.rank - 1])
    let k = MatrixView(step.operands[0]).columns
    let loop = BatchOffsets(step.operands, over: batch)
    var sums = [Double](repeating: 0, count: step.shape.count)
    for index in 0..<batch.count {
      let offsets = loop[index]
      for i in 0..<m {
        if gk_is_interrupted() != 0 { return }
        for j in 0..<n {
          var sum = 0.0
          for l in 0..<k {
            guard p[p.offset(i, l) + offsets[2]] != 0, q[q.offset(l, j) + offsets[3]] != 0 else { continue }
            sum += a[a.offset(i, l) + offsets[0]] * b[b.offset(l, j) + offsets[1]]
          }
          sums[(index * m + i) * n + j] = sum
        }
      }
    }
    store(sums, in: step)
  }
}

/// The last two axes of an operand, as a product reads them.
struct MatrixView {
  let rows, columns, rowStride, columnStride: Int

  init(_ operand: Plan.Operand) {
    let (first, second) = (operand.shape[operand.shape.rank - 2], operand.shape[operand.shape.rank - 1])
    (rows, columns) = operand.isTransposed ? (second, first) : (first, second)
    (rowStride, columnStride) = operand.isTransposed ? (1, second) : (second, 1)
  }
}

/// Where each matrix of a batch starts, for operands whose batches broadcast.
private struct BatchOffsets {
  private let extents: [Int]
  private let strides: [[Int]]

  init(_ operands: [Plan.Operand], over batch: Shape) {
    extents = batch.extents
    strides = operands.map { operand in
      let rank = operand.shape.rank
      let own = operand.shape.strides
      return batch.extents.indices.map { axis in
        let mine = axis - (batch.rank - (rank - 2))
        return mine < 0 || operand.shape[mine] == 1 ? 0 : own[mine]
      }
    }
  }

  subscript(index: Int) -> [Int] {
    var rest = index
    var offsets = strides.map { _ in 0 }
    for axis in extents.indices.reversed() {
      let (quotient, position) = rest.quotientAndRemainder(dividingBy: extents[axis])
      rest = quotient
      for operand in offsets.indices { offsets[operand] += position * strides[operand][axis] }
    }
    return offsets
  }
}

/// An operand of the exact path, read by flat offset; a mask of one entry stands for all.
private struct Factor {
  private let tensor: Tensor
  private let matrix: MatrixView?

  init(_ execution: Execution, _ operand: Plan.Operand) {
    tensor = execution.tensor(operand)
    matrix = operand.shape.rank < 2 ? nil : MatrixView(operand)
  }

  func offset(_ row: Int, _ column: Int) -> Int {
    guard let matrix else { return 0 }
    return row * matrix.rowStride + column * matrix.columnStride
  }

  subscript(offset: Int) -> Double { tensor[flat: tensor.count == 1 ? 0 : offset] }
}

extension Execution {
  func multiplyMasked(_ step: Plan.Step, _ product: MaskedProduct) {
    let x = unsafe pointer(step, 0)
    let z = unsafe pointer(step, 1)
    let y = unsafe buffers[step.target].bytes
    let batch = step.operands[0].shape[1]
    let isSingle = step.type == .float32
    if product.role == .weight, !product.isCompact {
      unsafe y.initializeMemory(as: UInt8.self, repeating: 0, count: step.shape.count * step.type.stride)
    }
    unsafe product.lists.withEntries { entries in
      switch (product.role, isSingle) {
      case (.weight, true): unsafe gk_masked_gradient_f32(entries, x.floats, z.floats, batch, y.floats)
      case (.weight, false): unsafe gk_masked_gradient_f64(entries, x.doubles, z.doubles, batch, y.doubles)
      case (_, true): unsafe gk_masked_product_f32(entries, z.floats, x.floats, batch, y.floats)
      case (_, false): unsafe gk_masked_product_f64(entries, z.doubles, x.doubles, batch, y.doubles)
      }
    }
  }
}
