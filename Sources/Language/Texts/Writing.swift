import Graphs
import Printing
import Refusals
import Syntax
import Tensors
import Text

/// Values as texts: in braces, by `text(x)` and by `print`.
extension Evaluator {
  /// A part of a text: as it is, or a value with the format in which it is to be written.
  enum TextPart {
    case text(String)
    case value(Value, NumberFormatting?, SourceRange)
  }

  /// A text with its braces filled in.
  func text(_ pieces: [TextPiece]) throws(Diagnostic) -> String {
    var result = ""
    for piece in pieces { result += try text(of: try part(piece)) }
    return result
  }

  /// What stands in a text's braces, not written yet.
  func part(_ piece: TextPiece) throws(Diagnostic) -> TextPart {
    switch piece {
    case .text(let text): return .text(text)
    case .value(let expression, let format):
      let formatting = try format.map { format throws(Diagnostic) in
        try located(at: expression.range, try NumberFormatting(format))
      }
      return .value(try evaluate(expression), formatting, expression.range)
    }
  }

  func text(of part: TextPart) throws(Diagnostic) -> String {
    switch part {
    case .text(let text): text
    case .value(let value, nil, let range): try text(of: value, range)
    case .value(let value, let format?, let range): try text(of: value, as: format, range)
    }
  }

  /// A value as it stands in a text: numbers in the session's digits, tensors as literals, texts as they are.
  func text(of value: Value, _ range: SourceRange) throws(Diagnostic) -> String {
    try text(of: value, isInside: false, range)
  }

  private func text(of value: Value, isInside: Bool, _ range: SourceRange) throws(Diagnostic) -> String {
    switch value {
    case .text(let text): return isInside ? Quoting.literal(text) : text
    case .function(let function): return function.name
    case .tensor(let symbol):
      let tensor = try self.value(of: symbol, range)
      return literal(tensor) { self.number($0, tensor.type) }
    case .tuple(let parts):
      var entries: [String] = []
      for (position, part) in parts.enumerated() {
        let label = parts.keys.map { Argument.spelled($0[position]) + "=" } ?? ""
        entries.append(label + (try text(of: part, isInside: true, range)))
      }
      let comma = parts.count == 1 && parts.keys == nil ? "," : ""
      return "(" + entries.joined(separator: ", ") + comma + ")"
    case .list(let parts):
      var entries: [String] = []
      for part in parts { entries.append(try text(of: part, isInside: true, range)) }
      return "[" + entries.joined(separator: ", ") + "]"
    }
  }

  private func text(
    of value: Value, as format: NumberFormatting, _ range: SourceRange
  ) throws(Diagnostic) -> String {
    if format.isOfWidthOnly {
      let isNumber = if case .tensor = value { true } else { false }
      return format.padded(try text(of: value, range), toTheLeftUnlessSaid: !isNumber)
    }
    guard case .tensor(let symbol) = value else {
      throw Diagnostic(
        "this format is for numbers; this is \(value.kindName)", at: range, help: "{s}, or {s:>10} for its width")
    }
    let tensor = try self.value(of: symbol, range)
    return try located(at: range) { () throws(Refusal) in
      var failure: Refusal?
      let text = literal(tensor) { value in
        do throws(Refusal) { return try format.text(value) } catch {
          failure = error
          return ""
        }
      }
      if let failure { throw failure }
      return text
    }
  }

  /// A tensor in brackets, each entry as it is told.
  private func literal(_ tensor: Tensor, _ number: (Double) -> String) -> String {
    if tensor.count == 0 { return "[]" }
    return tensor.shape.nested {
      number(tensor[flat: $0])
    } joined: {
      "[" + $0.joined(separator: ", ") + "]"
    }
  }

  private func number(_ value: Double, _ type: ElementType) -> String {
    if type == .bool { return value == 0 ? "false" : "true" }
    return session.display.number(value, type)
  }
}

// MARK: print

/// What `print` writes between values and behind them.
struct PrintEnds {
  var separator = " "
  var end = "\n"
}

extension Evaluator {
  /// A tensor's literal that is longer is printed as the console prints it.
  private static let shortLiteral = 72

  /// What `print` writes for some values.
  func printed(_ values: [Evaluated], _ ends: PrintEnds) throws(Diagnostic) -> String {
    var result = ""
    for (position, argument) in values.enumerated() {
      if position > 0, !result.hasSuffix("\n") { result += ends.separator }
      guard case .tensor(let symbol) = argument.value, symbol.shape.rank > 0 else {
        result += try text(of: argument.value, argument.range)
        continue
      }
      if symbol.shape.count <= Self.shortLiteral {
        let literal = try text(of: argument.value, argument.range)
        if literal.count <= Self.shortLiteral {
          result += literal
          continue
        }
      }
      let held = try hold(symbol, argument.range, isFixed: nil)
      if !result.isEmpty, !result.hasSuffix("\n") { result += "\n" }
      result += session.text(of: held, title: nil) + (position < values.count - 1 ? "\n" : "")
    }
    return result + ends.end
  }
}

extension Syntax.Argument {
  /// A name, or any other one in quotes.
  static func spelled(_ label: String) -> String {
    String(Syntax.Argument(label: label, value: Expression(.hole, 0..<0)).labelText.dropLast())
  }
}
