/// A finite number in decimal digits: `digits` × 10^-`decimals`, written with a point or with an exponent.
struct Numeral: Equatable {
  var isNegative: Bool
  var digits: UInt64
  var decimals: Int
  var isExponential = false

  /// The number of decimal digits.
  var count: Int {
    var count = 1
    var rest = digits
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    return count
  }

  /// The power of ten of the first digit.
  var magnitude: Int { digits == 0 ? 0 : count - 1 - decimals }

  /// The columns up to and including the units, sign included.
  var leading: Int { (isNegative ? 1 : 0) + (digits == 0 ? 1 : max(1, count - decimals)) }

  /// The columns from the point on; none for a whole number.
  var trailing: Int { decimals > 0 ? decimals + 1 : 0 }

  var width: Int {
    guard isExponential else { return leading + trailing }
    let count = count
    let exponent = count - 1 - decimals
    let mantissa = (isNegative ? 1 : 0) + count + (count > 1 ? 1 : 0)
    return mantissa + 1 + (exponent < 0 ? 1 : 0) + Numeral.count(of: exponent)
  }

  /// Without the zeros at the end that say nothing, except those before the point of a number without exponent.
  var shortened: Numeral {
    var short = self
    if digits == 0 {
      short.decimals = 0
      return short
    }
    while short.digits % 10 == 0, isExponential || short.decimals > 0 {
      short.digits /= 10
      short.decimals -= 1
    }
    return short
  }

  func write(to text: inout [UInt8]) {
    if isNegative { text.append(UInt8(ascii: "-")) }
    if isExponential {
      let count = count
      writeDigits(pointAfter: count > 1 ? 1 : nil, of: count, to: &text)
      text.append(UInt8(ascii: "e"))
      text.append(contentsOf: String(count - 1 - decimals).utf8)
    } else if decimals <= 0 {
      writeDigits(pointAfter: nil, of: count, to: &text)
      if digits != 0 { text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -decimals)) }
    } else {
      let count = max(count, decimals + 1)
      writeDigits(pointAfter: count - decimals, of: count, to: &text)
    }
  }

  var text: String {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes `count` digits, with zeros in front where there are fewer, and a point after the first `point` of them.
  private func writeDigits(pointAfter point: Int?, of count: Int, to text: inout [UInt8]) {
    let start = text.count
    let length = count + (point == nil ? 0 : 1)
    text.append(contentsOf: repeatElement(UInt8(ascii: "."), count: length))
    var rest = digits
    for offset in stride(from: length - 1, through: 0, by: -1) where offset != point {
      text[start + offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  private static func count(of number: Int) -> Int { number.magnitude < 10 ? 1 : number.magnitude < 100 ? 2 : 3 }
}
