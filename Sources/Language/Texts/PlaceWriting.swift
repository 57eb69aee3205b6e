import Tensors

extension [Int] {
  /// A place as it is typed: `[0, 2]`.
  var indexText: String { "[\(map(String.init).joined(separator: ", "))]" }
}

extension Shape {
  /// The place at a row-major offset, as it is typed.
  func index(_ offset: Int) -> String { place(of: offset).indexText }
}

extension Double {
  /// The greatest power of ten that is no greater; of finite numbers above 0.
  var decimalUnit: Double {
    var unit = 1.0
    while unit > self { unit /= 10 }
    while unit * 10 <= self { unit *= 10 }
    return unit
  }
}
