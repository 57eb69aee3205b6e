extension ElementType {
  /// A value as sentences and files have it: the shortest digits that read back in this type, whole numbers up to 2⁵³
  /// without an exponent, NaN without a sign.
  public func text(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if let whole = Int(exactly: value), whole.magnitude <= 1 << 53, value != 0 || value.sign == .plus {
      return String(whole)
    }
    let text = self == .float32 ? Float(value).description : value.description
    // Swift says 1e+20 and -0.0.
    guard let mark = text.firstIndex(of: "e") else { return text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
    return String(text[...mark] + text[text.index(after: mark)...].drop { $0 == "+" })
  }
}

extension Double {
  /// As a sentence has it.
  public var text: String { ElementType.float64.text(self) }
}
