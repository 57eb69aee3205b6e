import CKernels
import Refusals
import Tensors

/// How a number is written in a text, as Python says it: `[[fill]align][sign][0][width][,][.precision][f e g d %]`.
struct NumberFormatting: Equatable {
  enum Alignment: Character { case left = "<", right = ">", centre = "^", afterSign = "=" }
  enum Sign: Character { case onlyMinus = "-", always = "+", blank = " " }
  enum Kind: Character { case fixed = "f", exponent = "e", general = "g", whole = "d", percent = "%" }

  private(set) var fill: Character = " "
  private(set) var alignment: Alignment?
  private var sign = Sign.onlyMinus
  private(set) var width = 0
  private var groups = false
  private(set) var precision: Int?
  private(set) var kind: Kind?

  /// Wider fields and more digits are slips.
  private static let limit = 1_000

  init(_ text: String) throws(Refusal) {
    var rest = text[...]
    let characters = Array(text)
    if characters.count > 1, let alignment = Alignment(rawValue: characters[1]) {
      (fill, self.alignment) = (characters[0], alignment)
      rest = rest.dropFirst(2)
    } else if let first = characters.first, let alignment = Alignment(rawValue: first) {
      self.alignment = alignment
      rest = rest.dropFirst()
    }
    if let first = rest.first, let sign = Sign(rawValue: first) {
      self.sign = sign
      rest = rest.dropFirst()
    }
    if rest.first == "0" {
      rest = rest.dropFirst()
      if alignment == nil { (fill, alignment) = ("0", .afterSign) }
    }
    width = try Self.number(&rest, text) ?? 0
    if rest.first == "," {
      groups = true
      rest = rest.dropFirst()
    }
    if rest.first == "." {
      rest = rest.dropFirst()
      guard let digits = try Self.number(&rest, text) else {
        throw Self.refusal(text, "digits are missing behind the point")
      }
      precision = digits
    }
    if let last = rest.first, let kind = Kind(rawValue: last) {
      self.kind = kind
      rest = rest.dropFirst()
    }
    guard rest.isEmpty else { throw Self.refusal(text, "'\(rest)' has no meaning there") }
    if kind == .whole, precision != nil { throw Self.refusal(text, "whole numbers (d) have no digits behind a point") }
  }

  private static func number(_ rest: inout Substring, _ text: String) throws(Refusal) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    guard let number = Int(digits), number <= limit else {
      throw refusal(text, "widths and digits go up to \(limit)")
    }
    return number
  }

  private static func refusal(_ text: String, _ why: String) -> Refusal {
    Refusal("the format '\(text)' can't be read: \(why)", help: "{x:.3f}, {x:8.2e}, {n:,d}, {p:.1%}, {x:>10}")
  }

  /// Whether it only says how much room there is, which any value can be given.
  var isOfWidthOnly: Bool {
    kind == nil && precision == nil && !groups && sign == .onlyMinus && alignment != .afterSign
  }

  /// A number so.
  func text(_ value: Double) throws(Refusal) -> String {
    let isNegative = value.sign == .minus && !value.isNaN
    var mark = isNegative ? "-" : ""
    if !isNegative {
      switch sign {
      case .onlyMinus: break
      case .always: mark = "+"
      case .blank: mark = " "
      }
    }
    let size = value.magnitude
    guard value.isFinite else { return padded(value.isNaN ? "nan" : "inf", mark, "", fillsWithZeros: false) }
    if kind == nil, precision == nil {
      return padded(grouped(size == size.rounded() ? digits("f", size, 0) : "\(size)"), mark, "")
    }
    switch kind ?? .general {
    case .fixed: return padded(grouped(digits("f", size, precision ?? 6)), mark, "")
    case .percent: return padded(grouped(digits("f", size * 100, precision ?? 6)), mark, "%")
    case .exponent: return padded(digits("e", size, precision ?? 6), mark, "")
    case .general: return padded(grouped(digits("g", size, precision ?? 6)), mark, "")
    case .whole:
      guard size == size.rounded() else {
        throw Refusal("d is for whole numbers, not \(value.text)", help: "{x:.0f} rounds")
      }
      return padded(grouped(digits("f", size, 0)), mark, "")
    }
  }

  /// Any text, in the room there is.
  func padded(_ text: String, toTheLeftUnlessSaid isLeft: Bool) -> String {
    let missing = width - text.count
    guard missing > 0 else { return text }
    func blanks(_ count: Int) -> String { String(repeating: fill, count: count) }
    switch alignment ?? (isLeft ? .left : .right) {
    case .left: return text + blanks(missing)
    case .right, .afterSign: return blanks(missing) + text
    case .centre: return blanks(missing / 2) + text + blanks(missing - missing / 2)
    }
  }

  private func padded(_ digits: String, _ mark: String, _ end: String, fillsWithZeros: Bool = true) -> String {
    guard alignment == .afterSign else { return padded(mark + digits + end, toTheLeftUnlessSaid: false) }
    let missing = max(width - mark.count - digits.count - end.count, 0)
    let fill = fill == "0" && !fillsWithZeros ? " " : fill
    return mark + String(repeating: fill, count: missing) + digits + end
  }

  private func digits(_ kind: Character, _ value: Double, _ precision: Int) -> String {
    // `g` without digits means one.
    let precision = kind == "g" ? max(precision, 1) : precision
    var buffer = [CChar](repeating: 0, count: 340 + precision)
    let length = unsafe buffer.withUnsafeMutableBufferPointer { place in
      unsafe gk_format_number(
        place.baseAddress, Int32(place.count), CChar(kind.asciiValue ?? 0), Int32(precision), value)
    }
    return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// With commas between thousands, where they are asked for.
  private func grouped(_ digits: String) -> String {
    guard groups else { return digits }
    let whole = digits.prefix { $0.isNumber }
    var result = ""
    for (place, digit) in whole.enumerated() {
      if place > 0, (whole.count - place) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result + digits.dropFirst(whole.count)
  }
}
