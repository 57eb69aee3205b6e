import Graphs
import Tensors

/// Functions of single elements in StableHLO; operands have the result's shape.
extension StableHLO: CompositionWriter {
  static let title = "StableHLO"

  static func composition(_ notation: Notation) -> Composition? { notation.stableHLO }

  func type(of x: Value) -> ElementType { x.type }

  mutating func number(_ value: Double, over operand: Value, _ type: ElementType) -> Value {
    splat(value, operand.shape, type)
  }

  mutating func operation(_ name: String, _ x: [Value]) -> Value {
    if name == "select" { return select(x[0], x[1], x[2]) }
    let words = name.split(separator: " ")
    if words.count == 2 { return compare(String(words[1]), x[0], x[1]) }
    // The extension for client libraries.
    if name.hasPrefix("chlo.") {
      let result = Value(name: fresh(), shape: x[0].shape, type: x[0].type)
      let (names, types) = (x.map(\.name), x.map(\.typeText))
      append(
        "\(result.name) = \(name) \(names.joined(separator: ", ")) : \(types.joined(separator: ", ")) -> \(types[0])")
      return result
    }
    return line(name, x, x[0].shape, x[0].type)
  }

  mutating func compare(_ direction: String, _ a: Value, _ b: Value) -> Value {
    let result = Value(name: fresh(), shape: a.shape, type: .bool)
    append(
      "\(result.name) = stablehlo.compare \(direction), \(a.name), \(b.name), FLOAT : (\(a.typeText), \(b.typeText)) -> \(result.typeText)"
    )
    return result
  }

  mutating func logic(_ name: String, _ a: Value, _ b: Value) -> Value { line(name, [a, b], a.shape, .bool) }

  mutating func select(_ c: Value, _ a: Value, _ b: Value) -> Value {
    let result = Value(name: fresh(), shape: a.shape, type: a.type)
    append("\(result.name) = stablehlo.select \(c.name), \(a.name), \(b.name) : \(c.typeText), \(a.typeText)")
    return result
  }

  mutating func converted(_ x: Value, to type: ElementType) -> Value {
    if type == .bool, x.type != .bool { return compare("NE", x, splat(0, x.shape, x.type)) }
    if Self.text(x.shape, x.type) == Self.text(x.shape, type) { return Value(name: x.name, shape: x.shape, type: type) }
    return line("convert", [x], x.shape, type)
  }
}
