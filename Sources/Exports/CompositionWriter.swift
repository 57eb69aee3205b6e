import Graphs
import Refusals
import Tensors

/// What writes the operations of a dialect one after another.
protocol CompositionWriter {
  associatedtype Value
  /// The name that refusals use.
  static var title: String { get }
  static func composition(_ notation: Notation) -> Composition?

  func type(of x: Value) -> ElementType
  /// A number that stretches over an operand of a function, in a type.
  mutating func number(_ value: Double, over operand: Value, _ type: ElementType) -> Value
  mutating func operation(_ name: String, _ x: [Value]) -> Value
  mutating func converted(_ x: Value, to type: ElementType) -> Value
}

extension CompositionWriter {
  /// The value of a function; what the dialect can't write is refused by name.
  mutating func function(_ notation: Notation, _ operands: [Value]) throws(Refusal) -> Value {
    guard let composition = Self.composition(notation) else { throw Self.refusal(of: notation) }
    var known: [Composition: Value] = [:]
    return value(of: composition, operands, &known)
  }

  /// The one operation that a function is here.
  func name(_ notation: Notation) throws(Refusal) -> String {
    guard case .direct(let name)? = Self.composition(notation) else { throw Self.refusal(of: notation) }
    return name
  }

  private static func refusal(of notation: Notation) -> Refusal {
    .lacking(title, notation.name)
  }

  private mutating func value(
    of composition: Composition, _ operands: [Value], _ known: inout [Composition: Value]
  ) -> Value {
    if let value = known[composition] { return value }
    let result: Value
    switch composition {
    case .direct(let name): result = operation(name, operands)
    case .operand(let position): result = operands[position]
    case .number(let value): return number(value, over: operands[0], type(of: operands[0]))
    case .operation(let name, let parts): result = operation(name, values(of: parts, operands, &known))
    case .converted(let inner, let type):
      result = converted(value(of: inner, operands, &known), to: type ?? self.type(of: operands[0]))
    }
    known[composition] = result
    return result
  }

  /// Numbers take the type of what they meet.
  private mutating func values(
    of parts: [Composition], _ operands: [Value], _ known: inout [Composition: Value]
  ) -> [Value] {
    var found: [Value?] = []
    for part in parts {
      if case .number = part { found.append(nil) } else { found.append(value(of: part, operands, &known)) }
    }
    let met = found.lazy.compactMap { $0 }.map(type(of:)).first { $0.isFloat } ?? type(of: operands[0])
    var values: [Value] = []
    for (part, value) in zip(parts, found) {
      if let value {
        values.append(value)
      } else if case .number(let constant) = part {
        values.append(number(constant, over: operands[0], met))
      }
    }
    return values
  }
}
