import Tensors

extension Tensor {
  /// `3 columns` or `2 rows` where all of a matrix are equal, and not 0: units that start so stay so.
  package var equalLines: String? {
    guard shape.rank == 2, count > 0, self[flat: 0] != 0 || (0..<count).contains(where: { self[flat: $0] != 0 }) else {
      return nil
    }
    let (rows, columns) = (shape[0], shape[1])
    if columns > 1, rows > 1 || columns > 2,
      (0..<count).allSatisfy({ self[flat: $0] == self[flat: $0 / columns * columns] })
    {
      return "\(columns) columns"
    }
    if rows > 1, columns > 1, (0..<count).allSatisfy({ self[flat: $0] == self[flat: $0 % columns] }) {
      return "\(rows) rows"
    }
    return nil
  }
}
