import Graphs
import Refusals
import Syntax
import Tensors

/// A loss from where the names stand: how long its gradient is, and how it curves along it.
struct Slope {
  let length: Double
  let curvature: Double
  /// No entry of the gradient can be anything but 0 near by: all units are off, or no way leads back.
  let isStopped: Bool

  /// Nil where the loss has no second derivative that could be computed.
  init?(_ call: Training, _ session: Session) {
    let evaluator = Evaluator(session)
    let builder = evaluator.builder
    var leaves: [String: Value] = [:]
    var moved: [Symbol] = []
    for place in call.places {
      let name = place.name.text
      guard let stored = session.names[name]?.stored, case .tensor(let held) = stored[place.positions[...]] else {
        return nil
      }
      let symbol = builder.parameter(held.tensor)
      moved.append(symbol)
      leaves[name, default: evaluator.enter(stored, name)][place.positions[...]] = .tensor(symbol)
    }
    let found = try? evaluator.withTargets(leaves) { () throws(Diagnostic) in try evaluator.tensor(call.loss) }
    guard let loss = found, loss.shape.count == 1, loss.type != .bool else { return nil }
    let gradients = builder.gradient(of: loss.asFloat, withRespectTo: moved)
    func dot(_ a: [Symbol], _ b: [Symbol]) -> Symbol? {
      let products = zip(a, b).map { Operator.sum($0 * $1) }
      return products.dropFirst().reduce(products.first) { sum, next in sum.map { $0 + next } }
    }
    let stopped = gradients.map(\.stopped)
    guard let along = dot(gradients, stopped) else { return nil }
    let bends = builder.gradient(of: along, withRespectTo: moved)
    guard let square = dot(stopped, stopped), let bend = dot(stopped, bends),
      let values = try? builder.values(of: [square, bend]), let size = values[0].scalar, let curved = values[1].scalar
    else { return nil }
    let strong = gradients.map { builder.pattern(of: $0).strong }
    isStopped =
      size == 0
      && strong.allSatisfy { mask in
        guard let mask, let value = try? builder.value(of: mask) else { return false }
        return value.values.allSatisfy { $0 == 0 }
      }
    length = size.squareRoot()
    curvature = size > 0 ? curved / size : 0
  }
}
