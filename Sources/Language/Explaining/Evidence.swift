import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// What is known of the nodes behind an expression: their entries, and the causes of those.
final class Evidence {
  let evaluator: Evaluator
  let session: Session
  /// The expression that is asked about, as it was written.
  var question = ""
  /// The names that what is differentiated reads, by way of others, too.
  var read: Set<String> = []
  private var values: [Graph.Reference: Tensor] = [:]
  private var masks: [Graph.Reference: (structural: Tensor?, strong: Tensor?)] = [:]
  /// For the first nodes, whether no value from outside is in them.
  private var constants: [Bool] = []
  private var slopes: [Slope: Symbol?] = [:]
  private var readers: [Graph.Reference: [Graph.Reference: [Reader]]] = [:]

  private struct Slope: Hashable {
    let reader: Graph.Reference
    let operand: Int
  }

  /// An operation that has a node as one of its operands.
  struct Reader {
    let reference: Graph.Reference
    let operand: Int
  }

  init(_ session: Session) {
    self.session = session
    evaluator = Evaluator(session, .trace)
    evaluator.builder.keepsPasses = true
  }

  var graph: Graph { evaluator.builder.graph }

  // MARK: Values

  /// Computes at once what will be asked for step by step, where it isn't too much to be kept.
  func settle(_ symbol: Symbol) {
    let needed = graph.needed(for: [symbol.reference])
    let references = graph.nodes.indices.filter { needed[$0] }.map(Graph.Reference.init)
    let count = references.reduce(0) { $0 + graph[$1].shape.count }
    guard count <= 1 << 22 else { return }
    evaluator.builder.settle(references.map(evaluator.builder.symbol))
  }

  func value(_ reference: Graph.Reference) -> Tensor? {
    if let known = values[reference] { return known }
    let value = try? evaluator.builder.value(of: evaluator.builder.symbol(reference))
    values[reference] = value
    return value
  }

  func entry(_ source: Provenance.Source) -> Double { entry(source.reference, source.place) }

  func entry(_ reference: Graph.Reference, _ place: [Int]) -> Double {
    guard let tensor = value(reference) else { return .nan }
    return tensor[flat: tensor.shape.offset(of: place)]
  }

  func cause(_ source: Provenance.Source) -> Cause { cause(source.reference, source.place) }

  func cause(_ reference: Graph.Reference, _ place: [Int]) -> Cause {
    let known = masks[reference] ?? patterns(of: reference)
    masks[reference] = known
    let flat = graph[reference].shape.offset(of: place)
    if let structural = known.structural, structural[flat: flat] == 0 { return .structural }
    let isNot0 = entry(reference, place) != 0
    if !isNot0, let strong = known.strong, strong[flat: flat] == 0 { return .gated }
    return isNot0 ? .live : .exact
  }

  private func patterns(of reference: Graph.Reference) -> (structural: Tensor?, strong: Tensor?) {
    let pattern = evaluator.builder.pattern(of: evaluator.builder.symbol(reference))
    return (pattern.structural.flatMap { value($0.reference) }, pattern.strong.flatMap { value($0.reference) })
  }

  // MARK: Where entries come from and go to

  func terms(_ source: Provenance.Source) -> [[Provenance.Source]] { terms(source.reference, source.place) }

  func terms(_ reference: Graph.Reference, _ place: [Int]) -> [[Provenance.Source]] {
    Provenance(graph) { self.value($0) }.terms(of: reference, at: place)
  }

  func places(of reader: Graph.Reference, reading place: [Int], operand: Int) -> [[Int]]? {
    Provenance(graph) { self.value($0) }.places(of: reader, reading: place, operand: operand)
  }

  /// The operations that a result is made by and that read a node.
  func readers(of node: Graph.Reference, upTo result: Graph.Reference) -> [Reader] {
    if let known = readers[result] { return known[node] ?? [] }
    var all: [Graph.Reference: [Reader]] = [:]
    let needed = graph.needed(for: [result])
    for index in 0...result.index where needed[index] {
      let reader = Graph.Reference(index: index)
      for (number, operand) in graph.operands(of: reader).enumerated() {
        all[operand, default: []].append(Reader(reference: reader, operand: number))
      }
    }
    readers[result] = all
    return all[node] ?? []
  }

  /// How much an operand counts in an operation's result, entry by entry.
  func slope(of reader: Graph.Reference, by operand: Int) -> Symbol? {
    let key = Slope(reader: reader, operand: operand)
    if let known = slopes[key] { return known }
    let slope = evaluator.builder.slope(of: reader, by: operand)
    slopes.updateValue(slope, forKey: key)
    return slope
  }

  /// Through operations that only move an entry or let it pass.
  func moved(_ source: Provenance.Source) -> Provenance.Source {
    var source = source
    while let primitive = graph.primitive(of: source.reference), isMove(primitive),
      let next = terms(source).first?.last
    {
      source = next
    }
    return source
  }

  /// Through moves to the first value that has words of its own.
  func movedToWords(_ source: Provenance.Source) -> Provenance.Source {
    var source = source
    while !isNamed(source.reference), let primitive = graph.primitive(of: source.reference), isMove(primitive),
      let next = terms(source).first?.last
    {
      source = next
    }
    return source
  }

  /// Whether a reader takes the entry as it is: rules that are kept for what others have computed don't.
  func isPlainMove(_ reader: Graph.Reference) -> Bool {
    guard let primitive = graph.primitive(of: reader), isMove(primitive) else { return false }
    if case .reshape = primitive.kernel {
      return primitive === Primitive.reshape || primitive === Primitive.restated
        || primitive.isName
    }
    return true
  }

  private func isMove(_ primitive: Primitive) -> Bool {
    switch primitive.telling {
    case .moved: true
    case .function, .sign, .prefix, .total, .products, .choice, .kept, .constant, .drawn, .whole: false
    }
  }

  func isConstant(_ reference: Graph.Reference) -> Bool {
    let nodes = graph.nodes
    for index in constants.count..<max(nodes.count, constants.count) {
      switch nodes[index].kind {
      case .parameter: constants.append(false)
      case .apply(_, let operands): constants.append(operands.allSatisfy { constants[$0.index] })
      }
    }
    return constants[reference.index]
  }

  /// What an entry would be if some nodes had other entries than theirs.
  func entry(_ source: Provenance.Source, replacing others: [Graph.Reference: [(place: [Int], value: Double)]])
    -> Double?
  {
    var tensors: [Graph.Reference: Tensor] = [:]
    for (reference, changes) in others {
      guard let tensor = value(reference) else { return nil }
      var elements = tensor.values
      for change in changes { elements[tensor.shape.offset(of: change.place)] = change.value }
      tensors[reference] = Tensor(elements, shape: tensor.shape, type: tensor.type)
    }
    let symbol = evaluator.builder.symbol(source.reference)
    guard let result = try? evaluator.builder.value(of: symbol, replacing: tensors) else { return nil }
    return result[flat: result.shape.offset(of: source.place)]
  }
}
