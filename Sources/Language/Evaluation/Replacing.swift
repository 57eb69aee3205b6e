import Graphs
import Refusals
import Syntax
import Tensors

/// `x[…] = value`: the replacement of what an index picks.
extension Evaluator {
  /// The tensor with the picked entries given new values.
  func replacing(
    _ entries: [Index], of x: Symbol, by value: Symbol, _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    if let stretch = session.tracer?.stretch, scopes.isEmpty, following.isEmpty, stretch.starts.contains(x.reference),
      builder.pattern(of: x).isFull, builder.pattern(of: value).isFull,
      let placing = try placing(entries, of: x, by: value, range)
    {
      stretch.placing = placing
      return x
    }
    let positions = builder.iota(x.shape.count, type: .float64).reshaped(x.shape)
    let picked = try index(positions, entries, range)
    guard value.shape.broadcast(with: picked.shape) == picked.shape else {
      throw Diagnostic("\(value.shape) doesn't fit into \(picked.shape)", at: range)
    }
    if isFollowed(picked) || session.tracer?.differs(picked) == true {
      return try replacing(at: picked, entries, of: x, by: value, range)
    }
    let places = try places(picked, of: positions, range)
    if places.count == 0 { return x }
    let type = x.type == .bool ? value.type : max(x.type, value.type == .literal ? x.type : value.type)
    let values = value.converted(to: type).broadcast(to: picked.shape).reshaped(Shape([places.count]))
    return x.converted(to: type).reshaped(Shape([x.shape.count])).replacing(at: places, by: values).reshaped(x.shape)
  }

  /// The numbers of the positions that were picked: where a list picks from a vector, the list itself.
  private func places(_ picked: Symbol, of positions: Symbol, _ range: SourceRange) throws(Diagnostic) -> Tensor {
    if let list = picked.list(pickedFrom: positions) {
      let places = try self.value(of: list, range)
      if places.holdsPlaces(below: positions.shape.count) { return places.reshaped(Shape([places.count])) }
    }
    let places = try self.value(of: picked, range)
    return places.reshaped(Shape([places.count]))
  }

  /// The same where the places differ from round to round: which they are is computed with the rest.
  private func replacing(
    at picked: Symbol, _ entries: [Index], of x: Symbol, by value: Symbol, _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    if picked.shape.count == 0 { return x }
    // A list may name a place twice, where the last value counts.
    for case .at(let entry) in entries where try tensor(entry).rank > 0 {
      throw Diagnostic(.unknownValue("these places differ from round to round"), at: range)
    }
    let type = x.type == .bool ? value.type : max(x.type, value.type == .literal ? x.type : value.type)
    let (places, whole) = (picked.reshaped(Shape([picked.shape.count])), Shape([x.shape.count]))
    func spread(_ values: Symbol) -> Symbol {
      builder.add(.takeAdjoint(0), [values, places], shape: whole, type: .float64)
    }
    let truth = spread(builder.ones(places.shape, type: .float64)).asBool.reshaped(x.shape)
    let order = spread(builder.iota(places.shape.count, type: .float64))
    let values = value.converted(to: type).broadcast(to: picked.shape).reshaped(places.shape)
    return .select(truth, values.taken(order, axis: 0).reshaped(x.shape), x.converted(to: type))
  }
}
