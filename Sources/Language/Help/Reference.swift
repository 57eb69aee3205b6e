import Graphs

/// The manual's page of all functions, written from their declarations.
package enum Reference {
  package static var text: String {
    var lines = ["# Functions", ""]
    lines.append("Written by `gradus --reference`; examples are tests.")
    for operation in Operator.table {
      lines += entry(
        operation.signature, operation.summary, operation.derivative, operation.aliases, operation.examples)
    }
    lines += ["", "# Functions of the session", ""]
    for builtin in Builtin.all {
      lines += entry(builtin.signature, builtin.summary, builtin.derivative, builtin.aliases, builtin.examples)
    }
    lines += ["", "# Commands", ""]
    for command in Command.all { lines.append("- `\(command.usage)`: \(command.summary)") }
    return lines.joined(separator: "\n")
  }

  private static func entry(
    _ signature: Signature, _ summary: String, _ derivative: String, _ aliases: [String],
    _ examples: [(input: String, output: String)]
  ) -> [String] {
    var lines = ["", "## \(signature.name)", "", "`\(signature.text)`", "", summary]
    if !aliases.isEmpty { lines.append("Also " + aliases.map { "`\($0)`" }.joined(separator: ", ") + ".") }
    if !derivative.isEmpty { lines += ["", "Gradient: \(derivative)."] }
    if !examples.isEmpty {
      lines += ["", "```gradus"]
      for example in examples {
        lines.append(example.input)
        lines += example.output.split(separator: "\n").map { "#> " + $0 }
      }
      lines.append("```")
    }
    return lines
  }
}
