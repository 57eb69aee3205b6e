import Graphs
import Tensors

/// A loop on its way out: what of its body is needed for what is kept of it.
struct ExportedLoop {
  let loop: GraphLoop
  /// Numbers of the body's parameters.
  let carried: [Int]
  let rows: [Int]
  let invariants: [Int]

  var body: LoopBody { loop.body }
  var parameters: [Int] { carried + rows + invariants }

  /// What says before each round whether there is one; nil where rounds are counted.
  ///
  /// What keeps something of every round has as many as there were.
  var condition: Graph.Reference? { Self.condition(of: loop) }

  init(_ loop: GraphLoop) {
    self.loop = loop
    let body = loop.body
    let read = loop.parametersRead(also: Self.condition(of: loop)) { ExportedProgram.operands(of: $0, in: body.graph) }
    let numbers = read.sorted()
    carried = numbers.filter { $0 < body.carriedCount }
    rows = numbers.filter(body.rows.contains)
    invariants = numbers.filter(body.invariants.contains)
  }

  private static func condition(of loop: GraphLoop) -> Graph.Reference? {
    let isOpen = loop.kept.allSatisfy { if case .last = $0 { true } else { false } }
    return isOpen ? loop.body.condition : nil
  }

  /// What is computed before a round to know whether there is one.
  var test: [Graph.Reference] { condition.map { order(for: [$0]) } ?? [] }

  /// What is computed for some nodes of the body, operands first.
  func order(for outputs: [Graph.Reference]) -> [Graph.Reference] {
    var needed = [Bool](repeating: false, count: body.graph.nodes.count)
    for output in outputs { needed[output.index] = true }
    for index in needed.indices.reversed() where needed[index] {
      for operand in ExportedProgram.operands(of: Graph.Reference(index: index), in: body.graph) {
        needed[operand.index] = true
      }
    }
    return needed.indices.compactMap { index in
      if case .apply = body.graph.nodes[index].kind, needed[index] { Graph.Reference(index: index) } else { nil }
    }
  }

  /// Names that the body's nodes have where it was followed.
  func labels(_ outer: [Graph.Reference: String]) -> [Graph.Reference: String] {
    var labels: [Graph.Reference: String] = [:]
    for (reference, place) in body.places.sorted(by: { $0.key < $1.key }) {
      if let label = outer[reference], labels[place] == nil { labels[place] = label }
    }
    return labels
  }

  /// The loops among some nodes that are this one but for what they keep, as one that keeps what is read of all of them.
  static func whole(_ reference: Graph.Reference, among order: [Graph.Reference], in graph: Graph) -> (
    loop: GraphLoop, nodes: [Graph.Reference]
  )? {
    guard let own = graph.primitive(of: reference)?.kernel.loop else { return nil }
    let operands = graph.operands(of: reference)
    var kept: [GraphLoop.Result] = []
    var nodes: [Graph.Reference] = []
    for other in order {
      guard let loop = graph.primitive(of: other)?.kernel.loop, loop.keeping([]) == own.keeping([]),
        graph.operands(of: other) == operands
      else { continue }
      nodes.append(other)
      for result in read(of: other, loop, among: order, in: graph) where !kept.contains(result) { kept.append(result) }
    }
    return (own.keeping(kept), nodes)
  }

  /// What is read of a loop's vector: some parts, as wholes; everything where it is read in another way.
  private static func read(
    of node: Graph.Reference, _ loop: GraphLoop, among order: [Graph.Reference], in graph: Graph
  ) -> [GraphLoop.Result] {
    var results: [GraphLoop.Result] = []
    var isRead = false
    for reader in order where ExportedProgram.operands(of: reader, in: graph).contains(node) {
      isRead = true
      guard let part = loop.part(cutBy: reader, in: graph) else { return loop.kept }
      results.append(part.result)
    }
    return isRead ? results : loop.kept
  }
}

extension GraphLoop {
  /// The part that a node cuts out of the vector as a whole.
  fileprivate func part(cutBy reader: Graph.Reference, in graph: Graph) -> Part? {
    guard case .slice(let cut)? = graph.primitive(of: reader)?.kernel, cut.steps == [1] else { return nil }
    return parts.first { $0.offset == cut.starts[0] && $0.shape.count == graph[reader].shape.count }
  }
}

/// The results of loops, as nodes read them: cut out of the vector that a loop leaves, then given their shape and type.
struct LoopParts<Content> {
  private struct View {
    let part: GraphLoop.Part
    let content: Content
  }

  private var loops: [Graph.Reference: GraphLoop] = [:]
  private var contents: [Graph.Reference: [GraphLoop.Result: Content]] = [:]
  private var views: [Graph.Reference: View] = [:]

  /// - Parameter contents: by what is kept.
  mutating func add(_ node: Graph.Reference, _ loop: GraphLoop, _ contents: [GraphLoop.Result: Content]) {
    loops[node] = loop
    self.contents[node] = contents
    // One that is alone isn't cut out.
    if let part = loop.parts.first, loop.kept.count == 1, let content = contents[part.result] {
      views[node] = View(part: part, content: content)
    }
  }

  /// What a node reads of a loop if it is a part as a whole, in whatever shape and type; nil for any other node.
  mutating func content(of reference: Graph.Reference, in graph: Graph) -> Content? {
    guard let view = view(of: reference, in: graph) else { return nil }
    views[reference] = view
    return view.content
  }

  private func view(of reference: Graph.Reference, in graph: Graph) -> View? {
    guard let primitive = graph.primitive(of: reference),
      let operand = ExportedProgram.operands(of: reference, in: graph).first
    else {
      return nil
    }
    switch primitive.kernel {
    case .slice(let cut):
      guard cut.steps == [1], let part = loops[operand]?.part(cutBy: reference, in: graph) else { return nil }
      return contents[operand]?[part.result].map { View(part: part, content: $0) }
    case .reshape:
      let view = views[operand]
      return view?.part.shape == graph[reference].shape ? view : nil
    case .convert:
      let view = views[operand]
      return view?.part.type == graph[reference].type ? view : nil
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .fill, .iota, .broadcast, .transpose, .embed,
      .window, .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .take, .takeAdjoint, .gather,
      .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      return nil
    }
  }
}
