import Graphs
import Tensors

extension Simplify.Law {
  /// Entries of a list that are taken one by one needn't be joined first: concat([x, y]).
  static let pieceOfJoined = Self("slice(concat(x, y)) = slice(x)") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .slice(let cut) = primitive.kernel,
      let joined = graph.primitive(of: x[0]), case .concat(let axis) = joined.kernel, node.shape.count > 0
    else { return nil }
    let (start, length) = (cut.starts[axis], (node.shape[axis] - 1) * cut.steps[axis])
    var before = 0
    for part in graph.operands(of: x[0]) {
      let own = before..<before + graph[part].shape[axis]
      guard own.contains(start), own.contains(start + length) else {
        before = own.upperBound
        continue
      }
      var starts = cut.starts
      starts[axis] -= before
      if graph[part].shape == node.shape, starts.allSatisfy({ $0 == 0 }) { return part }
      let piece = Primitive.slice(Cut(starts: starts, steps: cut.steps))
      return graph.add(node.made(by: .apply(piece, [part])))
    }
    return nil
  }
}
