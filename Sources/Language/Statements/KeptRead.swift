import Graphs
import Tensors

/// What was read of a name by something that is kept, and what must be so of it when that is to serve again.
struct KeptRead: Sendable {
  let name: String
  private let version: Int
  /// A tensor of which only the kind matters; nil: it must be what it was.
  private let held: (shape: Shape, type: ElementType, isFixed: Bool, pattern: Pattern<Tensor>)?
  private let formula: Formula?
  /// What the formula read was still what it had been.
  private let isCurrent: Bool
  private let trainable: Set<String>
  /// The whole, where it must be what it was.
  private let binding: Binding?

  /// What is kept as it is must be little.
  static let mostElements = 1 << 16

  /// Nil for an entry of a name, and where much would have to be kept.
  ///
  /// - Parameter asItIs: its value counts, not only what kind it is of.
  init?(_ name: String, _ version: Int, in session: Session, asItIs: Bool = false) {
    guard !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
    let binding = session.names[name]
    var held: (shape: Shape, type: ElementType, isFixed: Bool, pattern: Pattern<Tensor>)?
    if case .tensor(let own, _)? = binding?.content {
      guard !asItIs || own.tensor.count <= Self.mostElements else { return nil }
      if !asItIs { held = (own.tensor.shape, own.tensor.type, own.isFixed, own.pattern) }
    }
    (self.name, self.version, self.held, formula) = (name, version, held, binding?.formula)
    isCurrent = binding?.formula?.isCurrent(in: session) ?? true
    trainable = binding?.trainable ?? []
    self.binding = held == nil ? binding : nil
  }

  /// The tensor that the name holds now, and its version; nil where it isn't what it has to be.
  func now(in session: Session, takesGradients: Bool) -> (tensor: Tensor?, version: Int)? {
    guard let kind = held else {
      guard session.isCurrent(name, version) else { return nil }
      guard let binding else { return (nil, version) }
      guard session.names[name]?.isSame(as: binding) == true else { return nil }
      if case .tensor(let held, _) = binding.content { return (held.tensor, version) }
      return (nil, version)
    }
    guard let binding = session.names[name], case .tensor(let held, let formula) = binding.content,
      held.tensor.shape == kind.shape, held.tensor.type == kind.type, held.isFixed == kind.isFixed,
      held.pattern.isKnownSame(as: kind.pattern), binding.trainable == trainable,
      !takesGradients || serves(formula, binding.version, in: session)
    else { return nil }
    return (held.tensor, binding.version)
  }

  /// Whether gradients go through what the name holds as they did.
  private func serves(_ formula: Formula?, _ version: Int, in session: Session) -> Bool {
    guard let formula, let known = self.formula else { return formula == nil && self.formula == nil }
    return version == self.version && formula.isSame(as: known) && formula.isCurrent(in: session) == isCurrent
  }
}

extension Pattern<Tensor> {
  /// Whether both are the same masks; others with the same entries count as others.
  func isKnownSame(as other: Pattern<Tensor>) -> Bool {
    structural?.storage === other.structural?.storage && strong?.storage === other.strong?.storage
  }
}

extension Formula {
  /// Whether all that it read is still what it was.
  fileprivate func isCurrent(in session: Session) -> Bool { reads.allSatisfy { session.isCurrent($0.key, $0.value) } }
}

extension Evaluator {
  /// Whether nothing of what it did is left but what was read, and values: no draws, no notes, no values of live names.
  func hasOnlyRead(_ session: Session) -> Bool {
    draw == session.draw && notices.isEmpty && shared.caches.isEmpty && !readsLiveValues && made.isEmpty
      && !followsBoth && builder.faults.isEmpty
  }
}

extension Evaluator.Made {
  fileprivate var isEmpty: Bool { weights.isEmpty && stopped.isEmpty }
}

/// How often in a row something was kept that never served: what shapes it may be other numbers each time.
struct Misses {
  private static let most = 4
  private var count = 0

  /// Something is kept in the place of what has, or hasn't, served.
  mutating func note(_ hasServed: Bool) { count = hasServed ? 0 : count + 1 }

  /// It is given up.
  var areTooMany: Bool { count >= Self.most }
}
