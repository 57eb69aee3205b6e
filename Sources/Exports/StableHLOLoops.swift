import Graphs
import Refusals
import Tensors

/// Loops in StableHLO: the number of the round, what is carried, what is kept and what is read all go from round to round.
extension StableHLO {
  private static let number = "tensor<i64>"

  mutating func writeLoop(
    _ reference: Graph.Reference, among order: [Graph.Reference], of graph: Graph
  ) throws(Refusal) {
    guard let (whole, nodes) = ExportedLoop.whole(reference, among: order, in: graph) else { return }
    let loop = ExportedLoop(whole)
    let operands = graph.operands(of: reference)
    let rounds = whole.parts.filter { if case .last = $0.result { false } else { true } }
    var kept: [Value] = []
    for part in rounds { kept.append(splat(0, part.shape, part.type)) }
    func starts(_ numbers: [Int]) -> [Value] { numbers.compactMap { values[operands[$0]] } }
    let given = starts(loop.carried) + kept + starts(loop.rows) + starts(loop.invariants)
    let first = constant(whole: 0)
    let outer = (lines: lines, values: values, parts: parts)

    let test = try region(given, of: loop, rows: false) { writer, own, _ throws(Refusal) in
      let answer: String
      if let condition = loop.condition {
        try writer.write(loop.test, of: loop.body.graph)
        answer = writer.values[condition]?.name ?? ""
      } else {
        let count = writer.constant(whole: whole.count)
        answer = writer.fresh()
        writer.append(
          "\(answer) = stablehlo.compare LT, \(own), \(count), SIGNED : (\(Self.number), \(Self.number)) -> tensor<i1>")
      }
      return (answer, "tensor<i1>")
    }
    let types = ([Self.number] + given.map(\.typeText)).joined(separator: ", ")
    let body = try region(given, of: loop, rows: true) { writer, own, values throws(Refusal) in
      let next = loop.carried.map { loop.body.next[$0] }
      try writer.write(loop.order(for: next + rounds.map { whole.source(of: $0.result) }), of: loop.body.graph)
      var names = next.compactMap { writer.values[$0]?.name }
      let row = whole.isReversed ? writer.row(own, of: whole.count) : own
      for (number, part) in rounds.enumerated() {
        guard let value = writer.values[whole.source(of: part.result)] else { continue }
        names.append(writer.updated(values[loop.carried.count + number], value, at: row).name)
      }
      names += values.dropFirst(loop.carried.count + rounds.count).map(\.name)
      let one = writer.constant(whole: 1)
      let later = writer.fresh()
      writer.append("\(later) = stablehlo.add \(own), \(one) : \(Self.number)")
      return (([later] + names).joined(separator: ", "), types)
    }
    (lines, values, parts) = outer
    let name = fresh()
    append(
      "\(name):\(given.count + 1) = \"stablehlo.while\"(\(([first] + given.map(\.name)).joined(separator: ", "))) (\(test), \(body)) : (\(types)) -> (\(types))"
    )
    var results: [GraphLoop.Result: Value] = [:]
    for (place, number) in loop.carried.enumerated() {
      results[.last(number)] = Value(name: "\(name)#\(place + 1)", shape: given[place].shape, type: given[place].type)
    }
    for (place, part) in rounds.enumerated() {
      results[part.result] = Value(
        name: "\(name)#\(loop.carried.count + place + 1)", shape: part.shape, type: part.type)
    }
    leave(nodes, with: results, in: graph)
  }

  mutating func joined(_ vectors: [Value], _ shape: Shape, _ type: ElementType) -> Value {
    line("concatenate", vectors, "dim = 0", shape, type)
  }

  /// A region with names of its own for what goes from round to round.
  ///
  /// - Parameter write: from the round's number and those values, what the region returns, and its types.
  private mutating func region(
    _ given: [Value], of loop: ExportedLoop, rows: Bool,
    _ write: (inout StableHLO, String, [Value]) throws(Refusal) -> (names: String, types: String)
  ) throws(Refusal) -> String {
    let round = fresh()
    var own: [Value] = []
    for value in given { own.append(Value(name: fresh(), shape: value.shape, type: value.type)) }
    (lines, values, parts) = ([], [:], LoopParts<Value>())
    let invariants = own.suffix(loop.invariants.count)
    let read = own.dropLast(loop.invariants.count).suffix(loop.rows.count)
    for (number, value) in zip(loop.carried, own) { enter(value, number, loop) }
    for (number, value) in zip(loop.invariants, invariants) { enter(value, number, loop) }
    if rows, !loop.rows.isEmpty {
      let place = loop.loop.isReversed ? row(round, of: loop.loop.count) : round
      for (number, value) in zip(loop.rows, read) { enter(taken(value, at: place), number, loop) }
    }
    let (names, types) = try write(&self, round, own)
    append("\"stablehlo.return\"(\(names)) : (\(types)) -> ()")
    let head = (["\(round): \(Self.number)"] + own.map { "\($0.name): \($0.typeText)" }).joined(separator: ", ")
    return "{\n    ^bb0(\(head)):\n" + lines.map { "      \($0)\n" }.joined() + "    }"
  }

  /// A body's parameter is known by its node; a row of doubles may be a literal there.
  private mutating func enter(_ value: Value, _ number: Int, _ loop: ExportedLoop) {
    guard let parameter = loop.body.parameters[number] else { return }
    var own = value
    own.type = loop.body.graph[parameter].type
    values[parameter] = own
  }

  private mutating func constant(whole number: Int) -> String {
    let name = fresh()
    append("\(name) = stablehlo.constant dense<\(number)> : \(Self.number)")
    return name
  }

  /// The row that a round has to do with, counted from the end.
  private mutating func row(_ round: String, of count: Int) -> String {
    let last = constant(whole: count - 1)
    let name = fresh()
    append("\(name) = stablehlo.subtract \(last), \(round) : \(Self.number)")
    return name
  }

  private mutating func taken(_ x: Value, at row: String) -> Value {
    let shape = Shape([1] + x.shape.extents.dropFirst())
    let places = places(row, rank: shape.rank)
    let result = Value(name: fresh(), shape: shape, type: x.type)
    let types = places.map { _ in Self.number }.joined(separator: ", ")
    append(
      "\(result.name) = \"stablehlo.dynamic_slice\"(\(x.name), \(places.joined(separator: ", "))) <{slice_sizes = array<i64: \(Self.list(shape.extents))>}> : (\(x.typeText), \(types)) -> \(result.typeText)"
    )
    return reshaped(result, x.shape.removing([0]))
  }

  private mutating func updated(_ x: Value, _ value: Value, at row: String) -> Value {
    let part = reshaped(converted(value, to: x.type), Shape([1] + x.shape.extents.dropFirst()))
    let places = places(row, rank: x.shape.rank)
    let result = Value(name: fresh(), shape: x.shape, type: x.type)
    let types = places.map { _ in Self.number }.joined(separator: ", ")
    append(
      "\(result.name) = \"stablehlo.dynamic_update_slice\"(\(x.name), \(part.name), \(places.joined(separator: ", "))) : (\(x.typeText), \(part.typeText), \(types)) -> \(result.typeText)"
    )
    return result
  }

  private mutating func places(_ row: String, rank: Int) -> [String] {
    if rank < 2 { return [row] }
    let zero = constant(whole: 0)
    return [row] + (1..<rank).map { _ in zero }
  }
}
