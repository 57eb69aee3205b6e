/// An operator's name and parameters, read from a text such as `sum(x, axis, keepdims=false)`.
///
/// A parameter with `=` may be left out and shows its default; one that ends in `?` may be left out too; one that ends
/// in `…` takes all that remain; those after a `*` are given by name only.
public struct Signature: Sendable {
  public struct Parameter: Sendable {
    public let name: String
    public let isOptional: Bool
    public let isVariadic: Bool
    public let isNamed: Bool
  }

  /// As help shows it.
  public let text: String
  public let name: String
  public let parameters: [Parameter]

  public init(_ text: String) {
    self.text = text.split(separator: "?").joined()
    let parts = text.split(separator: "(", maxSplits: 1)
    name = String(parts[0])
    let inside = parts.count > 1 ? parts[1].dropLast() : ""
    var isNamed = false
    parameters = Self.parts(of: inside).compactMap { part in
      var word = part.drop { $0 == " " }
      if word == "*" {
        isNamed = true
        return nil
      }
      let isVariadic = word.hasSuffix("…")
      var isOptional = isVariadic
      if word.hasSuffix("…") || word.hasSuffix("?") {
        isOptional = true
        word = word.dropLast()
      }
      if let equals = word.firstIndex(of: "=") {
        isOptional = true
        word = word[..<equals]
      }
      return Parameter(name: String(word), isOptional: isOptional, isVariadic: isVariadic, isNamed: isNamed)
    }
  }
  /// What stands between commas that are not in brackets.
  private static func parts(of text: Substring) -> [Substring] {
    var (parts, start, depth): ([Substring], String.Index, Int) = ([], text.startIndex, 0)
    for place in text.indices {
      switch text[place] {
      case "[": depth += 1
      case "]": depth -= 1
      case "," where depth == 0:
        parts.append(text[start..<place])
        start = text.index(after: place)
      default: break
      }
    }
    return text.isEmpty ? [] : parts + [text[start...]]
  }
}
