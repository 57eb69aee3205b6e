import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Numeral {
  /// The shortest digits that read back to the same value in its type; the value is finite.
  static func shortest(_ value: Double, type: ElementType) -> Numeral {
    let text = type == .float32 ? Float(value).description : value.description
    var numeral = Numeral(isNegative: value.sign == .minus, digits: 0, decimals: 0)
    var isPastPoint = false
    var exponent = 0
    var isExponentNegative = false
    var isPastMark = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = byte - UInt8(ascii: "0")
        if isPastMark {
          exponent = exponent * 10 + Int(digit)
        } else {
          numeral.digits = numeral.digits * 10 + UInt64(digit)
          if isPastPoint { numeral.decimals += 1 }
        }
      case UInt8(ascii: "."): isPastPoint = true
      case UInt8(ascii: "e"): isPastMark = true
      case UInt8(ascii: "-") where isPastMark: isExponentNegative = true
      default: break
      }
    }
    numeral.decimals -= isExponentNegative ? -exponent : exponent
    while numeral.digits % 10 == 0, numeral.digits != 0 {
      numeral.digits /= 10
      numeral.decimals -= 1
    }
    if numeral.digits == 0 { numeral.decimals = 0 }
    return numeral
  }

  /// The value rounded to so many places after the point (before it where negative), half to even.
  static func rounded(_ value: Double, decimals: Int) -> Numeral {
    Numeral(isNegative: value.sign == .minus, digits: scaled(value.magnitude, by: decimals), decimals: decimals)
  }

  /// The value rounded to so many significant digits.
  static func rounded(_ value: Double, significant count: Int) -> Numeral {
    let magnitude = value.magnitude
    if magnitude == 0 { return Numeral(isNegative: value.sign == .minus, digits: 0, decimals: 0) }
    var numeral = rounded(value, decimals: count - 1 - Int(log10(magnitude).rounded(.down)))
    let excess = numeral.count - count
    if excess != 0 { numeral = rounded(value, decimals: numeral.decimals - excess) }
    return numeral
  }

  /// Whether these digits read back to the value they were rounded from, in its type.
  func isExact(for value: Double, type: ElementType) -> Bool {
    guard abs(decimals) < Powers.exact.count, digits < 1 << 53 else {
      return Numeral.shortest(value, type: type).decimals <= decimals
    }
    let power = Powers.exact[abs(decimals)]
    let read = decimals < 0 ? Double(digits) * power : Double(digits) / power
    return type == .float32 ? Float(read) == Float(value.magnitude) : read == value.magnitude
  }

  /// magnitude × 10^power to the nearest whole number, which is below 10^18.
  private static func scaled(_ magnitude: Double, by power: Int) -> UInt64 {
    var scaled = magnitude
    var rest = abs(power)
    while rest > 0 {
      let step = min(rest, Powers.exact.count - 1)
      scaled = power > 0 ? scaled * Powers.exact[step] : scaled / Powers.exact[step]
      rest -= step
    }
    let whole = scaled.rounded(.down)
    let excess = scaled - whole - 0.5
    if abs(power) < Powers.exact.count, scaled < 0x1p52 {
      if excess != 0 { return UInt64(excess > 0 ? whole + 1 : whole) }
      // A tie, unless rounding made it look like one; what was lost is exact.
      let factor = Powers.exact[abs(power)]
      let lost =
        power >= 0 ? (-scaled).addingProduct(magnitude, factor) : magnitude.addingProduct(-scaled, factor)
      return UInt64(whole) + (lost > 0 || lost == 0 && UInt64(whole) % 2 == 1 ? 1 : 0)
    }
    let isCertain = abs(excess) > scaled * 0x1p-46 && scaled < 0x1p44
    if isCertain || scaled < 0.75 { return UInt64(excess > 0 ? whole + 1 : whole) }
    return printed(magnitude, places: Int(log10(magnitude).rounded(.down)) + power, power: power)
  }

  /// The same by way of the C library, which rounds exactly; for many digits and very large or small numbers.
  private static func printed(_ magnitude: Double, places: Int, power: Int) -> UInt64 {
    var characters = [CChar](repeating: 0, count: 64)
    let length = unsafe withVaList([Int32(max(places, 0)), magnitude]) {
      unsafe vsnprintf(&characters, characters.count, "%.*e", $0)
    }
    var digits: UInt64 = 0
    var exponent = 0
    var sign = 1
    var isPastMark = false
    for character in characters.prefix(Int(length)) {
      switch UInt8(bitPattern: character) {
      case UInt8(ascii: "e"): isPastMark = true
      case UInt8(ascii: "-"): sign = -1
      case let byte where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"):
        let digit = byte - UInt8(ascii: "0")
        if isPastMark { exponent = exponent * 10 + Int(digit) } else { digits = digits &* 10 &+ UInt64(digit) }
      default: break
      }
    }
    var surplus = max(places, 0) - (sign * exponent + power)
    while surplus > 0 {
      digits /= 10
      surplus -= 1
    }
    while surplus < 0 {
      digits *= 10
      surplus += 1
    }
    return digits
  }
}

/// Powers of ten.
enum Powers {
  /// Those that a Double holds exactly.
  static let exact: [Double] = {
    var powers = [1.0]
    for _ in 1...22 { powers.append((powers.last ?? 1) * 10) }
    return powers
  }()
}
