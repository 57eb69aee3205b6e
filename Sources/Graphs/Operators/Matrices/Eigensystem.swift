import Refusals

extension Matrix {
  /// Eigenvalues by their real parts, then by the imaginary ones, with vectors of length 1 whose largest entry, the first
  /// of equals, is real and positive; and the places of those.
  func eigensystem() throws(Refusal) -> [Double] {
    let (re, im, vectors) = try LAPACK.eig(self)
    let order = (0..<rows).sorted { (re[$0], im[$0], $0) < (re[$1], im[$1], $1) }
    var (real, imaginary) = (Matrix(zeros: rows, rows), Matrix(zeros: rows, rows))
    var places: [Double] = []
    for (j, source) in order.enumerated() {
      let column = (0..<rows).map { (re: vectors.re[$0, source], im: vectors.im[$0, source]) }
      let squares = column.map { $0.re * $0.re + $0.im * $0.im }
      let largest = squares.max() ?? 0
      // Rounding alone doesn't make one larger than another.
      let place = squares.firstIndex { $0 >= largest * (1 - 1e-9) } ?? 0
      let (turn, length) = (column[place], squares.reduce(0, +))
      let scale = 1 / (squares[place] * length).squareRoot()
      for i in 0..<rows {
        real[i, j] = (column[i].re * turn.re + column[i].im * turn.im) * scale
        imaginary[i, j] = (column[i].im * turn.re - column[i].re * turn.im) * scale
      }
      places.append(Double(place))
    }
    return order.map { re[$0] } + order.map { im[$0] } + real.values + imaginary.values + places
  }
}
