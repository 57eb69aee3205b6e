import Syntax

/// A foreign name with what stands for it here: `column_stack(xs) → stack(tuple(xs), axis=1)`.
struct Habit: Sendable {
  let tool: Tool
  /// How it is written there.
  let pattern: HabitPattern
  /// How it is written here; empty where a sentence must do.
  let template: [Statement]
  /// What to do where there is no line to type.
  let sentence: String?
  /// A line of the tool's that people type.
  let example: String
  /// It is among those that `:help numpy` shows.
  let isFrequent: Bool
  /// Nothing is kept of what it gives: a name in front of it goes.
  let isAlone: Bool

  /// Reads a row: `name(parameters) → template or "sentence" e.g. example`; a `*` in front marks frequent ones.
  ///
  /// Names with `|` between them share a row; `NAME` in the template is the one that was written, or what stands behind
  /// its `~`.
  private static func rows(_ tool: Tool, _ text: String) -> [Habit] {
    text.split(separator: "\n").filter { !$0.hasPrefix("#") }.flatMap { Self.row(tool, String($0)) }
  }

  private static func row(_ tool: Tool, _ line: String) -> [Habit] {
    guard let (head, rest) = line.halves(at: " → "), let (body, example) = rest.halves(at: " e.g. ") else {
      preconditionFailure("no row of habits: \(line)")
    }
    let isFrequent = head.hasPrefix("*")
    let signature = isFrequent ? String(head.dropFirst()) : head
    let names = signature.prefix { $0 != "(" }.split(separator: "|").map(String.init)
    let parameters = signature.drop { $0 != "(" }
    var (template, sentence): (String, String?) = (body, nil)
    if body.hasPrefix("\"") {
      (template, sentence) = ("", String(body.dropFirst().dropLast()))
    } else if let (line, words) = body.halves(at: " or \"") {
      (template, sentence) = (line, String(words.dropLast()))
    }
    let isAlone = template.hasPrefix("alone ")
    if isAlone { template = String(template.dropFirst("alone ".count)) }
    return names.enumerated().map { position, marked in
      let name = marked.filter { $0 != "~" }
      let written = template.replacingWord("NAME", with: (marked.halves(at: "~")?.1 ?? name).ownName)
      let program = Parser.parse(written)
      precondition(program.diagnostics.isEmpty, "no template of habits: \(line)")
      return Habit(
        tool: tool, pattern: HabitPattern(name + parameters), template: program.statements, sentence: sentence,
        example: position == 0
          ? example : example.replacingWord(names[0].filter { $0 != "~" }, with: name),
        isFrequent: isFrequent && position == 0, isAlone: isAlone)
    }
  }

  static let all: [Habit] = Tool.allCases.flatMap { tool in tables(of: tool).flatMap { rows(tool, $0) } }

  private static func tables(of tool: Tool) -> [String] {
    switch tool {
    case .numpy: [numpyArrays, numpyNumbers, numpyAlgebra]
    case .pytorch: [pytorchTensors, pytorchLayers]
    case .tensorflow: [tensorflowOperations, tensorflowGraphs]
    case .jax: [jax]
    case .python: [python]
    case .octave: [octave]
    case .julia: [julia]
    case .r: [r]
    }
  }

  /// By tool and the key of the pattern, in the order of the tables.
  private static let table: [Tool: [String: [Habit]]] = {
    var table: [Tool: [String: [Habit]]] = [:]
    for habit in all { table[habit.tool, default: [:]][habit.pattern.key, default: []].append(habit) }
    return table
  }()

  static func named(_ key: String, of tool: Tool) -> [Habit] { table[tool]?[key] ?? [] }

  /// All names, without what stands before a point.
  static let words: Set<String> = Set(all.map { $0.pattern.name.ownName })
}

/// How something is called elsewhere: a name, its parameters, and those of what is called on it.
struct HabitPattern: Sendable {
  struct Parameter: Sendable {
    let name: String
    var isOptional = false
    var isVariadic = false
    /// What it holds makes no difference here.
    var isIgnored = false
    /// It must be this where it is given.
    var initial: String?
    /// It must be given, and be this.
    var required: String?
    /// How many axes its value has.
    var rank: Int?
    /// Its value is written as a text.
    var isText = false
  }

  let name: String
  /// The parameters of the first call and of the second; nil without one.
  let parameters: [Parameter]?
  let method: String?
  let more: [Parameter]?

  /// What a call is looked up under: `.expand()`, `ReLU()()`, `Adam().minimize()`, `pi`.
  var key: String {
    name + (parameters == nil ? "" : "()") + (method.map { "." + $0 } ?? "") + (more == nil ? "" : "()")
  }

  init(_ text: String) {
    name = String(text.prefix { $0 != "(" })
    var rest = text.drop { $0 != "(" }
    parameters = rest.isEmpty ? nil : Self.takeParameters(&rest)
    method = rest.hasPrefix(".") ? String(rest.dropFirst().prefix { $0 != "(" }) : nil
    rest = rest.drop { $0 != "(" }
    more = rest.isEmpty ? nil : Self.takeParameters(&rest)
  }

  private static func takeParameters(_ text: inout Substring) -> [Parameter] {
    let inside = text.dropFirst().prefix { $0 != ")" }
    text = text[inside.endIndex...].dropFirst()
    return inside.split(separator: ",").map { parameter(String($0).trimmed) }
  }

  private static func parameter(_ text: String) -> Parameter {
    if let (name, value) = text.halves(at: "==") { return Parameter(name: name, required: value) }
    if let (name, value) = text.halves(at: "=") { return Parameter(name: name, isOptional: true, initial: value) }
    if let (name, kind) = text.halves(at: ":") {
      return Parameter(name: name, rank: Int(kind), isText: kind == "text")
    }
    if text.hasPrefix("_") {
      return Parameter(
        name: String(text.dropFirst()).filter { !"?…".contains($0) }, isOptional: text.hasSuffix("?"),
        isVariadic: text.hasSuffix("…"),
        isIgnored: true)
    }
    if text.hasSuffix("…") { return Parameter(name: String(text.dropLast()), isVariadic: true) }
    if text.hasSuffix("?") { return Parameter(name: String(text.dropLast()), isOptional: true) }
    return Parameter(name: text)
  }
}

extension String {
  /// What stands before and behind the first place of a word.
  func halves(at word: String) -> (String, String)? {
    guard let place = indices.first(where: { self[$0...].hasPrefix(word) }) else { return nil }
    return (String(self[..<place]), String(self[index(place, offsetBy: word.count)...]))
  }

  /// The name behind the last point.
  var ownName: String { split(separator: ".").last.map(String.init) ?? self }

  fileprivate func replacingWord(_ word: String, with other: String) -> String {
    var text = ""
    var rest = Substring(self)
    while let (before, behind) = String(rest).halves(at: word) {
      let isWord = behind.first.map { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? true
      text += before + (isWord ? other : word)
      rest = Substring(behind)
    }
    return text + rest
  }
}
