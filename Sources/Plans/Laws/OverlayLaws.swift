import CKernels
import Graphs
import Tensors

extension Simplify.Law {
  /// What many have read parts of has the sum of what those parts get as its gradient.
  static let overlaid = Self("embed(x) + embed(y) in one pass") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .zip(.add) = primitive.kernel, node.type.isFloat,
      (1...16).contains(node.shape.rank), let (first, second) = graph.parts(x, of: node)
    else { return nil }
    let parts = first + second
    // A longer row would be written down again with each of its sums.
    guard parts.count <= 64, parts.allSatisfy({ $0.cut.lies(graph[$0.value].shape, in: node.shape) })
    else { return nil }
    let kernel = Overlay(parts.map { ($0.cut, graph[$0.value].shape) }, in: node.shape)
    return graph.add(
      Graph.Node(kind: .apply(kernel.primitive, parts.map(\.value)), shape: node.shape, type: node.type))
  }
}

extension Graph {
  typealias Part = (value: Reference, cut: Cut)

  /// The parts of two terms, of which the second is one part: sums go from the left.
  fileprivate func parts(_ terms: [Reference], of node: Node) -> ([Part], [Part])? {
    guard terms.allSatisfy({ fits($0, node) }), let a = parts(of: terms[0]), let b = parts(of: terms[1])
    else { return nil }
    return b.count == 1 ? (a, b) : a.count == 1 ? (b, a) : nil
  }

  /// What a tensor of zeros and of parts is made of.
  func parts(of reference: Reference) -> [Part]? {
    guard case .apply(let primitive, let operands) = self[reference].kind else { return nil }
    if case .embed(let cut) = primitive.kernel { return [(operands[0], cut)] }
    guard let overlay = primitive.kernel.direct as? Overlay else { return nil }
    return Array(zip(operands, overlay.cuts)).map { ($0, $1) }
  }
}
