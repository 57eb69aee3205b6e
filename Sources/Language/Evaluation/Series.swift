import Graphs
import Syntax
import Tensors

/// A number in each round of a loop that is followed once, known beforehand.
struct Series {
  let numbers: [Double]
  /// The function's loop whose rounds they are; nil: those of a loop at the top.
  let trace: LoopTrace?

  /// Neighbours along an axis, from another start in each round.
  struct Window {
    enum Start {
      case known([Int], LoopTrace?)
      /// Computed with the rest of the round.
      case computed(Symbol)
    }

    let start: Start
    let step: Int
    let count: Int
    let isOne: Bool

    /// The window in the round at hand.
    func taken(from x: Symbol, axis: Int, _ tracer: Tracer?) -> Symbol {
      let (starts, trace): ([Int], LoopTrace?)
      switch start {
      case .computed(let place): return x.windowed(axis: axis, from: place, count: count, step: step)
      case .known(let numbers, let loop): (starts, trace) = (numbers, loop)
      }
      guard let trace else {
        guard let tracer else { preconditionFailure("only a loop has windows") }
        return x.windowed(axis: axis, from: tracer.input(starts.map(Double.init)), count: count, step: step)
      }
      if isOne, !trace.depends(x), starts.count <= 4 * x.shape[axis] {
        return row(of: x, axis: axis, starts, in: trace)
      }
      let numbers = x.builder.constant(Tensor(starts.map(Double.init), shape: Shape([starts.count]), type: .float64))
      return x.windowed(axis: axis, from: trace.row(of: numbers, isLiteral: true), count: count, step: step)
    }

    /// Of what no round changes, all entries are picked before: then their adjoints are put back together, too.
    private func row(of x: Symbol, axis: Int, _ starts: [Int], in trace: LoopTrace) -> Symbol {
      var entries = x
      if starts != Array(0..<x.shape[axis]) {
        let places = Tensor(starts.map(Double.init), shape: Shape([starts.count]), type: .float64)
        entries = x.taken(x.builder.constant(places), axis: axis)
      }
      let others = (0..<x.rank).filter { $0 != axis }
      return trace.row(of: entries.transposed([axis] + others)).expanded(at: axis)
    }
  }
}

extension Evaluator {
  /// A number's value in each round; nil where it is the same in all of them, or can't be known beforehand.
  func series(of symbol: Symbol, _ range: SourceRange) throws(Diagnostic) -> Series? {
    let loops = following.filter { $0.depends(symbol) }
    if let trace = loops.last {
      guard loops.count == 1, symbol.rank == 0, let series = trace.series(of: symbol) else { return nil }
      return Series(numbers: try value(of: series, range).values, trace: trace)
    }
    let numbers = try located(at: range, try session.tracer?.series(of: symbol))
    return numbers.map { Series(numbers: $0, trace: nil) }
  }
}
