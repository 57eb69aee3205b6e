import Tensors
import Text

/// A value in JavaScript's notation.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  /// A number that was written without a point or an exponent.
  case integer(Int)
  case string(String)
  case array([JSON])
  /// Members in the order written; no name twice.
  case object([Member])
  /// A value as somebody else wrote it, to be handed back.
  case written(String)

  package struct Member: Equatable, Sendable {
    package var name: String
    package var value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  package subscript(name: String) -> JSON? {
    if case .object(let members) = self { members.first { $0.name == name }?.value } else { nil }
  }

  package var string: String? { if case .string(let text) = self { text } else { nil } }
  package var array: [JSON]? { if case .array(let parts) = self { parts } else { nil } }
  package var whole: Int? {
    switch self {
    case .number(let number): Int(whole: number)
    case .integer(let number): number
    case .null, .bool, .string, .array, .object, .written: nil
    }
  }

  /// On one line.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let number): "\(number)"
    case .number(let number):
      if let whole = Int(whole: number) {
        "\(whole)"
      } else {
        number.isFinite ? "\(number)" : "null"
      }
    case .string(let text): Quoting.json(text)
    case .written(let text): text
    case .array(let parts): "[" + parts.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { Quoting.json($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }
  }
}
