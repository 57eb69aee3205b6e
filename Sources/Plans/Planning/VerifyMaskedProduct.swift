import Graphs
import Tensors

extension MaskedProduct {
  /// The shapes around the mask's, and entries that lie inside.
  public func check(_ operands: [Shape], _ y: Shape) throws(Flaw) {
    let (rows, columns) = (mask.shape[0], mask.shape[1])
    let matrix = isCompact ? Shape([mask.keptCount]) : mask.shape
    guard operands.count == 2, operands[0].rank == 2 else { throw Flaw("wants two matrices") }
    let (x, z, batch) = (operands[0], operands[1], operands[0][1])
    let fits =
      switch role {
      case .forward: x[0] == rows && z == matrix && y == Shape([columns, batch])
      case .input: x[0] == columns && z == matrix && y == Shape([rows, batch])
      case .weight: x[0] == rows && z == Shape([columns, batch]) && y == matrix
      }
    guard fits else { throw Flaw("wants matrices that fit its mask of \(mask.shape)") }
    let isInput = role == .input
    guard lists.fit(inputs: isInput ? columns : rows, outputs: isInput ? rows : columns, places: matrix.count) else {
      throw Flaw("wants entries that lie inside its mask")
    }
  }
}

extension SparseMask.Lists {
  /// Whether all entries lie inside a matrix with as many inputs, outputs and places for weights.
  func fit(inputs: Int, outputs: Int, places: Int) -> Bool {
    guard self.outputs == outputs, starts[0] == 0, Int(starts[outputs]) == self.inputs.count,
      offsets.count == self.inputs.count
    else { return false }
    var isAscending = true
    for output in 0..<outputs { isAscending = isAscending && starts[output] <= starts[output + 1] }
    return isAscending && Self.largest(self.inputs) < inputs && Self.largest(offsets) < places
  }

  private static func largest(_ numbers: [UInt32]) -> Int {
    numbers.isEmpty ? -1 : Int(numbers.reduce(0) { max($0, $1) })
  }
}
