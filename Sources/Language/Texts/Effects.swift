/// What evaluating has done besides giving a value, while a statement is executed.
final class Effects: @unchecked Sendable {
  /// What `print` has written and nobody has put out yet.
  private var pending = ""
  /// Files that were read, with what they held.
  var reads: [(name: String, text: String)] = []

  func append(_ text: String) { pending += text }

  /// Whole lines; with `isEnd` what is left, too.
  func take(isEnd: Bool) -> [String] {
    guard !pending.isEmpty else { return [] }
    var text = pending
    if text.utf8.last == UInt8(ascii: "\n") {
      text.removeLast()
      pending = ""
      return [text]
    }
    if isEnd {
      pending = ""
      return [text]
    }
    guard let end = text.utf8.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    pending = String(text[text.index(after: end)...])
    return [String(text[..<end])]
  }

  /// Forgets what has not been put out.
  func drop() { pending = "" }
}
