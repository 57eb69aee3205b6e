import Graphs
import Syntax
import Tensors

/// Entries picked from a value: counted from 0 in Python, from 1 elsewhere.
extension HabitTranslator {
  /// - Parameter isCall: with parentheses, as in Octave.
  func index(
    _ base: ForeignExpression, _ entries: [ForeignExpression], isCall: Bool = false
  ) throws(NoLine) -> Expression {
    if let path = base.path, let (tool, names) = resolved(path), let name = names.last {
      if let value = try row([name + "()"], tool, first: entries.map { ForeignArgument(value: $0) }),
        Tool.modules[path[0]] != nil
      {
        return value
      }
    }
    let value = try expression(base)
    // Octave's are parentheses: brackets are ours.
    if isCall || countsFromOne && tool != .octave { return try fromOne(value, entries) }
    var indices: [Index] = []
    for entry in entries { indices.append(try fromZero(entry)) }
    return simplified(make(.index(value, indices)))
  }

  private func fromZero(_ entry: ForeignExpression) throws(NoLine) -> Index {
    switch entry {
    case .ellipsis: return .ellipsis(0..<0)
    case .omitted: return .slice(start: nil, stop: nil, step: nil, range: 0..<0)
    case .range(let parts):
      let bounds = try parts.map { part throws(NoLine) in try part.map { x throws(NoLine) in try expression(x) } }
      return .slice(
        start: bounds[0], stop: bounds.count > 1 ? bounds[1] : nil, step: bounds.count > 2 ? bounds[2] : nil,
        range: 0..<0)
    case _ where entry.isNewAxis: return .newAxis(0..<0)
    default: return .at(try expression(entry))
    }
  }

  private func fromOne(_ value: Expression, _ entries: [ForeignExpression]) throws(NoLine) -> Expression {
    if tool == .r, entries.count == 1, case .unary("-", let index) = entries[0] {
      return call("delete", [value, shifted(try expression(index), by: -1)])
    }
    if entries.count == 1, let rank = shape(of: value)?.count, rank > 1 {
      if case .at(let index) = try fromOne(entries[0]), isMask(index) { return make(.index(value, [.at(index)])) }
      // Columns come first there.
      let flat = call("flatten", [make(.transpose(value))])
      if case .range(let parts) = entries[0], parts.allSatisfy({ $0 == nil }) { return flat }
      guard rank == 2 else { throw .unknown }
      return make(.index(flat, [try fromOne(entries[0])]))
    }
    if entries.count == 1, case .range(let parts) = entries[0], parts.allSatisfy({ $0 == nil }) { return value }
    return make(.index(value, try indicesFromOne(entries)))
  }

  func indicesFromOne(_ entries: [ForeignExpression]) throws(NoLine) -> [Index] {
    var indices: [Index] = []
    for entry in entries { indices.append(try fromOne(entry)) }
    return indices
  }

  private func fromOne(_ entry: ForeignExpression) throws(NoLine) -> Index {
    switch entry {
    case .omitted: return .slice(start: nil, stop: nil, step: nil, range: 0..<0)
    case .range(let parts):
      let step = parts.count == 3 ? try parts[1].map { x throws(NoLine) in try expression(x) } : nil
      if let step, (step.plainNumber ?? 0) <= 0 {
        guard step.plainNumber == -1, parts[0]?.isEnd == true, parts[2]?.isLiteral("1") == true else { throw .unknown }
        return .slice(start: nil, stop: nil, step: number(-1), range: 0..<0)
      }
      let start = try parts[0].flatMap { x throws(NoLine) in try place(x, isStop: false) }
      let stop = try parts[parts.count - 1].flatMap { x throws(NoLine) in try place(x, isStop: true) }
      return .slice(start: start?.plainNumber == 0 ? nil : start, stop: stop, step: step, range: 0..<0)
    default:
      if let items = entry.entries { return .at(make(.list(try places(items)))) }
      let value = try expression(entry)
      if isMask(value) { return .at(value) }
      return .at(try place(entry, isStop: false) ?? value)
    }
  }

  private func places(_ items: [ForeignExpression]) throws(NoLine) -> [Expression] {
    var places: [Expression] = []
    for item in items {
      guard let place = try place(item, isStop: false) else { throw .unknown }
      places.append(place)
    }
    return places
  }

  /// A place counted from 0; the stop of a slice is the place behind it, nil at the end.
  private func place(_ entry: ForeignExpression, isStop: Bool) throws(NoLine) -> Expression? {
    if entry.isEnd { return isStop ? nil : number(-1) }
    if case .binary("-", let base, let back) = entry, base.isEnd {
      let distance = shifted(try expression(back), by: isStop ? 0 : 1)
      return distance.plainNumber.map { number(-$0) } ?? make(.unary(.negative, distance))
    }
    let value = try expression(entry)
    return isStop ? value : shifted(value, by: -1)
  }

  /// It picks by true and false.
  private func isMask(_ value: Expression) -> Bool {
    guard case .tensor(let symbol)? = try? Evaluator(session, .check).evaluate(value) else { return false }
    return symbol.type == .bool
  }
}

extension ForeignExpression {
  /// The last place, as Octave and Julia write it.
  var isEnd: Bool { if case .name("end") = self { true } else { false } }

  /// `None`, `np.newaxis`, `tf.newaxis`.
  fileprivate var isNewAxis: Bool { isNone || path?.last == "newaxis" }
}
