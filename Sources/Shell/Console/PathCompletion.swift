import Language
import Text

/// Completion of file names: inside quotes, and after commands that take a file.
enum PathCompletion {
  private static let commands = Command.all.filter(\.takesFile).map { ":\($0.name) " }

  /// Nil where no file name is expected.
  static func completion(of text: String, at offset: Int) -> Completion? {
    let before = Array(text.utf8.prefix(offset))
    guard let start = pathStart(before) else { return nil }
    let isInQuotes = start > 0 && before[start - 1] == UInt8(ascii: "\"")
    // No slash is written as an escape: the last one that is typed begins the name.
    let nameStart = before[start...].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? start
    func meant(_ bytes: ArraySlice<UInt8>) -> String {
      let typed = String(decoding: bytes, as: UTF8.self)
      return isInQuotes ? Quoting.meant(Quoting.withoutPartialEscape(typed)) : typed
    }
    let (folder, name) = (meant(before[start..<nameStart]), meant(before[nameStart...]))
    let place = folder.isEmpty ? "." : Path.expanded(folder)
    let names = System.names(inFolder: place).filter {
      // Composed or decomposed, as files are named, not as they look; but what looks the same is meant, too.
      ($0.utf8.starts(with: name.utf8) || $0.hasPrefix(name)) && (name.hasPrefix(".") || !$0.hasPrefix("."))
        && isSpelled($0, isInQuotes)
    }
    // The only file there is ends the text.
    let isOnly = isInQuotes && names.count == 1 && text.utf8.count == offset
    let candidates = names.sorted().map { found in
      let end = System.isFolder("\(place)/\(found)") ? "/" : isOnly ? "\"" : ""
      return Completion.Candidate(text: (isInQuotes ? Quoting.typed(found) : found) + end, detail: nil)
    }
    return Completion(range: nameStart..<offset, candidates: candidates, isEscaped: isInQuotes)
  }

  /// Whether the language has a way to write a name: none for bytes that aren't UTF-8, and a command's has no escapes.
  private static func isSpelled(_ name: String, _ isInQuotes: Bool) -> Bool {
    !name.unicodeScalars.contains("\u{FFFD}") && (isInQuotes || Quoting.typed(name) == Quoting.line(name))
  }

  /// Where the path before the cursor begins.
  private static func pathStart(_ bytes: [UInt8]) -> Int? {
    let lineStart = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    var open: Int?
    var index = lineStart
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): open = open == nil ? index + 1 : nil
      case UInt8(ascii: "\\") where open != nil: index += 1
      case UInt8(ascii: "#") where open == nil: return nil
      default: break
      }
      index += 1
    }
    if let open { return min(open, bytes.count) }
    let line = String(decoding: bytes[lineStart...], as: UTF8.self)
    guard let command = commands.first(where: { line.hasPrefix($0) }) else { return nil }
    let path = line.dropFirst(command.count)
    return path.contains(" ") ? nil : lineStart + command.utf8.count
  }
}
