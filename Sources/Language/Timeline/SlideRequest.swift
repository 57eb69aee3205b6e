import Syntax
import Text

/// What `:slide x[0, 1] from 0 to 1 by 0.1, rate in loss, grad(loss, w)` asks for, as it is written.
struct SlideRequest {
  /// A part of the line, with its place in the source.
  struct Part {
    var text: String
    var range: SourceRange

    func expression() throws(Diagnostic) -> Expression {
      try Parser.parseExpression(text, offset: range.lowerBound)
    }
  }

  struct Handle {
    var place: Part
    var from: Part?
    var to: Part?
    var by: Part?
  }

  static let usage = ":slide x[0, 1], or :slide rate from 0 to 1"

  private(set) var handles: [Handle] = []
  /// What is looked at; empty: what is watched, or what follows.
  private(set) var shown: [Part] = []
  /// `x[0, 1] = 0.5, …`: what a slide ended in, which needs nobody's hand.
  private(set) var assignments: [Part] = []

  /// What a part begins with: how the one before it ends.
  private enum Mark: String, CaseIterable { case start = "", comma = ",", from, to, by, shown = "in" }

  init(_ call: Command.Call) throws(Diagnostic) {
    let parts = Self.parts(of: call)
    let isFinal = parts.contains { Self.hasEqualsSign($0.part.text) }
    var isShown = false
    for (mark, part) in parts {
      guard !part.text.isEmpty else {
        let (what, help) =
          isShown || mark == .shown
          ? ("what is to be seen is missing", ":slide x[0, 1] in loss, grad(loss, w)")
          : mark == .start || mark == .comma
            ? ("the number that is to slide is missing", Self.usage)
            : ("a number is missing after '\(mark.rawValue)'", ":slide rate from 0 to 1")
        throw Diagnostic(what, at: part.range.isEmpty ? call.range : part.range, help: help)
      }
      if isFinal {
        guard mark == .start || mark == .comma, Self.hasEqualsSign(part.text) else {
          throw Diagnostic(
            "what has its value already doesn't slide", at: part.range, help: ":slide x[0, 1] = 0.5, rate = 0.1")
        }
        assignments.append(part)
        continue
      }
      switch mark {
      case .start: handles.append(Handle(place: part))
      case .comma: if isShown { shown.append(part) } else { handles.append(Handle(place: part)) }
      case .from: handles[handles.count - 1].from = part
      case .to: handles[handles.count - 1].to = part
      case .by: handles[handles.count - 1].by = part
      case .shown:
        isShown = true
        shown.append(part)
      }
      if isShown, mark != .comma, mark != .shown {
        throw Diagnostic(
          "'\(mark.rawValue)' stands before 'in'", at: part.range, help: ":slide rate from 0 to 1 in loss")
      }
    }
    for handle in handles {
      guard let end = handle.from ?? handle.to, handle.from == nil || handle.to == nil else { continue }
      throw Diagnostic(
        "a slide has two ends, or none", at: end.range, help: ":slide \(handle.place.text) from 0 to 1")
    }
  }

  /// Cut at commas and words that lie in no brackets and no text.
  private static func parts(of call: Command.Call) -> [(mark: Mark, part: Part)] {
    var parts: [(mark: Mark, part: Part)] = []
    let bytes = Array(call.text.utf8)
    var (mark, start, depth, index) = (Mark.start, 0, 0, 0)
    var isInText = false
    func isBlank(_ index: Int) -> Bool { !bytes.indices.contains(index) || bytes[index] == UInt8(ascii: " ") }
    func end(at place: Int) {
      var (first, last) = (start, place)
      while first < last, isBlank(first) { first += 1 }
      while last > first, isBlank(last - 1) { last -= 1 }
      let range = call.range.lowerBound + first..<call.range.lowerBound + last
      parts.append((mark, Part(text: String(decoding: bytes[first..<last], as: UTF8.self), range: range)))
    }
    let words = Mark.allCases.filter { $0 != .start && $0 != .comma }
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\") where isInText: index += 1
      case UInt8(ascii: "\""): isInText.toggle()
      case _ where isInText: break
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ",") where depth == 0:
        end(at: index)
        (mark, start) = (.comma, index + 1)
      case _ where depth == 0 && index > 0 && isBlank(index - 1):
        let found = words.first { word in
          bytes[index...].starts(with: word.rawValue.utf8) && isBlank(index + word.rawValue.utf8.count)
        }
        guard let found else { break }
        end(at: index)
        index += found.rawValue.utf8.count
        (mark, start) = (found, index)
        continue
      default: break
      }
      index += 1
    }
    end(at: bytes.count)
    return parts
  }

  /// A `=` that is no part of a comparison and lies in no brackets, as one of an argument does.
  private static func hasEqualsSign(_ text: String) -> Bool {
    let program = Parser.parse(text)
    guard program.diagnostics.isEmpty, program.statements.count == 1 else { return false }
    switch program.statements[0].kind {
    case .assign, .update: return true
    case .expression, .live, .function, .input, .expect, .run, .loop, .forEach, .whileLoop, .branch, .breaking,
      .continuing, .returning, .deletion, .freezing, .command:
      return false
    }
  }
}
