import Graphs
import Tensors

/// What leaving strong zeros out of products costs a training step, held against the same step with the rule off.
enum StrongZeros {
  /// The ratio of the median times, rule on to rule off, for a masked 784-256-128-10 network at batch 128.
  static func cost(runs: Int = 21) -> Double {
    let on = step(hasStrongZeros: true)
    let off = step(hasStrongZeros: false)
    var times: [(Double, Double)] = []
    for _ in 0..<runs { times.append((seconds(on), seconds(off))) }
    let ratios = times.map { $0.0 / $0.1 }.sorted()
    return ratios[runs / 2]
  }

  private static func seconds(_ step: (plan: Plan, parameters: [Tensor])) -> Double {
    let duration = ContinuousClock().measure { _ = try? step.plan.run(step.parameters) }
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  private static func step(hasStrongZeros: Bool) -> (plan: Plan, parameters: [Tensor]) {
    let builder = Builder()
    builder.hasStrongZeros = hasStrongZeros
    var state: UInt64 = 1
    func random(_ extents: [Int]) -> Tensor {
      let values = (0..<extents.reduce(1, *)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / Double(1 << 24) - 0.5
      }
      return Tensor(values, shape: Shape(extents), type: .float32)
    }
    let x = builder.parameter(random([128, 784]))
    let target = builder.parameter(random([128, 10]))
    let extents = [784, 256, 128, 10]
    var layer = x
    var weights: [Symbol] = []
    for i in 0..<3 {
      let w = builder.separate(builder.parameter(random([extents[i], extents[i + 1]])))
      weights.append(w)
      let mask = random([extents[i], extents[i + 1]])
      let kept = builder.parameter(Tensor(mask.values.map { $0 > 0 }, shape: mask.shape), isFixed: true)
      let product = Symbol.matrixProduct(layer, kept * w)
      layer = i == 2 ? product : Operator.relu(product)
    }
    let loss = (layer - target).squared().summed / 1280
    let gradients = builder.gradient(of: loss, withRespectTo: weights)
    let updated = zip(weights, gradients).map { $0 - 0.1 * $1 }
    return (Plan(builder.graph, outputs: updated.map(\.reference)), builder.parameters.map(\.value))
  }
}
