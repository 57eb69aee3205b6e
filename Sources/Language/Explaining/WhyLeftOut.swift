import Graphs
import Syntax
import Tensors

/// Gradients by weights of which some entries were left out when they were made, or are frozen.
extension Why {
  /// The gradient with its masks taken off.
  struct LeftOut {
    /// Without the masks that the names themselves bring.
    let gradient: Graph.Reference
    /// What weights were made with, if that leaves entries out.
    let made: Graph.Reference?
    let frozen: FrozenEntries?
    let pass: ReversePass
    let node: Graph.Reference
  }

  /// Nil where nothing is left out of what is asked about.
  func leftOut(of reference: Graph.Reference, _ expression: Expression) -> LeftOut? {
    var (gradient, masks) = (reference, [Graph.Reference]())
    while case .apply(let primitive, let operands) = graph[gradient].kind, primitive === Primitive.keep {
      masks.append(operands[0])
      gradient = operands[1]
      guard let (pass, node) = asked(gradient, expression), pass.answers[node] == gradient else { continue }
      let place = evidence.name(of: node).map { ReadPlace($0) }
      let frozen = place.flatMap { evidence.session.names[$0.name]?.frozenEntries[$0.path] }
      let made = evaluator.builder.pattern(of: evaluator.builder.symbol(node)).structural?.reference
      // Any other mask is one that somebody wrote.
      let own = masks.filter { $0 == made }.count + (frozen == nil ? 0 : 1)
      guard own == masks.count else { return nil }
      return LeftOut(gradient: gradient, made: masks.first { $0 == made }, frozen: frozen, pass: pass, node: node)
    }
    return nil
  }

  func tell(_ left: LeftOut, _ place: [Int]) {
    let weight = evidence.written(Provenance.Source(reference: left.node, place: place))
    let value = evidence.number(evidence.entry(left.gradient, place))
    switch word(for: place, left) {
    case .masked?:
      let whole = evidence.written(left.node, [])
      let made = evidence.session.names[ReadPlace(whole).name]
      let line = made?.giver == nil ? evidence.line(of: left.node) : ""
      say("⋅ masked: \(weight) was left out when \(whole) was made\(line)")
      say("kept, with a 0 there, it would get \(value)")
    case .frozen?:
      say("⋅ frozen: \(weight) stays as it is, line \(left.frozen?.line ?? 0)")
      say("thawed, it would get \(value)")
    case .blocked?, .notRead?, nil: tell(adjointOf: left.node, place, in: left.pass)
    }
  }

  /// Why a name itself leaves an entry out; nil where it doesn't.
  func word(for place: [Int], _ left: LeftOut) -> Ending.Kind.Word? {
    if let made = left.made, evidence.entry(made, place) == 0 { return .masked }
    guard let mask = left.frozen?.mask, mask.shape == graph[left.node].shape else { return nil }
    return mask[flat: mask.shape.offset(of: place)] != 0 ? .frozen : nil
  }
}
