import Syntax

/// Texts with values in them, as other languages write them.
extension HabitTranslator {
  func text(_ pieces: [ForeignPiece]) throws(NoLine) -> Expression {
    var own: [TextPiece] = []
    for piece in pieces {
      switch piece {
      case .words(let words): own.append(.text(words))
      case .value(let value, let format): own.append(.value(try expression(value), format: Self.usable(format)))
      }
    }
    return text(own)
  }

  private func text(_ pieces: [TextPiece]) -> Expression {
    var joined: [TextPiece] = []
    for piece in pieces {
      if case .text(let words) = piece, case .text(let before)? = joined.last {
        joined[joined.count - 1] = .text(before + words)
      } else {
        joined.append(piece)
      }
    }
    if joined.isEmpty { return make(.text("")) }
    if joined.count == 1, case .text(let words) = joined[0] { return make(.text(words)) }
    // Braces that are meant are written twice.
    return make(.interpolation(joined))
  }

  private static func usable(_ format: String?) -> String? { format?.isEmpty == true ? nil : format }

  /// `"%.2f of %d" % (a, n)` and what `printf` takes.
  func printed(_ pieces: [ForeignPiece], with values: [ForeignExpression]) throws(NoLine) -> Expression {
    var own: [TextPiece] = []
    var rest = values[...]
    for piece in pieces {
      guard case .words(let words) = piece else { throw .unknown }
      var text = Substring(words)
      while let place = text.firstIndex(of: "%") {
        own.append(.text(String(text[..<place])))
        text = text[text.index(after: place)...]
        if text.first == "%" {
          own.append(.text("%"))
          text = text.dropFirst()
          continue
        }
        let spec = text.prefix { $0.isNumber || "+-. #l".contains($0) }
        text = text[spec.endIndex...]
        guard let kind = text.popFirst(), let value = rest.popFirst() else { throw .unknown }
        let width = spec.filter { $0 != "l" && $0 != "-" && $0 != "#" }
        let format: String?
        switch kind {
        case "d", "i", "u", "s", "r": format = width.isEmpty ? nil : String(width)
        case "f", "e", "g", "F", "E", "G": format = String(width) + kind.lowercased()
        default: throw .unknown
        }
        own.append(.value(try expression(value), format: format))
      }
      own.append(.text(String(text)))
    }
    guard rest.isEmpty else { throw .unknown }
    return text(own.filter { if case .text("") = $0 { false } else { true } })
  }

  /// `"{} of {:.2f}".format(a, b)`.
  func formatted(_ pieces: [ForeignPiece], _ arguments: [ForeignArgument]) throws(NoLine) -> Expression {
    var own: [TextPiece] = []
    var next = 0
    for piece in pieces {
      guard case .words(let words) = piece else { throw .unknown }
      var text = Substring(words)
      while let place = text.firstIndex(of: "{") {
        own.append(.text(String(text[..<place])))
        text = text[text.index(after: place)...]
        guard let end = text.firstIndex(of: "}") else { throw .unknown }
        let (field, format) = String(text[..<end]).halves(at: ":") ?? (String(text[..<end]), "")
        text = text[text.index(after: end)...]
        let value: ForeignExpression?
        if let named = arguments.first(where: { $0.label != nil && $0.label == field }) {
          value = named.value
        } else {
          let positional = arguments.filter { $0.label == nil }
          let place = Int(field) ?? (field.isEmpty ? next : positional.count)
          if field.isEmpty { next += 1 }
          value = positional.indices.contains(place) ? positional[place].value : nil
        }
        guard let value else { throw .unknown }
        own.append(.value(try expression(value), format: Self.usable(format)))
      }
      own.append(.text(String(text)))
    }
    return text(own.filter { if case .text("") = $0 { false } else { true } })
  }

  /// `printf("…", a)`: a line, or a part of one where no line break ends it.
  func printing(_ arguments: [ForeignArgument], isText: Bool) throws(NoLine) -> Expression {
    var values = arguments.map(\.value)
    if case .number? = values.first { values.removeFirst() }
    guard case .text(var pieces)? = values.first else { throw .unknown }
    var endsLine = false
    if case .words(var words)? = pieces.last, !isText {
      while words.hasSuffix("\n") {
        words.removeLast()
        endsLine = true
      }
      pieces[pieces.count - 1] = .words(words)
    }
    let text = try printed(pieces, with: Array(values.dropFirst()))
    if isText { return text }
    var own = [Argument(value: text)]
    if !endsLine { own.append(Argument(label: "end", labelRange: 0..<0, value: make(.text("")))) }
    return make(.call(name("print"), own))
  }
}
