import Tensors

extension Builder {
  /// A value whose adjoints are given by rules instead of its own operations.
  ///
  /// - Parameters:
  ///   - rules: for each operand its adjoint, written for the stand-in adjoint `seed` and linear in it.
  public func attach(_ value: Symbol, operands: [Symbol], rules: [Symbol], seed: Symbol, name: String) -> Symbol {
    let count = operands.count
    let primitive = Primitive("custom_grad \(name)", .reshape, told: .moved, zero: .lost) { g, _, x, _ in
      let seed = x[1 + count]
      let adjoints = x[(2 + count)...].map { rule -> Symbol? in
        // Linear in the seed: the reverse of the reverse puts the real adjoint in its place.
        let dummy = g.builder.separate(g.builder.zeros(rule.shape, type: rule.type))
        let reverse = g.builder.gradient(of: rule, withRespectTo: [seed], seed: dummy)[0]
        return g.builder.gradient(of: reverse, withRespectTo: [dummy], seed: g)[0]
      }
      return [nil] + adjoints + [nil] + adjoints.map { _ in nil }
    }
    return add(primitive, [value] + operands + [seed] + rules, shape: value.shape, type: value.type)
  }

  /// The same value as a point that might lie elsewhere: what it decides isn't decided for good.
  public func point(_ symbol: Symbol) -> Symbol {
    let result = separate(symbol)
    fixed[result.reference] = false
    return result
  }

  /// The same value as a node that equals no other: what a gradient can be taken with respect to.
  public func separate(_ symbol: Symbol) -> Symbol {
    let primitive = Primitive(Primitive.nameOfNames, .reshape, told: .moved, zero: .carried) { g, _, _, _ in [g] }
    return add(primitive, [symbol], shape: symbol.shape, type: symbol.type)
  }
}

extension Primitive {
  fileprivate static let nameOfNames = "name"

  /// Whether it gives a value only another name.
  public var isName: Bool { name == Self.nameOfNames }
}
