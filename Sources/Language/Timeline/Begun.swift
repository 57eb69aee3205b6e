import Syntax

/// What was entered, from before it runs until it has ended: where that never came, a file of the record shows it.
package struct Begun: Sendable {
  package var text: String
  /// The entries that there were before.
  package var place: Int

  package init(_ text: String, after record: Record) {
    self.text = text
    place = record.entries.count
  }
}

extension Record {
  /// What had been entered and was not finished: from the first statement on of which no entry tells.
  ///
  /// What left no entry has changed nothing. A command that brings about another state is of no use in this one.
  package var unfinished: String? {
    guard let begun else { return nil }
    let source = Source(text: begun.text)
    var rest = Parser.parse(begun.text).statements[...]
    for typed in entries[min(begun.place, entries.count)...].compactMap(\.typed) {
      guard let place = rest.firstIndex(where: { source.slice($0.range) == typed }) else { continue }
      rest = rest[(place + 1)...]
    }
    guard let first = rest.first, !rest.allSatisfy(\.movesInTime) else { return nil }
    var text = source.slice(first.range.lowerBound..<begun.text.utf8.count)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}

extension Session {
  /// The record as a file of it begins.
  package var recordSoFar: Record {
    var record = record
    if record.entries.isEmpty { record.head = head }
    return record
  }
}
