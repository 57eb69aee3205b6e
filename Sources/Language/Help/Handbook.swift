import Graphs
import Text

/// The manual as a folder of HTML pages: what `:help` says, every function, both courses.
///
/// The pages stand on their own: no scripts, nothing from outside.
package struct Handbook {
  package struct Page: Sendable {
    /// Of the file, without its ending.
    package let name: String
    package let title: String
    fileprivate let body: String
  }

  private let kinds: [(title: String, names: [String])]
  /// Where functions are told of.
  private let homes: [String: String]

  package init() {
    let sorted = Set(FunctionKinds.all.flatMap(\.names))
    let others = Session.vocabulary.map(\.signature.name).filter { !sorted.contains($0) }
    kinds = FunctionKinds.all + (others.isEmpty ? [] : [("signs and others", others)])
    homes = Dictionary(
      kinds.flatMap { kind in
        kind.names.map { ($0, "\(Self.file(of: kind.title)).html#\(Self.anchor($0))") }
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func file(of kind: String) -> String {
    "functions-" + kind.replacing(" ", with: "-").filter { $0.isLetter || $0 == "-" }
  }

  package var pages: [Page] {
    var groups: [(title: String, pages: [Page])] = []
    let subjects = HelpPage.all.map { page in
      Page(name: page.name, title: page.name, body: block(page.text))
    }
    groups.append(("Courses", Lesson.courses.map(course)))
    groups.append(("Subjects", subjects))
    groups.append(
      (
        "Functions",
        kinds.map { kind in
          Page(
            name: Self.file(of: kind.title), title: kind.title, body: kind.names.map(function).joined(separator: "\n"))
        }
      ))
    groups.append(
      (
        "Coming from",
        HabitPages.names.map { name in
          Page(name: "from-" + name, title: name, body: block(HabitPages.page(of: name) ?? ""))
        }
      ))
    groups.append(("The console", [Page(name: "commands", title: "commands", body: commands)]))
    let contents = groups.map { group in
      let items = group.pages.map { "<li><a href=\"\($0.name).html\">\(HTML.escaped($0.title))</a></li>" }
      return "<h2>\(group.title)</h2>\n<ul>\n\(items.joined(separator: "\n"))\n</ul>"
    }
    let index = Page(
      name: "index", title: "Gradus",
      body: "<p>A console for tensors and their gradients.</p>\n"
        + block(HelpPage.overview(commands: Command.all.map(\.name))) + "\n" + contents.joined(separator: "\n"))
    return [index] + groups.flatMap(\.pages)
  }

  /// The files, by name.
  package var files: [(name: String, text: String)] { pages.map { ($0.name + ".html", html(of: $0)) } }

  // MARK: Pages

  private func course(_ course: Lesson.Course) -> Page {
    let title = course.name.isEmpty ? "ten steps" : "for people who come from \(course.name)"
    let steps = Lesson.all[course.steps].map { lesson in
      "<li>\n<p>\(inline(lesson.task))</p>\n\(block(lesson.hint))\n<p>\(inline(lesson.remark))</p>\n</li>"
    }
    let start = course.name.isEmpty ? ":learn" : ":learn \(course.name)"
    return Page(
      name: "course" + (course.name.isEmpty ? "" : "-" + course.name), title: title,
      body:
        "<p>In the console <code>\(start)</code> takes one through it.</p>\n<ol>\n\(steps.joined(separator: "\n"))\n</ol>"
    )
  }

  private func function(_ name: String) -> String {
    guard let entry = FunctionEntry.all(named: name).first else { return "" }
    var parts = [
      "<h2 id=\"\(Self.anchor(name))\">\(HTML.escaped(name))</h2>",
      "<pre class=\"call\">\(HTML.escaped(entry.signature.text))</pre>",
      "<p>\(inline(entry.summary))</p>",
    ]
    if !entry.derivative.isEmpty { parts.append("<p>Gradient: \(inline(entry.derivative)).</p>") }
    if !entry.aliases.isEmpty { parts.append("<p>Also \(HTML.escaped(entry.aliases.joined(separator: ", "))).</p>") }
    if !entry.examples.isEmpty {
      parts.append(block(entry.examples.map { "> \($0.input)\n\($0.output)" }.joined(separator: "\n")))
    }
    return parts.joined(separator: "\n")
  }

  private var commands: String {
    let rows = Command.all.map { command in
      "<dt><code>\(HTML.escaped(command.usage))</code></dt>\n<dd>\(inline(command.summary))</dd>"
    }
    return "<dl>\n\(rows.joined(separator: "\n"))\n</dl>"
  }

  // MARK: HTML

  private func html(of page: Page) -> String {
    let home = page.name == "index" ? "" : "<nav><a href=\"index.html\">Gradus</a></nav>\n"
    let title = page.name == "index" ? page.title : "\(page.title) – Gradus"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(HTML.escaped(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      \(home)<main>
      <h1>\(HTML.escaped(page.title))</h1>
      \(page.body)
      </main>
      </body>
      </html>

      """
  }

  private static let style = """
    body { margin: 0 auto; max-width: 46rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1c1c1c; }
    pre, code { font: 0.85rem/1.45 ui-monospace, monospace; }
    pre { background: #f5f5f2; padding: 0.75rem; overflow-x: auto; border-radius: 4px; }
    @media (max-width: 40em) { pre { font-size: 0.62rem; } }
    pre.call { white-space: pre-wrap; }
    h2 { margin-top: 2rem; } dd { margin: 0 0 0.75rem 1rem; } a { color: #0b5d8f; } ul { columns: 12rem; }
    @media (prefers-color-scheme: dark) { body { background: #16181a; color: #ddd; } pre { background: #222528; } a { color: #7cc4f0; } }
    """

  private func block(_ text: String) -> String { "<pre>\(linked(HTML.escaped(text)))</pre>" }

  private func inline(_ text: String) -> String { linked(HTML.escaped(text)) }

  /// With a link behind each `:help` of something that has a place.
  private func linked(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: ":help ") {
      let word = rest[start.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      result += rest[..<start.lowerBound]
      let written = rest[start.lowerBound..<word.endIndex]
      result += address(of: String(word)).map { "<a href=\"\($0)\">\(written)</a>" } ?? String(written)
      rest = rest[word.endIndex...]
    }
    return result + rest
  }

  private func address(of topic: String) -> String? {
    if HelpPage.all.contains(where: { $0.name == topic }) { return topic + ".html" }
    if HabitPages.names.contains(topic) { return "from-\(topic).html" }
    return homes[topic]
  }

  private static func anchor(_ name: String) -> String {
    name.isName ? name : "sign" + name.unicodeScalars.map { "-\($0.value)" }.joined()
  }
}
