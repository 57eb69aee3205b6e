// number = digits [ "." [ digits ] ] [ exponent ] | "." digits [ exponent ]
// exponent = ( "e" | "E" ) [ "+" | "-" ] digits        digits = digit { [ "_" ] digit }

extension Lexer {
  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// What a number's digits come to, as far as 64 bits hold them.
  private struct Digits {
    var mantissa: UInt64 = 0
    var count = 0
    var hasUnderscore = false
  }

  mutating func number() -> Token {
    let start = position
    var end = position
    var digits = Digits()
    readDigits(&end, &digits)
    var exponent = 0
    if bytes[end] == UInt8(ascii: "."), isFraction(after: end) {
      end += 1
      let whole = digits.count
      readDigits(&end, &digits)
      exponent = whole - digits.count
    }
    if bytes[end] | 0x20 == UInt8(ascii: "e") {
      var after = end + 1
      let isNegative = bytes[after] == UInt8(ascii: "-")
      if isNegative || bytes[after] == UInt8(ascii: "+") { after += 1 }
      var power = Digits()
      readDigits(&after, &power)
      if power.count > 0 {
        end = after
        digits.hasUnderscore = digits.hasUnderscore || power.hasUnderscore
        // Beyond a thousand the fallback decides; the exact size of the exponent no longer matters here.
        let size = power.count > 4 ? 10_000 : Int(power.mantissa)
        exponent += isNegative ? -size : size
      }
    }
    if runsOn(end) { return malformed(from: start, end) }
    let value = value(digits, exponent, start..<end)
    guard value.isFinite else {
      return refuse(
        end - start, "the number is too large for float64", note: "the largest is about 1.8e308; inf is written inf")
    }
    return take(.number, end - start, value: value)
  }

  /// Up to 2⁵³ and 10²² both factors are exact, so one rounding gives the nearest number; else the library decides.
  private func value(_ digits: Digits, _ exponent: Int, _ range: Range<Int>) -> Double {
    if digits.count <= 18, digits.mantissa <= 1 << 53, -22...22 ~= exponent {
      let mantissa = Double(digits.mantissa)
      return exponent < 0 ? mantissa / Self.powersOfTen[-exponent] : mantissa * Self.powersOfTen[exponent]
    }
    var spelling = bytes[range]
    if digits.hasUnderscore { spelling.removeAll { $0 == UInt8(ascii: "_") } }
    return Double(String(decoding: spelling, as: UTF8.self)) ?? .infinity
  }

  /// Reads digits with single underscores between them.
  private func readDigits(_ end: inout Int, _ digits: inout Digits) {
    while true {
      let digit = bytes[end] &- UInt8(ascii: "0")
      if digit < 10 {
        if digits.count < 18 { digits.mantissa = digits.mantissa * 10 + UInt64(digit) }
        digits.count += 1
        end += 1
      } else if bytes[end] == UInt8(ascii: "_"), isDigit(bytes[end + 1]), digits.count > 0 {
        digits.hasUnderscore = true
        end += 1
      } else {
        return
      }
    }
  }

  /// The point at a position belongs to the number: not the one of `2.T` or `0...3`.
  private func isFraction(after point: Int) -> Bool {
    let next = bytes[point + 1]
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      return isDigit(bytes[point + 2]) || bytes[point + 2] == UInt8(ascii: "-") || bytes[point + 2] == UInt8(ascii: "+")
    }
    var ahead = self
    ahead.position = point + 1
    return next != UInt8(ascii: ".") && (isDigit(next) || !ahead.isAtName)
  }

  /// Letters, digits or another fraction follow where the number should have ended.
  private func runsOn(_ end: Int) -> Bool {
    if bytes[end] == UInt8(ascii: ".") { return isDigit(bytes[end + 1]) }
    guard bytes[end] >= UInt8(ascii: "A") else { return false }
    var ahead = self
    ahead.position = end
    return ahead.isAtName
  }

  private mutating func malformed(from start: Int, _ number: Int) -> Token {
    position = number
    while true {
      let before = position
      skipName()
      if bytes[position] == UInt8(ascii: "."), isDigit(bytes[position + 1]) { position += 1 }
      if position == before { break }
    }
    let spelling = text(start + base..<position + base)
    let factor = text(start + base..<number + base)
    let rest = text(number + base..<position + base)
    let length = position - start
    position = start
    let isProduct = !rest.contains(".") && !rest.hasPrefix("_") && rest.unicodeScalars.count <= 20
    let lowercase = spelling.lowercased()
    if lowercase.hasPrefix("0x") || lowercase.hasPrefix("0b") {
      return refuse(length, "numbers are written in decimal")
    }
    if rest == "j" || rest == "i" { return refuse(length, "there are no complex numbers", help: "\(factor) * \(rest)") }
    return refuse(
      length, "\(spelling.count <= 40 ? "'\(spelling)'" : "this") is not a number",
      help: isProduct ? "\(factor) * \(rest)" : nil)
  }
}
