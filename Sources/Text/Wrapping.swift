extension StringProtocol {
  /// The text in lines of at most so many characters, broken at blanks where there are some; those behind the first are
  /// indented.
  ///
  /// - Parameter hidden: characters of the first line that take no room, such as colours.
  package func wrapped(to width: Int, indent: Int, hidden: Int = 0) -> String {
    var lines = [""]
    for word in split(separator: " ", omittingEmptySubsequences: false) {
      let line = lines[lines.count - 1]
      let room = width + (lines.count == 1 ? hidden : 0)
      if !line.isEmpty, line.count + 1 + word.count > room {
        lines.append(String(repeating: " ", count: indent) + word)
      } else {
        lines[lines.count - 1] += (line.isEmpty ? "" : " ") + word
      }
    }
    return lines.joined(separator: "\n")
  }
}
