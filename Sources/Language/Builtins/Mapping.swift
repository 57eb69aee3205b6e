import Graphs
import Syntax
import Tensors

extension Builtin {
  static let map = Builtin(
    "map(f, xs)", "A function applied to each entry or row.",
    .values { evaluator, arguments, range throws(Diagnostic) in try evaluator.map(arguments, range) })
}

extension Evaluator {
  fileprivate func map(_ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard arguments.count == 2, case .function(let function) = arguments[0].value else {
      throw Diagnostic("map takes a function and a tensor", at: range, help: "map(f, xs)")
    }
    let x = try symbol(arguments[1].value, arguments[1].range)
    guard x.rank > 0 else { throw Diagnostic("map wants a vector or rows; this is a number", at: arguments[1].range) }
    guard x.shape[0] <= min(100_000, nodeLimit) else {
      throw Diagnostic("map over more than 100,000 entries", at: range)
    }
    var results: [Value] = []
    for row in 0..<x.shape[0] {
      let entry = x.sliced(axis: 0, from: row, count: 1).reshaped(x.shape.removing([0]))
      results.append(
        try call(function, [Evaluated(label: nil, value: .tensor(entry), range: arguments[1].range)], range))
    }
    return stacked(results)
  }
}
