import Graphs
import Tensors

/// One loop without what nobody reads of it.
struct LoopTrimmer {
  private(set) var loop: GraphLoop
  /// The operands that are left, by their old numbers.
  private(set) var operands: [Int] = []
  /// What the results are called now.
  private(set) var renamed: [GraphLoop.Result: GraphLoop.Result] = [:]
  /// The names of the laws that found something to do in the body.
  private(set) var fired: [String]

  init(_ whole: GraphLoop, laws: [Simplify.Law]) {
    let body = whole.body
    let outputs = whole.kept.compactMap(\.output)
    var carried = Self.carried(whole, in: body.graph, { body.next[$0] }, { body.outputs[$0] })
    while true {
      // Laws leave out what masks are carried for: then these needn't be.
      let roots = carried.map { body.next[$0] } + outputs.map { body.outputs[$0] }
      let simplified = Simplify(body.graph, outputs: roots, laws: laws)
      let less = Self.carried(
        whole, in: simplified.graph, { simplified[body.next[$0]] }, { simplified[body.outputs[$0]] })
      guard less == carried else {
        carried = less
        continue
      }
      (loop, fired) = (whole, simplified.fired)
      rebuild(simplified, carried, outputs)
      return
    }
  }

  /// The carried values that what is kept is made of, in the end.
  private static func carried(
    _ whole: GraphLoop, in graph: Graph, _ next: (Int) -> Graph.Reference, _ output: (Int) -> Graph.Reference
  ) -> [Int] {
    var carried: Set<Int> = []
    var outputs: [Graph.Reference] = []
    for result in whole.kept {
      switch result {
      case .last(let number), .states(let number): carried.insert(number)
      case .outputs(let number): outputs.append(output(number))
      }
    }
    while true {
      let needed = graph.needed(for: outputs + carried.map(next))
      var grown = carried
      for (index, node) in graph.nodes.enumerated() where needed[index] {
        if case .parameter(let number) = node.kind, number < whole.body.carriedCount { grown.insert(number) }
      }
      if grown == carried { return carried.sorted() }
      carried = grown
    }
  }

  /// The loop by a simplified body of its own.
  private mutating func rebuild(_ simplified: Simplify, _ carried: [Int], _ outputs: [Int]) {
    let body = loop.body
    let next = carried.map { simplified[body.next[$0]] }
    let kept = outputs.map { simplified[body.outputs[$0]] }
    let needed = simplified.graph.needed(for: next + kept)
    var numbers = Set(carried)
    for (index, node) in simplified.graph.nodes.enumerated() where needed[index] {
      if case .parameter(let number) = node.kind { numbers.insert(number) }
    }
    operands = numbers.sorted()
    var graph = Graph()
    // A carried value that nothing reads has its place all the same.
    for (place, number) in operands.enumerated() {
      guard let parameter = body.parameters[number] else { preconditionFailure("a body has its parameters") }
      _ = graph.add(body.graph[parameter].made(by: .parameter(place)))
    }
    var moved = [Graph.Reference?](repeating: nil, count: simplified.graph.nodes.count)
    for (index, node) in simplified.graph.nodes.enumerated() where needed[index] {
      switch node.kind {
      case .parameter(let number):
        guard let place = operands.firstIndex(of: number) else { preconditionFailure("what is read has a place") }
        moved[index] = Graph.Reference(index: place)
      case .apply(let primitive, let x):
        moved[index] = graph.add(node.made(by: .apply(primitive, x.compactMap { moved[$0.index] })))
      }
    }
    let small = LoopBody(
      graph: graph, carried: carried.count, rows: operands.count(where: body.rows.contains),
      invariants: operands.count(where: body.invariants.contains), next: next.compactMap { moved[$0.index] },
      outputs: kept.compactMap { moved[$0.index] }, guarded: Set(simplified.guarded.compactMap { moved[$0.index] }))
    for result in loop.kept {
      switch result {
      case .last(let number): renamed[result] = carried.firstIndex(of: number).map { .last($0) }
      case .states(let number): renamed[result] = carried.firstIndex(of: number).map { .states($0) }
      case .outputs(let number): renamed[result] = outputs.firstIndex(of: number).map { .outputs($0) }
      }
    }
    loop = GraphLoop(
      small, count: loop.count, isReversed: loop.isReversed, kept: loop.kept.compactMap { renamed[$0] })
  }
}
