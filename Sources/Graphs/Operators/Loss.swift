import Refusals
import Tensors

/// How far a prediction is from its target.
extension Operator {
  private static func loss(
    _ head: String, _ summary: String, derivative: String, trials: [String]?, domain: ClosedRange<Double> = -2...2,
    _ elements: @escaping @Sendable (Arguments) throws(Refusal) -> Symbol
  ) -> Operator {
    Operator(
      "\(head), weights?, reduction=\"mean\")", summary, derivative: derivative, domain: domain, trials: trials
    ) { arguments throws(Refusal) in .tensor(try arguments.reduced(loss: try elements(arguments))) }
  }

  public static let mse: Operator = loss(
    "mse(prediction, target", "The mean squared error.", derivative: "2 (prediction - target) / n",
    trials: ["mse(a, b)", "mse(a, b, reduction=\"sum\")"]
  ) { arguments throws(Refusal) in
    let (p, t) = try arguments.pair()
    return (p - t).squared()
  }

  public static let mae: Operator = loss(
    "mae(prediction, target", "The mean absolute error.", derivative: "sign(prediction - target) / n",
    trials: ["mae(a, b)"]
  ) { arguments throws(Refusal) in
    let (p, t) = try arguments.pair()
    return abs(p - t)
  }

  public static let huber: Operator = Operator(
    "huber(prediction, target, delta=1, weights?, reduction=\"mean\")",
    "Squared error near the target, absolute further out.",
    derivative: "the error, at most delta in size", trials: ["huber(a, b)", "huber(a, b, 0.5)"]
  ) { arguments throws(Refusal) in
    let (p, t) = try arguments.pair()
    let delta = try arguments.number("delta", default: 1).asFloat
    let size = abs(p - t)
    _ = try arguments.broadcast(size.shape, delta.shape)
    let far = delta * (size - delta * 0.5)
    let near = (p - t).squared() * 0.5
    return .tensor(try arguments.reduced(loss: .select(.compare(.lessEqual, size, delta), near, far)))
  }

  public static let crossEntropy: Operator = Operator(
    "cross_entropy(logits, labels, weights?, reduction=\"mean\", ignore_index?, label_smoothing=0)",
    "The negative log of the probability that softmax gives the right class; rows labelled ignore_index don't count.",
    derivative: "softmax(logits) - labels, divided by the rows that count",
    trials: [
      "cross_entropy(a, [0, 2])", "cross_entropy(a, softmax(b))", "cross_entropy(a, [0, 2], label_smoothing=0.2)",
      "cross_entropy(a, softmax(b), label_smoothing=0.2)", "cross_entropy(a, [9, 2], ignore_index=9)",
    ]
  ) { arguments throws(Refusal) in
    let (x, labels) = (try arguments.tensor(0).asFloat, try arguments.tensor(1))
    guard x.rank > 0, x.shape[x.rank - 1] > 0 else {
      throw Refusal("cross_entropy wants logits with classes on the last axis, not \(x.shape)")
    }
    let smoothing = try arguments.double("label_smoothing", default: 0)
    guard smoothing >= 0, smoothing <= 1 else {
      throw Refusal("cross_entropy wants a label_smoothing from 0 to 1, not \(smoothing.text)")
    }
    let (loss, counted) = try arguments.likelihood(x.logSoftmax(axis: x.rank - 1), labels, smoothing: smoothing)
    return .tensor(try arguments.reduced(loss: loss, counting: counted))
  }

  public static let nll: Operator = Operator(
    "nll(log_probabilities, labels, weights?, reduction=\"mean\", ignore_index?)",
    "The negative of the right class's log probability; rows labelled ignore_index don't count.",
    derivative: "-1 at the right class, divided by the rows that count",
    trials: ["nll(a, [0, 2])", "nll(a, [0, -1], ignore_index=-1)"]
  ) { arguments throws(Refusal) in
    let (loss, counted) = try arguments.likelihood(
      try arguments.tensor(0).asFloat, try arguments.tensor(1), smoothing: 0)
    return .tensor(try arguments.reduced(loss: loss, counting: counted))
  }

  public static let bceWithLogits: Operator = loss(
    "bce_with_logits(logits, labels", "The cross entropy of yes-or-no labels and sigmoid(logits).",
    derivative: "(sigmoid(logits) - labels) / n", trials: ["bce_with_logits(a, sigmoid(b))"]
  ) { arguments throws(Refusal) in
    let (x, t) = try arguments.pair()
    let labels = t.asFloat
    return softplus(-x).weighted(by: labels) + softplus(x).weighted(by: 1 - labels)
  }

  public static let klDivergence: Operator = loss(
    "kl_div(p, q", "The mean over rows of sum(p (log(p) - log(q))); p is the target.",
    derivative: "log(p / q) + 1, -p / q, divided by the rows", trials: ["kl_div(a, b)"], domain: 0.2...1
  ) { arguments throws(Refusal) in
    let (p, q) = try arguments.pair()
    let (probability, other) = (p.asFloat, q.asFloat)
    let isCorner = Symbol.logic(.and, probability.compared(.equal, 0), other.compared(.equal, 0))
    let cross = log(other).substituting(0, where: isCorner).weighted(by: probability)
    let terms = xlogy(p, p) - cross
    return terms.rank == 0 ? terms : terms.summed(over: [terms.rank - 1])
  }

  static let loss: [Operator] = [mse, mae, huber, crossEntropy, nll, bceWithLogits, klDivergence]
}

extension Arguments {
  /// Weighted, then the mean (over what counts and has a weight other than 0), the sum, or each element.
  func reduced(loss elements: Symbol, counting counted: Symbol? = nil) throws(Refusal) -> Symbol {
    let reduction = try text("reduction", default: "mean")
    guard ["mean", "sum", "none"].contains(reduction) else {
      throw Refusal("\(signature.name) knows the reductions \"mean\", \"sum\" and \"none\", not \"\(reduction)\"")
    }
    let weights = try optionalTensor("weights")
    let shape = try broadcast(elements.shape, weights?.shape ?? .scalar)
    let weighted = weights.map { elements.weighted(by: $0) } ?? elements
    if reduction == "none" { return weighted }
    if reduction == "sum" { return weighted.summed }
    let marks = [weights?.asBool, counted].compactMap { $0 }
    guard let first = marks.first else { return elements.mean(over: Array(0..<elements.rank)) }
    let isCounted = marks.dropFirst().reduce(first) { .logic(.and, $0, $1) }
    let count = isCounted.broadcast(to: shape).asFloat.summed.stopped
    return weighted.summed / Symbol.select(count.compared(.equal, 0), builder.constant(1), count)
  }

  /// By class number, or by one probability for each class; and which rows count, nil: all.
  ///
  /// - Parameter smoothing: the share of each row that goes to all classes alike.
  fileprivate func likelihood(
    _ scores: Symbol, _ labels: Symbol, smoothing: Double
  ) throws(Refusal) -> (loss: Symbol, counted: Symbol?) {
    let last = scores.rank - 1
    guard last >= 0 else { throw Refusal("\(signature.name) wants classes on the last axis, not a number") }
    let ignored = try has("ignore_index") ? integer("ignore_index") : nil
    guard labels.rank < scores.rank else {
      guard ignored == nil else {
        throw Refusal(
          "\(signature.name) knows ignore_index for class numbers; these labels are probabilities",
          help: "weights= with a 0 leaves a row out")
      }
      let shape = try broadcast(scores.shape, labels.shape)
      let smooth = smoothing > 0 ? labels * (1 - smoothing) + smoothing / Double(scores.shape[last]) : labels
      return (-scores.weighted(by: smooth).broadcast(to: shape).summed(over: [shape.rank - 1]), nil)
    }
    guard labels.shape == scores.shape.removing([last]) else {
      throw Refusal(
        "\(signature.name) wants one class number for each row: \(scores.shape) and labels \(labels.shape)")
    }
    let counted = ignored.map { labels.compared(.notEqual, Double($0)) }
    let known = counted.map { Symbol.select($0, labels, builder.constant(0)) } ?? labels
    let classes = try indices(known, below: scores.shape[last], "labels", areClasses: true)
    let column = classes.reshaped(Shape(labels.shape.extents + [1]))
    var loss = -scores.gathered(column, axis: last).reshaped(labels.shape)
    if smoothing > 0 {
      let all = -scores.mean(over: [last])
      loss = smoothing < 1 ? loss * (1 - smoothing) + all * smoothing : all
    }
    return (counted.map { .keep($0, loss) } ?? loss, counted)
  }
}
