import Graphs
import Refusals
import Tensors
import Text

extension Builtin {
  static let weights = Builtin(
    "weights(shape…, init=\"\(Initialiser.all[0].name)\", mask?, fan_mask?, value?)",
    "A trainable tensor, as a matrix (inputs, outputs) or filters (filters, channels, …); what mask leaves out is removed for good, fan_mask only counts connections; init is \(Initialiser.names(joint: "or")).",
    traits: [.draws],
    choices: ["init": Initialiser.all.map(\.name)], leafwise: "value",
    .tensors { evaluator, arguments throws(Refusal) in
      // A node of its own, for the value may be held elsewhere, too.
      var value = try evaluator.weights(arguments)
      if let mask = try arguments.optionalTensor("mask") { value = Symbol.keep(mask.asBool, value) }
      let weights = evaluator.builder.separate(value)
      evaluator.made.weights.insert(weights.reference)
      return weights
    })
}

extension Evaluator {
  fileprivate func weights(_ arguments: Arguments) throws(Refusal) -> Symbol {
    let counted = try arguments.optionalTensor("fan_mask")
    let mask = if let counted { counted } else { try arguments.optionalTensor("mask") }
    if let value = try arguments.optionalTensor("value") {
      let asked = try arguments.shape()
      if value.rank == 0, asked.rank > 0 {
        if let mask { try fits(mask, asked) }
        return (value.type == .float64 ? value : value.converted(to: builder.defaultType)).broadcast(to: asked)
      }
      guard asked.rank == 0 || asked == value.shape else {
        throw Refusal("weights is asked for the shape \(asked), and 'value' is \(value.shape)")
      }
      if let mask { try fits(mask, value.shape) }
      return value.type == .float64 ? value : value.converted(to: builder.defaultType)
    }
    var shape = try sized(arguments)
    if shape.rank == 0, let mask { shape = mask.shape }
    let name = try arguments.text("init", default: Initialiser.all[0].name)
    guard let initialiser = Initialiser.all.first(where: { $0.name == name }) else {
      let close = Spelling.nearest(to: name, among: Initialiser.all.map(\.name))
      throw Refusal(
        "weights knows no initialiser \"\(name)\"",
        help: close.map { "did you mean \"\($0)\"?" } ?? Initialiser.names(joint: "or"))
    }
    var fans = Initialiser.Fans(shape)
    if let mask {
      try fits(mask, shape)
      let kept = Operator.sum(mask.broadcast(to: shape).asBool.converted(to: .float64))
      fans.thin(to: (try arguments.value(of: kept).scalar ?? 0) / Double(max(shape.count, 1)))
    }
    return try initialiser.values(self, shape, fans)
  }

  private func fits(_ mask: Symbol, _ shape: Shape) throws(Refusal) {
    guard mask.shape.broadcast(with: shape) == shape else {
      throw .doesNotBroadcast(mask.shape, shape, in: "weights")
    }
  }
}
