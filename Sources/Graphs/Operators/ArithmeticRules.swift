import CKernels
import Tensors

/// What the composed functions of `Arithmetic` leave in the graph, with their rules.
extension Primitive {
  /// Operands: the value, x and both bounds; the value's own past isn't used.
  static let clip: Primitive = Primitive(
    "clip", .reshape,
    told: .moved,
    zero: .rule { y, x, p, _ in
      // Zeros that fixed bounds let through stay what they are.
      let isFixed = [x[2], x[3]].allSatisfy { y.builder.isFixed($0.reference) }
      guard isFixed, !p[1].isFull else { return p[0] }
      let isLetThrough = Symbol.logic(.and, x[2].compared(.lessEqual, 0), x[3].compared(.greaterEqual, 0))
      let kept = p[1].map { Symbol.logic(.or, $0, .map(not: isLetThrough)) }
      return y.builder.combine([p[0], kept], in: y.shape, absorbing: true)
    }
  ) { g, _, x, _ in
    let (low, high) = (x[2], x[3])
    let below = Symbol.compare(.less, x[1], low)
    let above = Symbol.compare(.greater, x[1], high)
    let isCrossed = Symbol.compare(.greater, low, high)
    let inside = Symbol.map(not: .logic(.or, below, above))
    let atLow = Symbol.logic(.and, below, .map(not: isCrossed))
    let atHigh = Symbol.logic(.or, above, isCrossed)
    return [nil, .keep(inside, g.unlessNaN(x[1])), .keep(atLow, g), .keep(atHigh, g)]
  }

  /// Operands: a value that is 0 wherever the second operand is, and the second operand.
  static let vanishing: Primitive = Primitive("vanishing", .reshape, told: .moved, zero: .product) { g, _, _, _ in
    [g, nil]
  }

  /// Operands: the value and x, since the quotient's own rule takes 1 / (1 + |x|) from itself.
  static let softsign: Primitive = Primitive("softsign", .reshape, told: .moved, zero: .kept) { g, _, x, _ in
    let size = Operator.abs(x[1]) + 1
    return [nil, g / size / size]
  }

  /// Operands: x sigmoid(x) and x: the slope needs no other exponential than the value.
  static let silu: Primitive = Primitive("silu", .reshape, told: .moved, zero: .kept) { g, _, x, _ in
    let share = Operator.sigmoid(x[1])
    return [nil, g * (share * (x[1] * (1 - share) + 1))]
  }

  /// Operands: x ndtr(x) and x: the slope in one pass.
  static let normalGate: Primitive = Primitive("normal_gate", .reshape, told: .moved, zero: .kept) { g, _, x, _ in
    [nil, g * x[1].slopeOfGelu]
  }

  /// Operands: the value, then both terms.
  static let logaddexp: Primitive = Primitive("logaddexp", .reshape, told: .moved, zero: .lost) { g, _, x, _ in
    [nil, g * Operator.sigmoid(x[1] - x[2]), g * Operator.sigmoid(x[2] - x[1])]
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
    var source = reference
    while case .apply(let primitive, let operands) = builder.graph[source].kind {
      switch primitive.kernel {
      case .fill(let constant): return constant.value
      case .convert, .broadcast: source = operands[0]
      default: return nil
      }
    }
    return nil
  }

  func compared(_ comparison: Primitive, _ value: Double) -> Symbol {
    .compare(comparison, self, builder.constant(value))
  }

  /// NaN where x is.
  ///
  /// Written as a product, so that what is zero for ever in the adjoint stays so.
  func unlessNaN(_ x: Symbol) -> Symbol { self * .select(.map(.isNaN, toMask: x), x, x.builder.constant(1)) }

  /// Moved into the range between two bounds that broadcast with this.
  func clipped(_ low: Symbol, _ high: Symbol) -> Symbol {
    let value = Symbol.zip(.minimum, .zip(.maximum, self, low), high)
    let operands = [value] + [self, low, high].map { $0.converted(to: value.type) }
    return builder.add(.clip, operands, shape: value.shape, type: value.type)
  }

  func clipped(_ low: Double, _ high: Double) -> Symbol { clipped(builder.constant(low), builder.constant(high)) }

  /// These values, which are 0 wherever x is, for whatever reason x is.
  func vanishing(with x: Symbol) -> Symbol { builder.add(.vanishing, [self, x], shape: shape, type: type) }

  /// The value without its past.
  public var stopped: Symbol { builder.add(.stopGradient, [self], shape: shape, type: type) }
}
