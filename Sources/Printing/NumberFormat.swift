import Tensors

/// How the numbers of one group are written: rounded to common decimals, with exponents, or in full.
struct NumberFormat: Equatable {
  enum Style: Equatable {
    case decimals(Int)
    case exponential
    case shortest
  }

  var style: Style
  /// Significant digits of the largest entry.
  var digits: Int
  var type: ElementType
  /// Whether whole numbers are written whole however long; where columns don't fit, large ones have exponents.
  var hasLongWholes = true

  /// From here on a number has an exponent, unless it is whole.
  static let large = 1e7
  /// Up to here all whole numbers are exact, and written whole.
  static let longest = 0x1p53
  /// A group without any number from here on has exponents.
  static let small = 1e-3
  /// A single number below this that would lose its digits has an exponent.
  static let tiny = 1e-4

  /// Digits of a number with an exponent, and of one that keeps its own decimals.
  var fewerDigits: Int { digits <= 5 ? min(3, digits) : digits - 2 }

  /// The format of a number by itself.
  static func alone(_ value: Double, digits: Int?, type: ElementType) -> Numeral {
    guard let digits = digits.map(clamped) else {
      return NumberFormat(style: .shortest, digits: 17, type: type).numeral(value)
    }
    if isWhole(value) { return whole(value) }
    if value.magnitude < small || value.magnitude >= large {
      return exponential(value, digits: digits, type: type)
    }
    let numeral = Numeral.rounded(value, decimals: decimals(for: value.magnitude, digits: digits))
    return numeral.isExact(for: value, type: type) ? numeral.shortened : numeral
  }

  /// The decimals that show so many digits of the largest entry, one at least.
  static func decimals(for largest: Double, digits: Int) -> Int {
    max(1, Numeral.rounded(largest, significant: digits).decimals)
  }

  static func clamped(_ digits: Int) -> Int { min(max(digits, 1), 17) }

  /// The text of a finite number; only zero is written 0.
  func numeral(_ value: Double) -> Numeral {
    if NumberFormat.isWhole(value, upTo: hasLongWholes ? NumberFormat.longest : NumberFormat.large),
      style != .exponential || value == 0
    {
      return NumberFormat.whole(value)
    }
    switch style {
    case .shortest:
      var numeral = Numeral.shortest(value, type: type)
      numeral.isExponential = value.magnitude < NumberFormat.tiny || value.magnitude >= NumberFormat.large
      return numeral
    case .exponential:
      return NumberFormat.exponential(value, digits: fewerDigits, type: type)
    case .decimals(let decimals):
      if value.magnitude >= NumberFormat.large {
        return NumberFormat.exponential(value, digits: fewerDigits, type: type)
      }
      let numeral = Numeral.rounded(value, decimals: decimals)
      if numeral.isExact(for: value, type: type) { return numeral.shortened }
      if keepsEnough(numeral) { return numeral }
      if value.magnitude < NumberFormat.tiny {
        return NumberFormat.exponential(value, digits: fewerDigits, type: type)
      }
      let own = Numeral.rounded(value, significant: fewerDigits)
      return own.isExact(for: value, type: type) ? own.shortened : own
    }
  }

  /// Whether a value keeps two digits, or all it has, at these decimals.
  func holds(_ value: Double, decimals: Int) -> Bool {
    if value == value.rounded() { return true }
    let numeral = Numeral.rounded(value, decimals: decimals)
    return keepsEnough(numeral) || numeral.isExact(for: value, type: type)
  }

  /// Whether a value is written as a whole number.
  static func isWhole(_ value: Double, upTo limit: Double = longest) -> Bool {
    value == value.rounded() && value.magnitude <= limit && (limit == longest || value.magnitude < limit)
  }

  private func keepsEnough(_ numeral: Numeral) -> Bool { numeral.digits >= (digits > 1 ? 10 : 1) }

  private static func whole(_ value: Double) -> Numeral {
    Numeral(isNegative: value.sign == .minus, digits: UInt64(value.magnitude), decimals: 0)
  }

  private static func exponential(_ value: Double, digits: Int, type: ElementType) -> Numeral {
    var numeral = Numeral.rounded(value, significant: digits)
    if numeral.isExact(for: value, type: type) { numeral = Numeral.shortest(value, type: type) }
    numeral.isExponential = true
    return numeral
  }
}
