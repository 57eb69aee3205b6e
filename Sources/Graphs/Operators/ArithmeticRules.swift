import CKernels
import Tensors

/// The operations beneath `Arithmetic`, each with its rules.
extension Primitive {
  static let remainder: Primitive = Primitive("remainder", .zip(GK_REMAINDER), zero: .lost) { g, _, x, _ in
    [g, -(g * Operator.floor(x[0] / x[1]))]
  }

  static let power: Primitive = Primitive(
    "pow", .zip(GK_POWER),
    zero: .rule { y, x, p, _ in
      guard let exponent = x[1].literalValue, exponent > 0 else { return .full }
      return p[0].map { $0.broadcast(to: y.shape) }
    }
  ) { g, y, x, _ in
    let lowered = x[1] * Symbol.zip(power, x[0], x[1] - 1)
    let byBase = lowered.substituting(0, where: x[1].compared(.equal, 0))
    let isFlat = Symbol.logic(.and, x[0].compared(.equal, 0), x[1].compared(.greaterEqual, 0))
    let byExponent = (y * Operator.log(x[0])).substituting(0, where: isFlat)
    return [g * byBase, g * byExponent]
  }

  static let maximum: Primitive = Primitive(
    "maximum", .zip(GK_MAXIMUM), zero: .winner(.greaterEqual), gradient: winnerGradient(.less, .greater))
  static let minimum: Primitive = Primitive(
    "minimum", .zip(GK_MINIMUM), zero: .winner(.lessEqual), gradient: winnerGradient(.greater, .less))

  /// Equals share, the loser is gated, NaN spreads to both.
  private static func winnerGradient(_ loses: Primitive, _ wins: Primitive) -> Gradient {
    { g, y, x, _ in
      let share = Symbol.select(.compare(.equal, x[0], x[1]), g * 0.5, g)
      let settled = share.unlessNaN(y)
      let first = Symbol.map(not: .compare(loses, x[0], x[1]))
      let second = Symbol.map(not: .compare(wins, x[0], x[1]))
      return [.keep(first, settled), .keep(second, settled)]
    }
  }

  /// Operands: the value, x and both bounds; the value's own past isn't used.
  static let clip: Primitive = Primitive("clip", .reshape, zero: .kept) { g, _, x, _ in
    let (low, high) = (x[2], x[3])
    let below = Symbol.compare(.less, x[1], low)
    let above = Symbol.compare(.greater, x[1], high)
    let isCrossed = Symbol.compare(.greater, low, high)
    let inside = Symbol.map(not: .logic(.or, below, above))
    let atLow = Symbol.logic(.and, below, .map(not: isCrossed))
    let atHigh = Symbol.logic(.or, above, isCrossed)
    return [nil, .keep(inside, g.unlessNaN(x[1])), .keep(atLow, g), .keep(atHigh, g)]
  }

  static let hypot: Primitive = Primitive("hypot", .zip(GK_HYPOT), zero: .lost) { g, y, x, _ in
    let isOrigin = y.compared(.equal, 0)
    return [0, 1].map { g * (x[$0] / y).substituting(0, where: isOrigin) }
  }

  /// Operands: the value, then both terms.
  static let logaddexp: Primitive = Primitive("logaddexp", .reshape, zero: .lost) { g, _, x, _ in
    [nil, g * Operator.sigmoid(x[1] - x[2]), g * Operator.sigmoid(x[2] - x[1])]
  }

  static let xlogy: Primitive = Primitive("xlogy", .zip(GK_XLOGY), zero: .lost) { g, _, x, _ in
    let isNought = x[0].compared(.equal, 0)
    let isCorner = Symbol.logic(.and, isNought, x[1].compared(.equal, 0))
    let byFirst = Operator.log(x[1]).substituting(0, where: isCorner)
    let bySecond = (x[0] / x[1]).substituting(0, where: isNought)
    return [g * byFirst, g * bySecond]
  }
}

extension ZeroRule {
  /// Structural only if both are; gated where a strong zero wins.
  static func winner(_ wins: Primitive) -> ZeroRule {
    .rule { y, x, p, _ in
      if p[0].isFull && p[1].isFull { return .full }
      let full = y.builder.constant(true)
      let first = Symbol.logic(.and, .compare(wins, x[0], x[1]), p[0].strong ?? full)
      let second = Symbol.logic(.and, .compare(wins, x[1], x[0]), p[1].strong ?? full)
      let live = Symbol.logic(.or, .logic(.or, first, second), .map(.isNaN, toMask: y))
      var structural: Symbol?
      if let a = p[0].structural, let b = p[1].structural {
        structural = Symbol.logic(.or, a, b).broadcast(to: y.shape)
      }
      return Pattern(structural: structural, strong: live.broadcast(to: y.shape))
    }
  }
}

extension Symbol {
  /// The number that was written, if it is one and the same everywhere.
  var literalValue: Double? {
    guard case .apply(let primitive, let operands, let attributes) = node.kind else { return nil }
    switch primitive.kernel {
    case .fill: return Double(bitPattern: UInt64(bitPattern: Int64(attributes[0])))
    case .convert, .broadcast: return Symbol(builder, operands[0]).literalValue
    default: return nil
    }
  }

  func compared(_ comparison: Primitive, _ value: Double) -> Symbol {
    .compare(comparison, self, builder.constant(value))
  }

  /// NaN where x is.
  ///
  /// Written as a product, so that what is zero for ever in the adjoint stays so.
  func unlessNaN(_ x: Symbol) -> Symbol { self * .select(.map(.isNaN, toMask: x), x, x.builder.constant(1)) }

  /// The value without its past.
  var stopped: Symbol { builder.add(.stopGradient, [self], shape: shape, type: type) }
}
