import Tensors

/// How NumPy writes the numbers of one array: shortest digits cut at eight decimals, all of one width.
struct NumPyNumbers {
  private let type: ElementType
  private var isScientific = false
  private var left = 0
  private var right = 0
  private var decimals = 0
  private var exponentDigits = 0

  private static let precision = 8

  init(_ values: [Double], type: ElementType) {
    self.type = type
    guard type != .bool else { return }
    let finite = values.filter(\.isFinite)
    isScientific = NumPyNumbers.needsExponents(finite.map(\.magnitude).filter { $0 != 0 }, type: type)
    for index in Stoppable(finite.indices) {
      let value = finite[index]
      let parts = parts(value)
      left = max(left, parts.whole.utf8.count)
      decimals = max(decimals, parts.fraction.utf8.count)
      exponentDigits = max(exponentDigits, parts.exponent.utf8.count - 1)
    }
    right = isScientific && !finite.isEmpty ? exponentDigits + 2 + decimals : decimals
    if finite.count < values.count {
      left = max(left, 3 - right - 1)
      if values.contains(-.infinity) { left = max(left, 4 - right - 1) }
    }
  }

  func text(_ value: Double) -> String {
    if type == .bool { return value == 0 ? "False" : " True" }
    guard value.isFinite else {
      let word = value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
      return blanks(left + right + 1 - word.utf8.count) + word
    }
    let parts = isScientific ? scientific(Numeral.rounded(value, significant: decimals + 1)) : parts(value)
    let start = blanks(left - parts.whole.utf8.count) + parts.whole + "." + parts.fraction
    let missing = decimals - parts.fraction.utf8.count
    guard isScientific else { return start + blanks(missing) }
    let sign = parts.exponent.prefix(1)
    let exponent = parts.exponent.dropFirst()
    return start + zeros(missing) + "e" + sign + zeros(exponentDigits - exponent.utf8.count) + exponent
  }

  /// `str` of a NumPy number.
  static func scalar(_ tensor: Tensor) -> String {
    let value = tensor[flat: 0]
    if tensor.type == .bool { return value == 0 ? "False" : "True" }
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var numeral = Numeral.shortest(value, type: tensor.type)
    if value == 0 || value.magnitude >= 1e-4 && value.magnitude < (tensor.type == .float32 ? 1e6 : 1e16) {
      return numeral.decimals > 0 ? numeral.text : numeral.text + ".0"
    }
    numeral.isExponential = true
    let pieces = numeral.text.split(separator: "e")
    return pieces[0] + "e" + padded(exponent: numeral.magnitude)
  }

  /// The digits before and after the point, and the exponent with its sign (empty for a number without one).
  private func parts(_ value: Double) -> (whole: String, fraction: String, exponent: String) {
    var numeral = Numeral.shortest(value, type: type)
    let places = NumPyNumbers.precision + (isScientific ? -numeral.magnitude : 0)
    if numeral.decimals > places {
      numeral = Numeral.rounded(value, decimals: places)
      numeral.isExponential = true
      numeral = numeral.shortened
      numeral.isExponential = false
    }
    if isScientific { return scientific(numeral) }
    let text = numeral.text.split(separator: ".")
    return (String(text[0]), text.count > 1 ? String(text[1]) : "", "")
  }

  private func scientific(_ numeral: Numeral) -> (whole: String, fraction: String, exponent: String) {
    var mantissa = numeral
    mantissa.decimals = numeral.count - 1
    let text = mantissa.text.split(separator: ".")
    return (String(text[0]), text.count > 1 ? String(text[1]) : "", NumPyNumbers.padded(exponent: numeral.magnitude))
  }

  /// Whether magnitudes are too far apart or too far from 1; the comparisons are made in the array's type.
  private static func needsExponents(_ magnitudes: [Double], type: ElementType) -> Bool {
    guard let least = magnitudes.min(), let most = magnitudes.max() else { return false }
    if type == .float32 { return most >= 1e6 || Float(least) < 0.0001 || Float(most) / Float(least) > 1000 }
    return most >= 1e8 || least < 0.0001 || most / least > 1000
  }

  private static func padded(exponent: Int) -> String {
    (exponent < 0 ? "-" : "+") + (exponent.magnitude < 10 ? "0" : "") + String(exponent.magnitude)
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }
  private func zeros(_ count: Int) -> String { String(repeating: "0", count: max(count, 0)) }
}
