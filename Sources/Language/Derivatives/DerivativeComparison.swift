import Syntax
import Tensors

/// Central differences of some results by one entry of a point.
struct Differences {
  /// Nil for results that have a kink here: their differences to both sides, or at two steps, differ.
  let values: [Double?]

  /// - Parameter middle: the results at the point itself.
  init(
    of results: (Tensor) throws(Diagnostic) -> [Double], around middle: [Double], at point: Tensor, _ place: Int,
    step: Double, limit: Double
  ) throws(Diagnostic) {
    let step = step * max(abs(point[flat: place]), 1)
    func moved(by distance: Double) throws(Diagnostic) -> [Double] {
      var values = point.values
      values[place] += distance
      return try results(Tensor(values, shape: point.shape, type: .float64))
    }
    let (below, above) = (try moved(by: -step), try moved(by: step))
    let (nearBelow, nearAbove) = (try moved(by: -step / 4), try moved(by: step / 4))
    values = middle.indices.map { i in
      let (right, left) = ((above[i] - middle[i]) / step, (middle[i] - below[i]) / step)
      let (wide, near) = ((above[i] - below[i]) / (2 * step), (nearAbove[i] - nearBelow[i]) / (step / 2))
      let size = max(abs(right), abs(left), 1)
      return abs(right - left) > limit * size || abs(wide - near) > limit * max(abs(wide), abs(near), 1) ? nil : wide
    }
  }
}

/// What came of comparing derivatives with differences.
struct DerivativeComparison {
  let order: Int
  private var checked = 0
  private var kinks = 0
  private var worst: (index: String, isSecond: Bool, derivative: Double, difference: Double, error: Double)?

  init(order: Int) { self.order = order }

  /// Takes in derivatives by one entry, the first or a row of the second ones.
  ///
  /// - Parameters:
  ///   - place: the entry's place in what the derivatives are taken by.
  ///   - number: the same, counted through.
  mutating func add(
    _ derivatives: [Double], isSecond: Bool, at place: [Int], number: Int, _ differences: Differences
  ) {
    let hasKink = differences.values.contains { $0 == nil }
    for (i, (mine, difference)) in zip(derivatives, differences.values).enumerated() {
      // Beside a kink there may be no derivative by any entry.
      guard let difference, !hasKink || !mine.isNaN else {
        kinks += 1
        continue
      }
      let error = abs(mine - difference) / max(abs(difference), abs(mine), 1)
      checked += 1
      if worst.map({ !(error <= $0.error) }) ?? true {
        let index = isSecond ? "[\(number), \(i)]" : place.isEmpty ? "it" : place.indexText
        worst = (index, isSecond, mine, difference, error.isNaN ? .infinity : error)
      }
    }
  }

  func text(of name: String) -> String {
    let aside = kinks == 0 ? "" : ", \(kinks) on a kink set aside"
    guard let worst else { return "\(name): nothing to compare\(aside)" }
    let verdict = worst.error <= 1e-5 ? "agrees" : "DIFFERS"
    let extent = order == 2 ? " of the first and second order" : ""
    return "\(name): \(verdict) in \(checked) entries\(extent)\(aside); worst at \(worst.index): "
      + "\(worst.isSecond ? "second derivative" : "gradient") \(ElementType.float32.text(worst.derivative)), "
      + "difference \(ElementType.float32.text(worst.difference))"
  }
}
