import Graphs
import Refusals
import Tensors

/// Writes a graph's nodes one by one, each as a value of the target, and loops as the target's own.
protocol NodeWriter {
  associatedtype Value

  /// What nodes of the graph are that is being written: the program's, or a loop's body.
  var values: [Graph.Reference: Value] { get set }
  var parts: LoopParts<Value> { get set }

  static func shape(of value: Value) -> Shape
  mutating func write(_ primitive: Primitive, _ operands: [Value], _ node: Graph.Node) throws(Refusal) -> Value
  mutating func writeLoop(
    _ reference: Graph.Reference, among order: [Graph.Reference], of graph: Graph
  ) throws(Refusal)
  mutating func reshaped(_ x: Value, _ shape: Shape) -> Value
  mutating func converted(_ x: Value, to type: ElementType) -> Value
  /// Vectors of this type one behind the other.
  mutating func joined(_ vectors: [Value], _ shape: Shape, _ type: ElementType) -> Value
}

extension NodeWriter {
  /// Nodes in order.
  mutating func write(_ order: [Graph.Reference], of graph: Graph) throws(Refusal) {
    for reference in order where values[reference] == nil {
      let node = graph[reference]
      guard case .apply(let primitive, _) = node.kind else { continue }
      if primitive.kernel.loop != nil {
        try writeLoop(reference, among: order, of: graph)
      } else if let part = parts.content(of: reference, in: graph) {
        let shaped = Self.shape(of: part) == node.shape ? part : reshaped(part, node.shape)
        values[reference] = converted(shaped, to: node.type)
      } else {
        let operands = ExportedProgram.operands(of: reference, in: graph).compactMap { values[$0] }
        values[reference] = try write(primitive, operands, node)
      }
    }
  }

  /// What the nodes of one loop are, once its results are there: parts, and the vector of them for who reads it as a whole.
  mutating func leave(
    _ nodes: [Graph.Reference], with results: [GraphLoop.Result: Value], in graph: Graph
  ) {
    for node in nodes {
      guard let own = graph.primitive(of: node)?.kernel.loop else { continue }
      parts.add(node, own, results)
      let flat = own.parts.compactMap { part in
        results[part.result].map { reshaped(converted($0, to: own.type), Shape([part.shape.count])) }
      }
      // Where every reader takes a part as a whole there may be no others.
      guard flat.count == own.parts.count else { continue }
      values[node] = flat.count == 1 ? flat[0] : joined(flat, own.shape, own.type)
    }
  }
}
