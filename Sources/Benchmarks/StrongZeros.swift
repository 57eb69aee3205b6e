import Graphs
import Plans
import Tensors

/// What leaving strong zeros out of products costs a training step, held against the same step with the rule off.
enum StrongZeros {
  /// The median ratio of the times, rule on to rule off, of a training loop over a masked 784-256-128-10 network at
  /// batch 128, measured in turns.
  static func cost(runs: Int = 15, steps: Int = 20) -> Double {
    guard let on = loop(hasStrongZeros: true), let off = loop(hasStrongZeros: false) else { return .nan }
    let ratios = (0..<runs).map { _ in seconds(on, steps) / seconds(off, steps) }
    return ratios.sorted()[runs / 2]
  }

  private static func seconds(_ loop: Recurrence, _ steps: Int) -> Double {
    let duration = ContinuousClock().measure { try? loop.run(to: loop.count + steps) }
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  private static func loop(hasStrongZeros: Bool) -> Recurrence? {
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
    var numbers: [Int] = []
    for i in 0..<3 {
      numbers.append(builder.parameters.count)
      let w = builder.separate(builder.parameter(random([extents[i], extents[i + 1]])))
      weights.append(w)
      let mask = random([extents[i], extents[i + 1]])
      let kept = builder.parameter(Tensor(mask.values.map { $0 > 0 }, shape: mask.shape), isFixed: true)
      let product = Symbol.matrixProduct(layer, kept * w)
      layer = i == 2 ? product : Operator.relu(product)
    }
    let loss = (layer - target).squared().summed / 1280
    let gradients = builder.gradient(of: loss, withRespectTo: weights)
    let carried = zip(numbers, zip(weights, gradients)).map { number, pair in
      Recurrence.Carried(parameter: number, next: (pair.0 - 1e-4 * pair.1).reference)
    }
    return try? Recurrence(
      builder.graph, parameters: builder.parameters.map(\.value), carried: carried, inputs: [], count: 0,
      memoryLimit: 1 << 30)
  }
}
