import Tensors

/// A loop as a loop over stretches of rounds: going back over it keeps the state before each stretch, and the states of
/// one stretch at a time.
struct LoopStretches {
  private let loop: GraphLoop
  private let body: LoopBody
  /// How many stretches there are, and how many rounds each has; the rounds that are left over come last.
  private let count: Int
  private let length: Int

  /// Nil where all states together are little: the bytes that they take are a part of what is free.
  init?(_ loop: GraphLoop, free: Int) {
    let state = loop.body.parameters.prefix(loop.body.carriedCount).reduce(0) { bytes, parameter in
      bytes.addingClamped(parameter.map { loop.body.graph[$0].byteCount } ?? 0)
    }
    let (bytes, overflow) = state.multipliedReportingOverflow(by: loop.count)
    guard loop.count >= 64, overflow || bytes > free / 8 else { return nil }
    (self.loop, body) = (loop, loop.body)
    count = Int(Double(loop.count).squareRoot())
    length = loop.count / count
  }

  /// What the loop keeps, made so.
  func results(_ x: [Symbol]) -> [Symbol] {
    let builder = x[0].builder
    let stacks = loop.kept.filter { if case .last = $0 { false } else { true } }
    let kept = (0..<body.carriedCount).map(GraphLoop.Result.last) + stacks
    let invariants = Array(x[body.invariants])
    let rows = body.rows.map { inOrder(x[$0]) }
    let whole = count * length
    func part(_ rounds: Int, _ carried: [Symbol], _ rows: [Symbol]) -> [Symbol] {
      let part = GraphLoop(body, count: rounds, isReversed: false, kept: kept)
      return builder.parts(of: part, carried + rows + invariants)
    }
    let stretched = builder.loop(count, from: Array(x[..<body.carriedCount])) { trace, carried in
      let own = rows.map { row in
        let first = row.sliced(axis: 0, from: 0, count: whole)
        return trace.row(of: first.reshaped(Shape([count, length] + row.shape.extents.dropFirst())))
      }
      let results = part(length, carried, own)
      return Builder.Round(
        next: Array(results[..<body.carriedCount]), outputs: Array(results[body.carriedCount...]))
    }
    guard let stretched else { preconditionFailure("stretches go on as their rounds do") }
    var last = stretched.next
    var joined = stretched.outputs.map { $0.reshaped(Shape([whole] + $0.shape.extents.dropFirst(2))) }
    if loop.count > whole {
      let left = loop.count - whole
      let results = part(left, last, rows.map { $0.sliced(axis: 0, from: whole, count: left) })
      last = Array(results[..<body.carriedCount])
      joined = zip(joined, results[body.carriedCount...]).map { .concatenated([$0, $1], axis: 0) }
    }
    var next = joined.makeIterator()
    return loop.kept.map { result in
      if case .last(let number) = result { return last[number] }
      guard let stack = next.next() else { preconditionFailure("each stack is kept of every stretch") }
      return inOrder(stack)
    }
  }

  /// Rows as they are walked over, or back.
  private func inOrder(_ rows: Symbol) -> Symbol {
    loop.isReversed ? rows.sliced(axis: 0, from: loop.count - 1, count: loop.count, step: -1) : rows
  }
}
