import Tensors

extension Primitive {
  /// Operands: a value as it keeps most digits, and the formula that it is the value of.
  ///
  /// Derivatives, zeros and exports go by the formula, which isn't computed otherwise.
  public static let restated: Primitive = Primitive(
    "restated", .reshape, told: .moved, zero: .rule { _, _, p, _ in p[1] }
  ) {
    g, _, _, _ in [nil, g]
  }
}

extension Symbol {
  /// A value whose digits come from one way of computing it, and whose derivatives from another that is as right.
  static func restated(_ value: Symbol, as formula: Symbol) -> Symbol {
    precondition(value.shape == formula.shape, "a formula has the shape of its value")
    return value.builder.add(
      .restated, [value.converted(to: formula.type), formula], shape: formula.shape, type: formula.type)
  }
}
