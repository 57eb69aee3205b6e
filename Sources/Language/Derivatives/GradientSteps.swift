import Graphs
import Printing
import Syntax
import Tensors

/// Central differences of several steps beside the gradient: where the step is too coarse, and where digits run out.
extension Evaluator {
  /// Takes `step=` out of a check's arguments: one number stands for five around it.
  func stepsOfCheck(_ arguments: inout [Syntax.Argument]) throws(Diagnostic) -> [Double]? {
    guard let place = arguments.firstIndex(where: { $0.label == "step" }) else { return nil }
    let argument = arguments.remove(at: place)
    let steps = try value(of: try tensor(argument.value).asFloat, argument.value.range)
    let values = steps.scalar.map { middle in [100, 10, 1, 0.1, 0.01].map { middle * $0 } } ?? steps.values
    guard !values.isEmpty, values.count <= 32, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw Diagnostic("steps are numbers above 0", at: argument.value.range, help: "check(loss, w, step=0.001)")
    }
    return values
  }

  func stepTable(
    _ expression: Expression, _ arguments: [Syntax.Argument], _ steps: [Double], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    var tables: [String] = []
    for place in try placesToCheck(expression, arguments, range) {
      for leaf in try leavesToCheck(place, range) {
        tables.append(try stepTable(expression, place, leaf, steps))
      }
    }
    return .text(tables.joined(separator: "\n"))
  }

  private func stepTable(
    _ expression: Expression, _ place: Place, _ leaf: LeafPlace<Held>, _ steps: [Double]
  ) throws(Diagnostic) -> String {
    let point = leaf.leaf.tensor
    let range = expression.range
    let double = session.inDoublePrecision
    let (evaluator, y, x) = try moved(expression, place, leaf, to: point.converted(to: .float64), in: double)
    let gradient = try evaluator.value(of: evaluator.builder.gradient(of: y.asFloat, withRespectTo: [x])[0], range)
    let places = Array(stride(from: 0, to: point.count, by: max(point.count / 64, 1)))
    var columns: [(type: ElementType, session: Session)] = [(.float64, double)]
    if session.settings.precision == .float32 { columns.insert((.float32, session), at: 0) }
    var rows = [["step"] + columns.map(\.type.name)]
    var best = columns.map { _ in (step: 0.0, error: Double.infinity) }
    for step in steps {
      var row = [session.display.number(step)]
      for (number, column) in columns.enumerated() {
        var error = 0.0
        for flat in places {
          let difference = try quotient(expression, place, leaf, flat, step, column.type, column.session)
          let mine = gradient[flat: flat]
          let next = abs(difference - mine) / max(abs(mine), abs(difference), 1)
          error = next.isNaN ? .nan : max(error, next)
        }
        row.append(session.display.number(Double(Float(error))))
        if error < best[number].error { best[number] = (step, error) }
      }
      rows.append(row)
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      "  "
        + zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ").trimmedEnd
    }
    let words = zip(columns, best).filter { $1.error.isFinite }.map {
      "\(session.display.number($1.step)) in \($0.type.name)"
    }
    let name = place.name.text.entry(path: leaf.path)
    return
      (["\(name): how far differences are from the gradient, of \(places.count) entries the worst"] + lines
      + (words.isEmpty ? [] : ["best: " + words.joined(separator: ", ")])).joined(separator: "\n")
  }

  /// `(f(x + h) - f(x - h)) / 2 h`, as one would type it.
  private func quotient(
    _ expression: Expression, _ place: Place, _ leaf: LeafPlace<Held>, _ entry: Int, _ step: Double,
    _ type: ElementType, _ session: Session
  ) throws(Diagnostic) -> Double {
    func value(_ distance: Double) throws(Diagnostic) -> Double {
      var values = leaf.leaf.tensor.values
      values[entry] += distance
      let point = Tensor(values, shape: leaf.leaf.tensor.shape, type: type)
      let (evaluator, y, _) = try moved(expression, place, leaf, to: point, in: session)
      return try evaluator.value(of: y.asFloat, expression.range)[flat: 0]
    }
    let difference = (try value(step)) - (try value(-step))
    return difference / (2 * step)
  }
}
