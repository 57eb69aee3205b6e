/// The prompts of other consoles.
package enum Prompts {
  /// A text without the prompt in front of its first line; nil where there is none.
  static func removed(from text: String) -> String? {
    guard let length = length(of: text[...]) else { return nil }
    return String(text.dropFirst(length)).trimmed
  }

  /// How many characters of a line are a prompt that asks for a statement.
  package static func length(of line: Substring) -> Int? {
    for prompt in [">>> ", ">> ", "julia> ", "> "] where line.hasPrefix(prompt) { return prompt.count }
    return numbered(line, opening: "In [", closing: "]: ") ?? numbered(line, opening: "octave:", closing: "> ")
  }

  /// How many characters of a line are a prompt that asks for more of a statement.
  package static func lengthOfMore(of line: Substring) -> Int? {
    let rest = line.drop { $0 == " " }
    for prompt in ["... ", "...: ", "…: ", "… "] where rest.hasPrefix(prompt) {
      return line.count - rest.count + prompt.count
    }
    return rest == "..." || rest == "...:" ? line.count : nil
  }

  private static func numbered(_ line: Substring, opening: String, closing: String) -> Int? {
    guard line.hasPrefix(opening) else { return nil }
    let digits = line.dropFirst(opening.count).prefix(while: \.isNumber)
    guard !digits.isEmpty, line[digits.endIndex...].hasPrefix(closing) else { return nil }
    return opening.count + digits.count + closing.count
  }
}
