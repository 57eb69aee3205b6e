import CKernels
import Refusals
import Tensors

/// Where a tensor is not structurally zero and where it is not strongly zero, as masks; nil: everywhere.
///
/// A strong zero is structural or gated, so `strong` is true in fewer places than `structural`.
public struct Pattern<Mask> {
  public var structural: Mask?
  public var strong: Mask?
  /// Where a product isn't decided, if that is in fewer places than `strong`: a rule's own zeros decide one, too, but
  /// promise nothing of other values.
  public var quiet: Mask?

  public init(structural: Mask?, strong: Mask?, quiet: Mask? = nil) {
    self.structural = structural
    self.strong = strong ?? structural
    self.quiet = quiet
  }

  public static var full: Pattern { Pattern(structural: nil, strong: nil) }

  /// False where a zero decides a product, NaN and infinity in the other factor or not.
  public var deciding: Mask? { quiet ?? strong }

  public var isFull: Bool { deciding == nil }

  /// What can be said of the values when their past is out of sight.
  public var shown: Pattern { Pattern(structural: structural, strong: strong) }

  public func map<Other>(_ transform: (Mask) -> Other) -> Pattern<Other> {
    let (structural, strong) = (structural.map(transform), strong.map(transform))
    return Pattern<Other>(structural: structural, strong: strong, quiet: quiet.map(transform))
  }
}

extension Pattern: Sendable where Mask: Sendable {}

extension Pattern<Tensor> {
  /// Whether another one has the same masks, entry by entry.
  func hasSameBits(as other: Pattern) -> Bool {
    zip([structural, strong, deciding], [other.structural, other.strong, other.deciding]).allSatisfy { own, other in
      guard let own, let other else { return own == nil && other == nil }
      return own.hasSameBits(as: other)
    }
  }
}

/// How an operation's zeros follow from its operands' zeros.
public enum ZeroRule: Sendable {
  /// The least cause of the factors.
  case product
  /// The greatest cause of the terms.
  case sum
  /// Each entry keeps its cause, wherever it moves: the same loop runs on the patterns.
  case carried
  /// f(0) = 0, so a strong zero of the first operand stays one.
  case kept
  /// f(0) ≠ 0, or everything depends on everything.
  case lost
  /// Zero everywhere, for ever.
  case void
  /// Anything else: the result's pattern from the result, the operands and their patterns.
  case rule(@Sendable (_ y: Symbol, _ x: [Symbol], _ p: [Pattern<Symbol>], _ kernel: Kernel) -> Pattern<Symbol>)
}

extension Builder {
  /// Where a value is not structurally, and not strongly, zero: boolean nodes beside the value's own.
  public func pattern(of symbol: Symbol) -> Pattern<Symbol> {
    pattern(of: symbol.reference).map { Symbol(self, $0) }
  }

  /// The values of some symbols with their patterns, all computed in one run; where the patterns take long, only if there
  /// are zeros that they could be of.
  public func valuesWithPatterns(
    of symbols: [Symbol]
  ) throws(Refusal) -> [(value: Tensor, pattern: Pattern<Tensor>)] {
    let patterns = symbols.map { pattern(of: $0).shown }
    let masks = patterns.flatMap { [$0.structural, $0.strong].compactMap { $0 } }
    if isLong(masks, beside: symbols) {
      let values = try values(of: symbols)
      let areOut = zip(values, patterns).allSatisfy { value, pattern in pattern.isFull || !value.hasZero }
      if areOut { return values.map { ($0, .full) } }
    }
    let values = try values(of: symbols + masks)
    var rest = values[symbols.count...]
    return zip(values, patterns).map { value, pattern in
      let structural = pattern.structural.flatMap { _ in rest.removeFirst().withZeros }
      let strong = pattern.strong.flatMap { _ in rest.removeFirst().withZeros }
      return (value, Pattern(structural: structural, strong: strong))
    }
  }

  /// Whether masks of values take long beside the values themselves: products of patterns, or entries that are put to their
  /// places a second time.
  public func isLong(_ masks: [Symbol], beside values: [Symbol]) -> Bool {
    if masks.isEmpty { return false }
    let known = graph.needed(for: values.map(\.reference))
    let needed = graph.needed(for: masks.map(\.reference))
    var (own, others) = (0.0, 0.0)
    for (index, node) in graph.nodes.enumerated() where known[index] || needed[index] {
      guard case .apply(let primitive, _) = node.kind else { continue }
      if known[index] { others += work(of: node) } else if !primitive.kernel.isElementwise { own += work(of: node) }
    }
    return own > 16_384 && own > others / 4
  }

  /// How many elements the nodes from one on go over, roughly.
  public func work(from first: Int) -> Double {
    graph.nodes[first...].reduce(0) { $0 + work(of: $1) }
  }

  private func work(of node: Graph.Node) -> Double {
    guard case .apply(let primitive, let operands) = node.kind else { return 0 }
    let size = operands.reduce(node.shape.count) { max($0, graph[$1].shape.count) }
    return primitive.kernel.passes(operands.first.map { graph[$0].shape }) * Double(size)
  }

  func pattern(of reference: Graph.Reference) -> Pattern<Graph.Reference> {
    var waiting = [reference]
    while let next = waiting.last {
      if patterns[next] != nil {
        waiting.removeLast()
        continue
      }
      let missing = graph.operands(of: next).filter { patterns[$0] == nil }
      if missing.isEmpty {
        patterns[next] = derivedPattern(of: next)
        waiting.removeLast()
      } else {
        waiting += missing
      }
    }
    return patterns[reference] ?? .full
  }

  private func derivedPattern(of reference: Graph.Reference) -> Pattern<Graph.Reference> {
    let node = graph[reference]
    switch node.kind {
    case .parameter(let number):
      return parameters[number].pattern.map { parameter($0, isFixed: true).reference }
    case .apply(let primitive, let operands):
      if node.type == .bool && !isZeroRuleForMasks(primitive) { return .full }
      let patterns = operands.map { self.patterns[$0] ?? .full }
      if patterns.allSatisfy(\.isFull), primitive.zero.needsZeros { return .full }
      let y = Symbol(self, reference)
      let x = operands.map { Symbol(self, $0) }
      return derive(primitive, y, x, patterns.map { $0.map { Symbol(self, $0) } }).map(\.reference)
    }
  }

  private func isZeroRuleForMasks(_ primitive: Primitive) -> Bool {
    if case .void = primitive.zero { true } else { false }
  }

  private func derive(
    _ primitive: Primitive, _ y: Symbol, _ x: [Symbol], _ p: [Pattern<Symbol>]
  ) -> Pattern<Symbol> {
    switch primitive.zero {
    case .lost: return .full
    case .void: return Pattern(structural: constant(false, shape: y.shape), strong: nil)
    case .kept: return p[0]
    case .product: return combine(p, in: y.shape, absorbing: true)
    case .sum: return combine(p, in: y.shape, absorbing: false)
    case .carried:
      return merged(p) { masks in
        let operands = zip(x, masks).map { operand, mask in
          mask?.broadcast(to: operand.shape) ?? constant(true, shape: operand.shape)
        }
        // Indices (of a take) are operands too, but no zeros: they go along as they are.
        let carriers = operands.indices.map {
          ($0 == 0 || !primitive.kernel.traits.contains(.picks)) ? operands[$0] : x[$0]
        }
        return add(primitive, carriers, shape: y.shape, type: .bool)
      }
    case .rule(let rule): return rule(y, x, p, primitive.kernel)
    }
  }

  /// Masks joined by `and` (absorbing) or `or`, stretched to a shape.
  func combine(_ p: [Pattern<Symbol>], in shape: Shape, absorbing: Bool) -> Pattern<Symbol> {
    if !absorbing, p.contains(where: \.isFull) { return .full }
    return merged(p) { masks in
      let known = masks.compactMap { $0 }
      if !absorbing, known.count < masks.count { return nil }
      let joined = known.dropFirst().reduce(known.first) { all, next in
        all.map { .logic(absorbing ? .and : .or, $0, next) }
      }
      return joined?.broadcast(to: shape)
    }
  }

  /// A pattern made by one rule from the structural masks and from the strong ones.
  public func merged(_ p: [Pattern<Symbol>], _ rule: ([Symbol?]) -> Symbol?) -> Pattern<Symbol> {
    let structural = p.allSatisfy { $0.structural == nil } ? nil : rule(p.map(\.structural))
    let strong = p.allSatisfy { $0.strong == nil } ? nil : rule(p.map(\.strong))
    let quiet = p.allSatisfy { $0.quiet == nil } ? nil : rule(p.map(\.deciding))
    return Pattern(structural: structural, strong: strong, quiet: quiet)
  }

  /// A product that a strong zero decides, NaN and infinity in the other factor or not.
  func withoutStrongZeros(_ product: Symbol) -> Symbol {
    guard hasStrongZeros, case .apply(let primitive, let operands) = product.node.kind else { return product }
    let relevant: [Graph.Reference]
    switch primitive.kernel {
    case .zip(.multiply):
      relevant = operands.indices.filter { !isFinite(operands[1 - $0]) }.map { operands[$0] }
    case .zip(.divide), .zip(.fmod):
      relevant = isFinite(operands[1]) ? [] : [operands[0]]
    default: return product
    }
    let masks = relevant.compactMap { pattern(of: $0).deciding }.map { Symbol(self, $0) }
    guard let first = masks.first else { return product }
    let mask = masks.dropFirst().reduce(first) { .logic(.and, $0, $1) }
    return add(.strongKeep, [mask, product], shape: product.shape, type: product.type)
  }

  /// A matrix product that leaves strong zeros out of its sums.
  func strongProduct(_ a: Symbol, _ b: Symbol, shape: Shape, type: ElementType) -> Symbol {
    let (p, q) = (pattern(of: a).deciding, pattern(of: b).deciding)
    guard hasStrongZeros, p != nil || q != nil else { return add(.matrixProduct, [a, b], shape: shape, type: type) }
    let masks = [p ?? constant(true), q ?? constant(true)]
    return add(.matrixProduct, [a, b] + masks, shape: shape, type: type)
  }

  /// Known to be finite and not zero, whatever the parameters are.
  private func isFinite(_ reference: Graph.Reference) -> Bool {
    var source = reference
    while let primitive = graph.primitive(of: source), case .convert = primitive.kernel {
      source = graph.operands(of: source)[0]
    }
    guard case .fill(let constant)? = graph.primitive(of: source)?.kernel else { return false }
    return constant.value.isFinite && constant.value != 0
  }
}

extension ZeroRule {
  /// Full operands give a full result.
  var needsZeros: Bool {
    switch self {
    case .product, .sum, .carried, .kept, .lost: true
    case .void, .rule: false
    }
  }
}

extension Tensor {
  /// Whether any element is 0.
  public var hasZero: Bool {
    switch type {
    case .bool: withZeros != nil
    case .float32: unsafe gk_has_zero_f32(storage.bytes.assumingMemoryBound(to: Float.self), count) != 0
    case .literal, .float64: unsafe gk_has_zero_f64(storage.bytes.assumingMemoryBound(to: Double.self), count) != 0
    }
  }

  /// A mask that is false anywhere; one that isn't says nothing.
  public var withZeros: Tensor? {
    guard type == .bool else { return (0..<count).contains { self[flat: $0] == 0 } ? self : nil }
    var areAllTrue: UInt8 = 1
    unsafe gk_reduce_b8(.and, storage.bytes.assumingMemoryBound(to: UInt8.self), 1, count, 1, &areAllTrue)
    return areAllTrue == 0 ? self : nil
  }
}
