import Files
import Language
import Syntax
import Text

/// Answers that offer another text.
extension LanguageServer {
  mutating func completion(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try place(parameters)
    if document.survey == nil {
      survey(document.uri, atMost: 1 << 16)
      document = try place(parameters).document
    }
    let source = document.source
    // What is open reaches back some lines; far away there is nothing to see.
    let start = source.lineRange(at: max(0, offset - 1 << 16)).lowerBound
    let known = document.survey?.session ?? session
    let text = source.slice(start..<offset)
    let completion = known.completions(of: text, at: text.utf8.count)
    let range = start + completion.range.lowerBound..<start + completion.range.upperBound
    let word = source.slice(range)
    var items = completion.candidates.map { Self.item($0, document.range(range)) }
    if !completion.isOfText, !word.isEmpty,
      range.lowerBound == 0 || source.slice(range.lowerBound - 1..<range.lowerBound) != "."
    {
      // Names that only functions have, and those whose values aren't known.
      let (_, occurrences) = document.read()
      var seen = Set(completion.candidates.map(\.text))
      for meaning in occurrences.meanings where meaning.name.hasPrefix(word) && meaning.name != word {
        guard meaning.statement != nil, meaning.scope?.contains(offset) != false || meaning.scope?.upperBound == offset,
          !seen.contains(meaning.name), seen.insert(meaning.name + "(").inserted
        else { continue }
        items.append(
          Self.item(Completion.Candidate(text: meaning.name, detail: nil), document.range(range)))
      }
    }
    return .object([.init("isIncomplete", .bool(false)), .init("items", .array(items))])
  }

  private static func item(_ candidate: Completion.Candidate, _ range: JSON) -> JSON {
    let isCall = candidate.text.hasSuffix("(")
    let label = isCall ? String(candidate.text.dropLast()) : candidate.text
    // 3: a function, 10: a property, 6: a variable.
    let kind = isCall ? 3 : candidate.text.hasSuffix("=") ? 10 : 6
    var members = [
      JSON.Member("label", .string(label)), JSON.Member("kind", .integer(kind)),
      JSON.Member("textEdit", .object([.init("range", range), .init("newText", .string(candidate.text))])),
    ]
    if let detail = candidate.detail { members.append(.init("detail", .string(detail))) }
    return .object(members)
  }

  // MARK: Renaming

  func prepareRename(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try place(parameters)
    let (_, occurrences) = document.read()
    guard let here = occurrences.occurrence(at: offset), occurrences.meanings[here.meaning].statement != nil else {
      return .null
    }
    return .object([
      .init("range", document.range(here.range)),
      .init("placeholder", .string(occurrences.meanings[here.meaning].name)),
    ])
  }

  func rename(_ parameters: JSON) throws(Fault) -> JSON {
    var (document, offset) = try place(parameters)
    guard let name = parameters["newName"]?.string else { throw Fault(.invalidParameters, "newName is missing") }
    let (program, occurrences) = document.read()
    if let mistake = program.diagnostics.first {
      let line = mistake.range.map { document.source.position(of: $0.lowerBound).line } ?? 1
      throw Fault(.requestFailed, "line \(line) can't be read: \(mistake.message)")
    }
    guard let here = occurrences.occurrence(at: offset) else { throw Fault(.requestFailed, "there is no name here") }
    let meaning = occurrences.meanings[here.meaning]
    guard meaning.statement != nil else {
      throw Fault(.requestFailed, "'\(meaning.name)' is given no value in this file")
    }
    guard case .name? = (try? Parser.parseExpression(name))?.kind, name.isName else {
      throw Fault(.requestFailed, "'\(name)' can't be a name")
    }
    if name == meaning.name { return .object([.init("changes", .object([]))]) }
    let places = occurrences.occurrences(of: here.meaning)
    if let other = occurrences.conflict(of: name, with: here.meaning, at: places) {
      let line = document.source.position(of: other.range.lowerBound).line
      throw Fault(.requestFailed, "'\(name)' means something else in line \(line)")
    }
    let edits = places.map { Self.edit(document.range($0.range), name) }
    return .object([.init("changes", .object([.init(document.uri, .array(edits))]))])
  }

  private static func edit(_ range: JSON, _ text: String) -> JSON {
    .object([.init("range", range), .init("newText", .string(text))])
  }

  // MARK: Style and help

  func format(_ parameters: JSON) throws(Fault) -> JSON {
    let document = try document(parameters)
    guard let text = Layout.formatted(document.source) else { return .null }
    let (old, new) = (Array(document.source.text.utf8), Array(text.utf8))
    if old == new { return .array([]) }
    // Only what differs, by whole lines, so that the cursor stays where it is.
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    while start > 0, old[start - 1] != 0x0A { start -= 1 }
    var end = 0
    while end < min(old.count, new.count) - start, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
    while end > 0, old[old.count - end - 1] != 0x0A { end -= 1 }
    let part = String(decoding: new[start..<new.count - end], as: UTF8.self)
    return .array([Self.edit(document.range(start..<old.count - end), part)])
  }

  /// What mistakes offer to type instead.
  func actions(_ parameters: JSON) throws(Fault) -> JSON {
    let document = try document(parameters)
    guard let wanted = document.offsets(parameters["range"]) else {
      throw Fault(.invalidParameters, "a range has a start and an end")
    }
    let lines =
      document.source.lineRange(at: wanted.lowerBound)
      .lowerBound...max(
        document.source.lineRange(at: wanted.upperBound).upperBound, wanted.lowerBound)
    var actions: [JSON] = []
    for mistake in document.isSurveyed ? document.survey?.mistakes ?? [] : [] {
      guard let offer = mistake.offer, let place = mistake.outermost, lines.contains(place.lowerBound) else { continue }
      let line = document.source.lineRange(at: place.lowerBound)
      let changes = JSON.object([.init(document.uri, .array([Self.edit(document.range(line), offer)]))])
      actions.append(
        .object([
          .init("title", .string(offer)), .init("kind", .string("quickfix")),
          .init("diagnostics", .array([Self.described(mistake, in: document)])),
          .init("edit", .object([.init("changes", changes)])),
        ]))
    }
    return .array(actions)
  }
}

extension Occurrences {
  /// A place where a name means something that what is renamed to it would hide, or be hidden by.
  fileprivate func conflict(of name: String, with meaning: Int, at places: [Occurrence]) -> Occurrence? {
    let own = meanings[meaning]
    return all.first { other in
      let met = meanings[other.meaning]
      guard met.name == name else { return false }
      switch (own.scope, met.scope) {
      case (nil, nil): return true
      case (let scope?, nil): return scope.contains(other.range.lowerBound)
      case (_, let scope?): return places.contains { scope.contains($0.range.lowerBound) }
      }
    }
  }
}
