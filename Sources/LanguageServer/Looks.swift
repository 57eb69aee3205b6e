import Files
import Language
import Syntax

/// Answers that change nothing: what a name is, where it stands, what it holds.
extension LanguageServer {
  /// The document, and the offset of the place in it.
  func place(_ parameters: JSON) throws(Fault) -> (document: Document, offset: Int) {
    let document = try document(parameters)
    guard let offset = document.offset(parameters["position"]) else {
      throw Fault(.invalidParameters, "a position has a line and a character")
    }
    return (document, offset)
  }

  /// As `place`, with what is known of the document's names now; where a look at all of it would take long, of a
  /// version before.
  private mutating func surveyed(_ parameters: JSON) throws(Fault) -> (document: Document, offset: Int) {
    let uri = try place(parameters).document.uri
    survey(uri, atMost: 1 << 16)
    return try place(parameters)
  }

  mutating func hover(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try surveyed(parameters)
    let (_, occurrences) = document.read()
    guard let here = occurrences.occurrence(at: offset) else {
      guard let word = document.source.word(at: offset), let help = session.help(word) else { return .null }
      return Self.hover(Self.block("text", help), nil)
    }
    let meaning = occurrences.meanings[here.meaning]
    var parts: [String] = []
    if meaning.statement != nil {
      if meaning.kind == .parameter {
        parts.append("parameter `\(meaning.name)`")
      } else {
        let all = occurrences.occurrences(of: here.meaning).filter(\.isDefinition)
        let last = all.last { $0.range.lowerBound <= here.range.lowerBound } ?? all[0]
        let line = document.source.slice(document.source.lineRange(at: last.range.lowerBound))
        parts.append(Self.block("gradus", line.trimmingBlanks))
        if meaning.isOfScript, let note = document.survey?.note(of: meaning.name, before: here.range.upperBound) {
          parts.append(note.summary ?? "shape not known before it runs")
        }
      }
    } else if let help = session.help(meaning.name) {
      parts.append(Self.block("text", help))
    } else {
      parts.append("`\(meaning.name)` is given no value in this file")
    }
    return Self.hover(parts.joined(separator: "\n\n"), document.range(here.range))
  }

  private static func block(_ language: String, _ text: String) -> String { "```\(language)\n\(text)\n```" }

  private static func hover(_ text: String, _ range: JSON?) -> JSON {
    let contents = JSON.object([.init("kind", .string("markdown")), .init("value", .string(text))])
    return .object([JSON.Member("contents", contents)] + (range.map { [JSON.Member("range", $0)] } ?? []))
  }

  func definition(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try place(parameters)
    let (program, occurrences) = document.read()
    guard let here = occurrences.occurrence(at: offset) else { return .null }
    let places = occurrences.occurrences(of: here.meaning).filter(\.isDefinition)
    if let last = places.last(where: { $0.range.lowerBound <= here.range.lowerBound }) ?? places.first {
      return document.location(last.range)
    }
    let name = occurrences.meanings[here.meaning].name
    var seen: Set<String> = [document.source.name ?? ""]
    return definition(of: name, in: program, of: document.source, &seen) ?? .null
  }

  /// Where a file that a script runs gives a name its value.
  private func definition(
    of name: String, in program: Program, of source: Source, _ seen: inout Set<String>
  ) -> JSON? {
    for statement in program.statements {
      guard case .run(let path) = statement.kind, case .text(let file) = path.kind,
        let source = session.source(of: file, namedIn: source), seen.insert(source.name ?? "").inserted
      else { continue }
      var document = Document(
        uri: Document.uri(of: source.name ?? file), version: nil, text: source.text, countsBytes: false)
      let (program, occurrences) = document.read()
      if let meaning = occurrences.scriptMeaning(of: name),
        let place = occurrences.occurrences(of: meaning).first(where: \.isDefinition)
      {
        return document.location(place.range)
      }
      if let found = definition(of: name, in: program, of: source, &seen) { return found }
    }
    return nil
  }

  func references(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try place(parameters)
    let (_, occurrences) = document.read()
    guard let here = occurrences.occurrence(at: offset) else { return .array([]) }
    let withDefinition = parameters["context"]?["includeDeclaration"] != .bool(false)
    let places = occurrences.occurrences(of: here.meaning).filter { withDefinition || !$0.isDefinition }
    return .array(places.map { document.location($0.range) })
  }

  func highlights(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try place(parameters)
    let (_, occurrences) = document.read()
    guard let here = occurrences.occurrence(at: offset) else { return .array([]) }
    return .array(
      occurrences.occurrences(of: here.meaning).map { place in
        .object([
          .init("range", document.range(place.range)), .init("kind", .integer(place.isDefinition ? 3 : 2)),
        ])
      })
  }

  func symbols(_ parameters: JSON) throws(Fault) -> JSON {
    var document = try document(parameters)
    let (_, occurrences) = document.read()
    var seen: Set<Int> = []
    return .array(
      occurrences.all.compactMap { place in
        let meaning = occurrences.meanings[place.meaning]
        guard place.isDefinition, meaning.isOfScript, let statement = meaning.statement,
          seen.insert(place.meaning).inserted
        else { return nil }
        return .object([
          .init("name", .string(meaning.name)), .init("kind", .integer(meaning.kind == .function ? 12 : 13)),
          .init("range", document.range(statement)), .init("selectionRange", document.range(place.range)),
        ])
      })
  }

  /// The shape of what a statement gave a name, behind the name.
  mutating func hints(_ parameters: JSON) throws(Fault) -> JSON {
    survey(try document(parameters).uri, atMost: 1 << 16)
    let document = try document(parameters)
    guard document.isSurveyed, let survey = document.survey else { return .array([]) }
    let wanted = document.offsets(parameters["range"]) ?? 0..<document.source.text.utf8.count
    return .array(
      survey.notes.compactMap { note in
        guard let summary = note.summary, wanted.contains(note.name.range.lowerBound), summary != "function" else {
          return nil
        }
        return .object([
          .init("position", document.place(note.name.range.upperBound)), .init("label", .string(summary)),
          .init("kind", .integer(1)), .init("paddingLeft", .bool(true)),
        ])
      })
  }

  mutating func signature(_ parameters: JSON) throws(Fault) -> JSON {
    let (document, offset) = try surveyed(parameters)
    guard let call = document.source.openCall(at: offset),
      let summary = (document.survey?.session ?? session).callSummary(of: call.function.text)
    else { return .null }
    let labels = summary.parameters.map { JSON.object([.init("label", .string($0))]) }
    var members = [JSON.Member("label", .string(summary.text)), JSON.Member("parameters", .array(labels))]
    if let text = summary.summary { members.append(.init("documentation", .string(text))) }
    let active = max(0, min(call.argument, summary.parameters.count - 1))
    return .object([
      .init("signatures", .array([.object(members)])), .init("activeSignature", .integer(0)),
      .init("activeParameter", .integer(active)),
    ])
  }
}

extension Survey {
  /// What a name holds at an offset: what the last statement before it gave.
  func note(of name: String, before offset: Int) -> Note? {
    let all = notes.filter { $0.name.text == name }
    return all.last { $0.name.range.lowerBound < offset } ?? all.first
  }
}

extension String {
  var trimmingBlanks: String {
    var text = drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }
}
