import Graphs
import Syntax
import Tensors

/// `x[…] = value`: the replacement of what an index picks.
extension Evaluator {
  /// The tensor with the picked entries given new values.
  func replacing(
    _ entries: [Index], of x: Symbol, by value: Symbol, _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    let positions = builder.iota(x.shape.count, type: .float64).reshaped(x.shape)
    let picked = try index(positions, entries, range)
    guard value.shape.broadcast(with: picked.shape) == picked.shape else {
      throw Diagnostic("\(value.shape) doesn't fit into \(picked.shape)", at: range)
    }
    let places = try self.value(of: picked, range)
    if places.count == 0 { return x }
    var truth = [Bool](repeating: false, count: x.shape.count)
    var last = [Double](repeating: 0, count: x.shape.count)
    for (source, place) in places.values.enumerated() {
      truth[Int(place)] = true
      last[Int(place)] = Double(source)
    }
    let type = x.type == .bool ? value.type : max(x.type, value.type == .literal ? x.type : value.type)
    let values = value.converted(to: type).broadcast(to: picked.shape).reshaped(Shape([places.count]))
    let order = builder.constant(Tensor(last, shape: Shape([last.count]), type: .float64))
    let spread = values.taken(order, axis: 0).reshaped(x.shape)
    return .select(builder.constant(Tensor(truth, shape: x.shape)), spread, x.converted(to: type))
  }
}
