import Syntax
import Tensors
import Text

/// A session as something to read: a script with its answers, a page, a notebook.
struct SessionDocument: Sendable {
  /// How the names of such files end.
  let ending: String
  /// What such a file begins with: another one isn't overwritten.
  let mark: String
  /// What it is, behind "saved … as".
  let title: String
  /// The whole file, of a script with its answers.
  let text: @Sendable (String) -> String

  static let all: [SessionDocument] = [
    SessionDocument(ending: ".grad", mark: "# A session of gradus", title: "a script with its answers") { script in
      "# A session of gradus: gradus --test runs it and compares.\n" + script
    },
    SessionDocument(ending: ".md", mark: "# A session of gradus", title: "a page with its answers") { script in
      "# A session of gradus\n\n```gradus\n\(script)```\n"
    },
    SessionDocument(ending: ".ipynb", mark: "{\"cells\":", title: "a notebook") { notebook(of: $0) },
  ]

  static func of(_ path: String) -> SessionDocument? { all.first { path.hasSuffix($0.ending) } }

  /// A cell for each statement, with what it prints.
  private static func notebook(of script: String) -> String {
    var cells: [(code: [String], output: [String])] = []
    for line in script.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("#>") {
        let answer = line.dropFirst(2)
        cells[cells.count - 1].output.append(String(answer.first == " " ? answer.dropFirst() : answer))
      } else if cells.isEmpty || !cells[cells.count - 1].output.isEmpty || !continues(cells[cells.count - 1].code) {
        cells.append(([String(line)], []))
      } else {
        cells[cells.count - 1].code.append(String(line))
      }
    }
    let texts = cells.enumerated().map { number, cell in
      let output =
        cell.output.isEmpty
        ? ""
        : "{\"name\":\"stdout\",\"output_type\":\"stream\",\"text\":\(Quoting.json(cell.output.joined(separator: "\n") + "\n"))}"
      return """
        {"cell_type":"code","execution_count":\(number + 1),"metadata":{},"outputs":[\(output)],"source":\(Quoting.json(cell.code.joined(separator: "\n")))}
        """
    }
    return """
      {"cells":[
      \(texts.joined(separator: ",\n"))
      ],"metadata":{"kernelspec":{"display_name":"Gradus","language":"gradus","name":"gradus"},"language_info":{"name":"gradus"}},"nbformat":4,"nbformat_minor":5}

      """
  }

  /// The lines aren't a whole statement yet.
  private static func continues(_ lines: [String]) -> Bool {
    let diagnostics = Parser.parse(lines.joined(separator: "\n")).diagnostics
    return !diagnostics.isEmpty && diagnostics.allSatisfy(\.isUnfinished)
  }
}

extension Session {
  /// The statements that led here, with what they print in a session that begins with them.
  func script() -> String {
    var lines: [String] = []
    let head = record.entries.isEmpty ? self.head : record.head
    if head.precision != .float32 { lines.append(":precision \(head.precision.name)") }
    if head.digits != 5 { lines.append(":digits \(head.digits.map(String.init) ?? "full")") }
    if head.seed != 0 { lines.append("seed(\(head.seed))") }
    lines += record.statements
    let text = lines.map { $0 + "\n" }.joined()
    return Transcript.blessed(Source(name: nil, text: text)) {
      var session = Session()
      session.files = files
      session.surroundings.memoryLimit = surroundings.memoryLimit
      session.settings.arguments = head.arguments
      return session
    }
  }
}
