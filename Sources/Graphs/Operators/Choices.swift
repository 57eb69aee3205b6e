import CKernels
import Tensors

/// What rules put where a formula has no value or no slope, and what that means for derivatives and zeros.
///
/// Such a zero decides products on the way back, as a strong one does, but promises nothing of other values: it is
/// never shown as one.
extension Primitive {
  /// What a rule puts where a formula has no value, as 0 for 0/0: a choice of ours that says nothing about zeros.
  static let substitute: Primitive = Primitive(
    "substitute", .select,
    told: .choice, zero: .rule { _, x, p, _ in x[1].literalValue == 0 ? p[2] : .full }
  ) { g, _, x, _ in [nil, nil, g.onlyWhere(Symbol.map(not: x[0]))] }

  /// NaN where a divisor is 0, though what is divided be a strong zero: that isn't one any more.
  static let quotient: Primitive = Primitive(
    "quotient", .select,
    told: .choice,
    zero: .rule { y, x, p, _ in
      func known(_ mask: Symbol) -> Symbol { Symbol.logic(.or, mask, x[0]).broadcast(to: y.shape) }
      return Pattern(structural: p[2].structural.map(known), strong: p[2].strong.map(known))
    }
  ) { g, _, x, _ in [nil, nil, Symbol.keep(.map(not: x[0]), g)] }

  /// Nothing flows back from where a rule has put a value, not even times infinity.
  static let onlyWhere: Primitive = Primitive(
    "only_where", .keep,
    told: .kept,
    zero: .rule { y, x, p, _ in
      let isDefined = x[0].broadcast(to: y.shape)
      let quiet = p[1].deciding.map { .logic(.and, $0.broadcast(to: y.shape), isDefined) } ?? isDefined
      let shown = p[1].shown.map { $0.broadcast(to: y.shape) }
      return Pattern(structural: shown.structural, strong: shown.strong, quiet: quiet)
    }
  ) { g, _, x, _ in [nil, g.onlyWhere(x[0])] }

  /// An adjoint by a slope that a rule has chosen where there was none: there it has no slope itself.
  ///
  /// Operands: the adjoint, the adjoint of the result that it was made of, where a choice was made, and what it
  /// depends on.
  static let chosen: Primitive = Primitive("chosen", .reshape, told: .moved, zero: .kept) { g, _, x, _ in
    let isLost = g * x[1] * .nan
    return [g, nil, nil] + x.dropFirst(3).map { _ in Symbol.keep(x[2], isLost) }
  }

  /// Operands: the square of a root or a size, and what the root was taken of, which has all derivatives.
  static let squareByLaw: Primitive = Primitive("square", .reshape, told: .moved, zero: .kept) { g, _, _, _ in [nil, g]
  }

  /// Operands: the product, the weight and what it weighs, of which nothing is left where the weight is 0.
  static let weighted: Primitive = Primitive(
    "weighted", .reshape,
    told: .moved,
    zero: .rule { y, _, p, _ in
      y.builder.merged([p[1], p[2]]) { masks in
        let known = masks.compactMap { $0 }
        return known.dropFirst().reduce(known.first) { all, next in all.map { .logic(.and, $0, next) } }?
          .broadcast(to: y.shape)
      }
    }
  ) { g, _, x, _ in [nil, g * x[2], (g * x[1]).onlyWhere(x[1].compared(.notEqual, 0))] }
}

extension Symbol {
  /// This divided; by 0 it is NaN, whatever it is.
  func quotient(by divisor: Symbol) -> Symbol {
    .choose(by: .quotient, divisor.compared(.equal, 0), builder.constant(.nan), self / divisor)
  }

  /// These values, but another one where a formula has none.
  func substituting(_ other: Double, where isUndefined: Symbol) -> Symbol {
    .choose(by: .substitute, isUndefined, builder.constant(other), self)
  }

  /// These values where a mask is true, else 0.
  func onlyWhere(_ isDefined: Symbol) -> Symbol {
    guard let shape = shape.broadcast(with: isDefined.shape) else { preconditionFailure("the mask fits") }
    return builder.add(.onlyWhere, [isDefined, self], shape: shape, type: type)
  }

  /// This adjoint, made of g by a slope that was chosen where `isKink`: what it depends on gets NaN there.
  func chosen(for g: Symbol, where isKink: Symbol, of x: [Symbol]) -> Symbol {
    builder.add(.chosen, [self, g, isKink] + x, shape: shape, type: type)
  }

  /// This times a weight; where that is 0 there is no term, of NaN or infinity neither, and no gradient.
  func weighted(by weight: Symbol) -> Symbol {
    if type == .bool || weight.type == .bool { return weight * self }
    let product = Symbol.zip(.multiply, weight, self)
    let value = product.onlyWhere(weight.compared(.notEqual, 0))
    let operands = [value, weight.converted(to: value.type), converted(to: value.type)]
    return builder.add(.weighted, operands, shape: value.shape, type: value.type)
  }

  /// Each element times itself; the square of a root or a size is derived as what it was taken of.
  public func squared() -> Symbol { raised(.map(.square, self), 2) }

  /// `power`, this to a whole even power, derived as the same of what the root was taken of.
  func raised(_ power: Symbol, _ exponent: Double) -> Symbol {
    guard exponent >= 2, exponent.truncatingRemainder(dividingBy: 2) == 0, let square = squareByLaw else {
      return power
    }
    let law = exponent == 2 ? square : Operator.pow(square, builder.constant(exponent / 2))
    return builder.add(.squareByLaw, [power, law.converted(to: power.type)], shape: power.shape, type: power.type)
  }

  /// The square without the root; nil where there is none to leave out.
  ///
  /// Found once for each node, and without recursion: products share their factors, and chains may be long.
  private var squareByLaw: Symbol? {
    var waiting = [reference]
    while let next = waiting.last {
      if builder.squares[next] == nil {
        let x = builder.symbol(next).squaredOperands
        let unknown = x.filter { builder.squares[$0.reference] == nil }
        if !unknown.isEmpty {
          waiting += unknown.map(\.reference)
          continue
        }
        let square = builder.symbol(next).square(x, x.map { $0.knownSquare })
        builder.squares.updateValue(square?.reference, forKey: next)
      }
      waiting.removeLast()
    }
    return knownSquare
  }

  private var knownSquare: Symbol? { (builder.squares[reference] ?? nil).map(builder.symbol) }

  /// The operands whose squares the square of this is made of.
  private var squaredOperands: [Symbol] {
    guard case .apply(let primitive, let operands) = node.kind, primitive !== Primitive.quietRoot else { return [] }
    let x = operands.map(builder.symbol)
    switch primitive.kernel {
    case .map(.abs), .map(.negative), .zip(.hypot), .zip(.multiply), .zip(.divide): return x
    case .reshape where primitive === Primitive.reshape: return [x[0]]
    case .broadcast, .transpose, .slice, .convert: return [x[0]]
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .reshape, .fill, .iota, .embed, .window,
      .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint,
      .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      return []
    }
  }

  /// The square by law, from operands and their own squares by law.
  private func square(_ x: [Symbol], _ squares: [Symbol?]) -> Symbol? {
    guard case .apply(let primitive, let operands) = node.kind else { return nil }
    if primitive === Primitive.quietRoot { return builder.symbol(operands[1]) }
    guard !x.isEmpty else { return nil }
    if case .map(.abs) = primitive.kernel { return x[0].squared() }
    if case .zip(.hypot) = primitive.kernel { return x[0].squared() + x[1].squared() }
    guard squares.contains(where: { $0 != nil }) else { return nil }
    if case .map(.negative) = primitive.kernel { return squares[0] }
    if case .zip = primitive.kernel {
      let factors = x.indices.map { squares[$0] ?? x[$0].squared() }
      return .zip(primitive, factors[0], factors[1])
    }
    return squares[0].map { builder.add(primitive, [$0], shape: shape, type: type) }
  }

  /// Whether the square of this has more derivatives than it has itself.
  var isRoot: Bool { squareByLaw != nil }
}
