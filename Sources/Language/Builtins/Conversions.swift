import Graphs
import Refusals
import Tensors

/// Values in another type, or without their past.
extension Builtin {
  static let stopGradient = Builtin(
    "stop_gradient(x)", "The value of x as a constant for gradients.", derivative: "0, structural", leafwise: "x",
    .tensors { evaluator, arguments throws(Refusal) in
      let stopped = try arguments.tensor(0).stopped
      evaluator.made.stopped.insert(stopped.reference)
      return stopped
    })

  static let float32 = Builtin(
    "float32(x)", "The value rounded to float32.", leafwise: "x",
    .tensors { _, arguments throws(Refusal) in try arguments.tensor(0).converted(to: .float32) })

  static let float64 = Builtin(
    "float64(x)", "The value in float64; numbers in brackets keep all their digits.",
    examples: ["float64([0.1])[0] - 0.1": "0"], leafwise: "x", brackets: .float64,
    .tensors { _, arguments throws(Refusal) in try arguments.tensor(0).converted(to: .float64) })
}
