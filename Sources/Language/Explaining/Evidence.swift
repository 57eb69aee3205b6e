import Graphs
import Printing
import Syntax
import Tensors

/// What is known of the nodes behind an expression: their entries, the causes of those, and how they are called.
final class Evidence {
  let evaluator: Evaluator
  private let session: Session
  private var values: [Graph.Reference: Tensor] = [:]
  private var masks: [Graph.Reference: (structural: Tensor?, strong: Tensor?)] = [:]

  init(_ session: Session) {
    self.session = session
    evaluator = Evaluator(session, .trace)
  }

  var graph: Graph { evaluator.builder.graph }

  // MARK: Values

  func value(_ reference: Graph.Reference) -> Tensor? {
    if let known = values[reference] { return known }
    let value = try? evaluator.builder.value(of: evaluator.builder.symbol(reference))
    values[reference] = value
    return value
  }

  func entry(_ reference: Graph.Reference, _ place: [Int]) -> Double {
    guard let tensor = value(reference) else { return .nan }
    return tensor[flat: tensor.shape.offset(of: place)]
  }

  func cause(_ reference: Graph.Reference, _ place: [Int]) -> Cause {
    let known = masks[reference] ?? patterns(of: reference)
    masks[reference] = known
    let flat = graph[reference].shape.offset(of: place)
    if let structural = known.structural, structural[flat: flat] == 0 { return .structural }
    if let strong = known.strong, strong[flat: flat] == 0 { return .gated }
    return entry(reference, place) == 0 ? .exact : .live
  }

  private func patterns(of reference: Graph.Reference) -> (structural: Tensor?, strong: Tensor?) {
    let pattern = evaluator.builder.pattern(of: evaluator.builder.symbol(reference))
    return (pattern.structural.flatMap { value($0.reference) }, pattern.strong.flatMap { value($0.reference) })
  }

  func terms(_ reference: Graph.Reference, _ place: [Int]) -> [[Provenance.Source]] {
    Provenance(graph) { self.value($0) }.terms(of: reference, at: place)
  }

  // MARK: Words

  /// `y[0, 1]`, `(x @ w)[0, 1]`, or that it has no name.
  func written(_ reference: Graph.Reference, _ place: [Int]) -> String {
    let index = place.isEmpty ? "" : "[\(place.map(String.init).joined(separator: ", "))]"
    if let name = name(of: reference) { return name + index }
    if let text = evaluator.origins.text(of: reference) {
      return (index.isEmpty || evaluator.origins.isClosed(reference) ? text : "(\(text))") + index
    }
    let source = Provenance.Source(reference: reference, place: place)
    let origin = moved(source)
    return origin == source ? "a value in between" : written(origin.reference, origin.place)
  }

  func name(of reference: Graph.Reference) -> String? {
    if case .parameter(let number) = graph[reference].kind { return evaluator.builder.parameters[number].name }
    return evaluator.origins.name(of: reference)
  }

  func isNamed(_ reference: Graph.Reference) -> Bool {
    name(of: reference) != nil || evaluator.origins.text(of: reference) != nil
  }

  func line(of reference: Graph.Reference) -> String {
    guard let name = name(of: reference), let binding = session.names[name] else { return "" }
    return ", line \(binding.line)"
  }

  func number(_ value: Double) -> String {
    var display = session.display
    display.format = .text
    display.isColored = false
    return display.text(of: Shown(Tensor(value)))
  }

  /// Through operations that only move an entry or let it pass.
  func moved(_ source: Provenance.Source) -> Provenance.Source {
    var source = source
    while let primitive = graph.primitive(of: source.reference), primitive.kernel.traits.contains(.moves),
      let next = terms(source.reference, source.place).first?.last
    {
      source = next
    }
    return source
  }

  func isConstant(_ reference: Graph.Reference) -> Bool {
    zip(graph.nodes, graph.needed(for: [reference])).allSatisfy { node, isNeeded in
      if case .parameter = node.kind { !isNeeded } else { true }
    }
  }

  func consumer(named name: String, of reference: Graph.Reference) -> Graph.Reference? {
    evaluator.builder.consumer(named: name, of: reference)
  }
}
