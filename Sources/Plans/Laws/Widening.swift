import Graphs
import Tensors

extension Simplify.Law {
  /// What is wider holds each value as it is.
  static let widened = Self("convert(convert(x)) = x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .convert = primitive.kernel,
      case .apply(let other, let y) = graph[x[0]].kind, case .convert = other.kernel, graph.fits(y[0], node),
      node.type.isHeld(by: graph[x[0]].type)
    else { return nil }
    return y[0]
  }
}

extension ElementType {
  /// Whether a wider type has each of its values.
  fileprivate func isHeld(by wider: ElementType) -> Bool {
    switch (self, wider) {
    case (.bool, .float32), (.bool, .float64), (.bool, .literal): true
    case (.float32, .float64), (.float32, .literal), (.literal, .float64), (.float64, .literal): true
    case (.bool, .bool), (.float32, .bool), (.float32, .float32), (.float64, .bool), (.float64, .float32),
      (.float64, .float64), (.literal, .bool), (.literal, .float32), (.literal, .literal):
      false
    }
  }
}
