import Graphs
import Tensors

/// A tensor between statements, with what is known of its zeros.
struct Held: Sendable {
  var tensor: Tensor
  var pattern: Pattern<Tensor> = .full
  /// A mask that isn't computed anew: its removed entries are removed for good.
  var isFixed = false
  /// While a loop's body is traced: the value's number among what the tracer follows; the tensor is a stand-in then.
  var traced: Int?
}

extension Held {
  /// Why each entry is what it is; nil where no zero is strong.
  var causes: [Cause]? {
    guard let strong = pattern.strong else { return nil }
    let structural = pattern.structural
    return (0..<tensor.count).map { place in
      if let structural, structural[flat: place] == 0 { return .structural }
      if strong[flat: place] == 0 { return .gated }
      return tensor[flat: place] == 0 ? .exact : .live
    }
  }
}
