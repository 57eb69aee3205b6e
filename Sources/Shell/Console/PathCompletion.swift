import Language

/// Completion of file names: inside quotes, and after commands that take a file.
enum PathCompletion {
  private static let commands = Command.all.filter { $0.usage.hasSuffix(" FILE") }.map { ":\($0.name) " }

  /// Nil where no file name is expected.
  static func completion(of text: String, at offset: Int) -> Completion? {
    let before = Array(text.utf8.prefix(offset))
    guard let start = pathStart(before) else { return nil }
    let (folder, name) = Path.split(String(decoding: before[start...], as: UTF8.self))
    let place = folder.isEmpty ? "." : Path.expanded(folder)
    let names = System.names(inFolder: place).filter {
      $0.hasPrefix(name) && (name.hasPrefix(".") || !$0.hasPrefix("."))
    }
    // The only file there is ends the text.
    let isInQuotes = start > 0 && before[start - 1] == UInt8(ascii: "\"")
    let isOnly = isInQuotes && names.count == 1 && text.utf8.count == offset
    let candidates = names.sorted().map { found in
      let end = System.isFolder("\(place)/\(found)") ? "/" : isOnly ? "\"" : ""
      return Completion.Candidate(text: found + end, detail: nil)
    }
    return Completion(range: (offset - name.utf8.count)..<offset, candidates: candidates)
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
