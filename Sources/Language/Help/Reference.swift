import Graphs

/// The manual's page of all functions, written from their declarations.
package enum Reference {
  package static var text: String {
    var lines = ["# Functions", ""]
    lines.append("Written by `gradus --reference`; examples are tests.")
    for operation in Operator.table { lines += section(FunctionEntry(operation)) }
    lines += ["", "# Functions of the session", ""]
    for builtin in Builtin.all { lines += section(FunctionEntry(builtin)) }
    lines += ["", "# Commands", ""]
    for command in Command.all { lines.append("- `\(command.usage)`: \(command.summary)") }
    return lines.joined(separator: "\n")
  }

  private static func section(_ entry: FunctionEntry) -> [String] {
    var lines = ["", "## \(entry.signature.name)", "", "`\(entry.signature.text)`", "", entry.summary]
    if !entry.aliases.isEmpty { lines.append("Also " + entry.aliases.map { "`\($0)`" }.joined(separator: ", ") + ".") }
    if !entry.derivative.isEmpty { lines += ["", "Gradient: \(entry.derivative)."] }
    if !entry.examples.isEmpty {
      lines += ["", "```gradus"]
      for example in entry.examples {
        lines.append(example.input)
        lines += example.output.split(separator: "\n").map { "#> " + $0 }
      }
      lines.append("```")
    }
    return lines
  }
}
