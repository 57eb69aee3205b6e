import Graphs
import Tensors

/// Functions of single elements in ONNX, always in float32 or float64 as the operand is.
extension ONNXModel: CompositionWriter {
  static let title = "ONNX"

  static func composition(_ notation: Notation) -> Composition? { notation.onnx }

  /// The operations whose result is a mask.
  private static let predicates: Set<String> = [
    "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "IsNaN", "And", "Or", "Xor", "Not",
  ]

  func type(of x: Value) -> ElementType { x.type }

  mutating func number(_ value: Double, over operand: Value, _ type: ElementType) -> Value { number(value, type) }

  mutating func operation(_ name: String, _ x: [Value]) -> Value {
    let shape = x.dropFirst().reduce(x[0].shape) { $0.broadcast(with: $1.shape) ?? $0 }
    return node(name, x, shape, Self.predicates.contains(name) ? .bool : x[x.count - 1].type)
  }
}
