import Language
import Testing

/// The manual as HTML pages.
@Suite struct HandbookTests {
  private static let files = Dictionary(uniqueKeysWithValues: Handbook().files.map { ($0.name, $0.text) })

  /// What stands between two marks, everywhere.
  private static func all(_ text: String, between start: String, and end: String) -> [String] {
    text.split(separator: start, omittingEmptySubsequences: false).dropFirst().compactMap { part in
      part.firstRange(of: end).map { String(part[..<$0.lowerBound]) }
    }
  }

  @Test func everyLinkLeadsSomewhere() {
    var count = 0
    for (name, text) in Self.files {
      for link in Self.all(text, between: "href=\"", and: "\"") {
        let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
        let target = Self.files[parts[0]]
        #expect(target != nil, "\(name): \(link)")
        if parts.count > 1 { #expect(target?.contains("id=\"\(parts[1])\"") == true, "\(name): \(link)") }
        count += 1
      }
    }
    #expect(count > 90)
  }

  @Test func pagesStandOnTheirOwn() {
    for (name, text) in Self.files {
      #expect(!text.contains("<script") && !text.contains("http") && !text.contains("src="), "\(name)")
      for tag in ["pre", "p", "a", "ol", "ul", "li", "dl", "dt", "dd", "h1", "h2", "main", "nav", "code"] {
        let opened =
          text.split(separator: "<\(tag)>", omittingEmptySubsequences: false).count
          + text.split(separator: "<\(tag) ", omittingEmptySubsequences: false).count - 2
        let closed = text.split(separator: "</\(tag)>", omittingEmptySubsequences: false).count - 1
        #expect(opened == closed, "\(name): \(tag)")
      }
    }
  }

  /// Whatever can be called or looked up is there.
  @Test func everyFunctionAndCommandIsThere() {
    let all = Self.files.values.joined()
    for line in Reference.text.split(separator: "\n") where line.hasPrefix("## ") {
      #expect(all.contains(">\(line.dropFirst(3))</h2>") || line.contains("<") || line.contains("&"), "\(line)")
    }
    #expect(Self.files["commands.html"]?.contains(":why") == true)
    #expect(Self.files["course.html"]?.contains("w = weights(3, 2)") == true)
  }
}
