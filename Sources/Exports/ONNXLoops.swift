import Graphs
import Refusals
import Tensors

/// Loops in ONNX: what is carried goes from round to round, what is kept of each is stacked.
extension ONNXModel {
  mutating func writeLoop(
    _ reference: Graph.Reference, among order: [Graph.Reference], of graph: Graph
  ) throws(Refusal) {
    guard let (whole, nodes) = ExportedLoop.whole(reference, among: order, in: graph) else { return }
    let loop = ExportedLoop(whole)
    let operands = graph.operands(of: reference)
    let rounds = whole.parts.filter { if case .last = $0.result { false } else { true } }
    let starts = loop.carried.compactMap { values[operands[$0]] }
    let first = try test(loop, with: starts, operands)

    let outer = (nodes: self.nodes, values: values, parts: parts)
    self.nodes = []
    let round = Value(name: fresh(), shape: .scalar, type: .float64, isWhole: true)
    let condition = Value(name: fresh(), shape: .scalar, type: .bool)
    var own: [Value] = []
    for start in starts { own.append(Value(name: fresh(), shape: start.shape, type: start.type)) }
    enter(loop, carried: own, operands, from: outer.values)
    if !loop.rows.isEmpty {
      var row = round
      if whole.isReversed {
        let last = reshaped(self.whole([whole.count - 1]), .scalar)
        row = node("Sub", [last, round], .scalar, .float64)
      }
      for number in loop.rows {
        guard let x = outer.values[operands[number]], let parameter = loop.body.parameters[number] else { continue }
        values[parameter] = node(
          "Gather", [x, row], x.shape.removing([0]), loop.body.graph[parameter].type, [.integer("axis", 0)])
      }
    }
    let next = loop.carried.map { loop.body.next[$0] }
    try write(loop.order(for: next + rounds.map { whole.source(of: $0.result) }), of: loop.body.graph)
    // What a round hands on has a name of its own even where it is what the round was given.
    func handed(_ value: Value, as type: ElementType) -> Value {
      node("Identity", [converted(value, to: type)], value.shape, type)
    }
    var outputs: [Value] = []
    for (node, start) in zip(next, starts) {
      if let value = values[node] { outputs.append(handed(value, as: start.type)) }
    }
    var kept: [Value] = []
    for part in rounds {
      if let value = values[whole.source(of: part.result)] { kept.append(handed(value, as: part.type)) }
    }
    let goesOn = try test(loop, with: outputs, operands, in: outer.values) ?? condition
    let answer = node("Identity", [goesOn], .scalar, .bool)
    let body = Subgraph(
      nodes: self.nodes, inputs: [round, condition] + own, outputs: [answer] + outputs + kept)
    (self.nodes, values, parts) = outer

    var results: [GraphLoop.Result: Value] = [:]
    var names: [String] = []
    for (number, start) in zip(loop.carried, starts) {
      names.append(fresh())
      results[.last(number)] = Value(name: names[names.count - 1], shape: start.shape, type: start.type)
    }
    for part in rounds {
      names.append(fresh())
      results[part.result] = Value(name: names[names.count - 1], shape: part.shape, type: part.type)
    }
    let count = loop.condition == nil ? reshaped(self.whole([whole.count]), .scalar).name : ""
    self.nodes.append(
      Node(
        kind: "Loop", inputs: [count, first?.name ?? ""] + starts.map(\.name), outputs: names,
        attributes: [.graph("body", body)]))
    for part in rounds where whole.isReversed {
      guard let stack = results[part.result] else { continue }
      let ends = [self.whole([whole.count - 1]), self.whole([Int(Int32.min)]), self.whole([0]), self.whole([-1])]
      results[part.result] = node("Slice", [stack] + ends, stack.shape, stack.type)
    }
    leave(nodes, with: results, in: graph)
  }

  mutating func joined(_ vectors: [Value], _ shape: Shape, _ type: ElementType) -> Value {
    node("Concat", vectors, shape, type, [.integer("axis", 0)])
  }

  /// Whether there is a round with these carried values; nil where rounds are counted.
  private mutating func test(
    _ loop: ExportedLoop, with carried: [Value], _ operands: [Graph.Reference],
    in around: [Graph.Reference: Value]? = nil
  ) throws(Refusal) -> Value? {
    guard let condition = loop.condition else { return nil }
    let outer = (values: values, parts: parts)
    enter(loop, carried: carried, operands, from: around ?? values)
    try write(loop.test, of: loop.body.graph)
    let result = values[condition]
    (values, parts) = outer
    return result
  }

  /// Into the body: its nodes are known by what they are there.
  private mutating func enter(
    _ loop: ExportedLoop, carried: [Value], _ operands: [Graph.Reference], from outer: [Graph.Reference: Value]
  ) {
    (values, parts) = ([:], LoopParts<Value>())
    for (number, value) in zip(loop.carried, carried) {
      if let parameter = loop.body.parameters[number] { values[parameter] = value }
    }
    for number in loop.invariants {
      if let parameter = loop.body.parameters[number] { values[parameter] = outer[operands[number]] }
    }
  }
}
