import CLibedit
import Syntax

/// An input of several lines, which are edited as one.
extension LineEditor {
  /// Up and Down stay within an input of several lines; from its edge they go on to other inputs.
  func moved(up: Bool) -> Int {
    let line = current
    let bytes = Array(line.text.utf8)
    let before = lengths(ofLines: bytes[..<line.cursor])
    let after = lengths(ofLines: bytes[line.cursor...])
    let column = before[before.count - 1]
    if up, before.count > 1 {
      let above = before[before.count - 2]
      unsafe editor_move(editor, Int32(-(column + 1 + max(0, above - column))))
    } else if !up, after.count > 1 {
      unsafe editor_move(editor, Int32(after[0] + 1 + min(column, after[1])))
    } else {
      return recalled(older: up, line)
    }
    return EDITOR_CHANGED
  }

  /// Enter hands over what is whole, wherever the cursor stands, and goes on with another line at the cursor where more are
  /// needed; at an empty last line it gives up.
  func entered() -> Int {
    let line = current
    guard search == nil, case .first = prompt, !terminal.isDumb else { return EDITOR_UNCHANGED }
    let isGivenUp = line.text.endsInBlankLine && !line.after.contains("\n")
    guard !isGivenUp, isUnfinished(line.text) else { return EDITOR_UNCHANGED }
    unsafe editor_insert(editor, "\n")
    // What comes by itself has blanks of its own.
    if unsafe !editor_has_key(editor) { unsafe editor_insert(editor, blanks(Layout.indent(behind: line.before))) }
    return EDITOR_CHANGED
  }

  /// A closing bracket that begins a further line stands below the line that opened it.
  func closes() -> Int {
    let before = current.before
    guard before.endsInBlankLine, let end = before.lastIndex(of: "\n") else { return EDITOR_UNCHANGED }
    let indent = before[end...].dropFirst()
    unsafe editor_delete_before(editor, Int32(indent.unicodeScalars.count))
    unsafe editor_insert(editor, blanks(max(0, Layout.indent(behind: String(before[..<end])) - 2)))
    return EDITOR_CHANGED
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  private func lengths(ofLines bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self).scalarCount }
  }
}

extension String {
  /// Several lines, of which the last has nothing in it.
  var endsInBlankLine: Bool {
    guard let end = lastIndex(of: "\n") else { return false }
    return self[end...].allSatisfy(\.isWhitespace)
  }

  /// The number of characters as libedit counts them.
  fileprivate var scalarCount: Int { unicodeScalars.count }
}
