extension Unicode.Scalar {
  /// Whether a name can begin with it.
  public var startsName: Bool { self == "_" || self == "∂" || properties.isXIDStart }

  /// Whether a name can go on with it.
  public var continuesName: Bool {
    // Unicode lets the middle dot continue a name; here it is more likely a product.
    if self == "·" || self == "\u{387}" { return false }
    return startsName || properties.isXIDContinue || ("₀"..."₉").contains(self)
  }
}

extension String {
  /// Whether it can be typed as a name, reserved words aside.
  public var isName: Bool {
    unicodeScalars.first?.startsName == true && unicodeScalars.dropFirst().allSatisfy(\.continuesName)
  }
}
