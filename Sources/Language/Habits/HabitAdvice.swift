import Graphs
import Refusals
import Syntax
import Text

/// What to type instead of a line of another language.
enum HabitAdvice: Equatable {
  case line(String)
  case sentence(String)
}

extension Session {
  /// An error with the line of ours that does what the user's was meant to do, if there is one.
  ///
  /// - Parameter range: the statement that failed; nil where the text couldn't be read.
  package func advised(_ error: Diagnostic, in source: Source, at range: SourceRange? = nil) -> Diagnostic {
    guard !error.isInterrupt, error.reason != .stopped, error.source == nil else { return error }
    var error = error
    if let line = quotingFile(in: range.map(source.slice) ?? source.text) {
      error.refusal.help = line
      error.offer = line
      return error
    }
    if let range, concernsFiles(source.slice(range)) { return error }
    if let word = error.juxtaposed, !canBeCalled(word) { error.refusal.help = nil }
    let session = range == nil ? session(before: error.range?.lowerBound, in: source) : self
    for text in texts(of: error, in: source, at: range) {
      switch session.advice(for: text) {
      case .line(let line):
        error.refusal.help = line
        error.offer = line
        return error
      // What is said of all lines is of no use where the one at hand has something of its own.
      case .sentence(let sentence): error.refusal.help = sentence
      case nil: continue
      }
    }
    return error
  }

  /// Whether a line that is unfinished here is a whole loop of another language: `for i in range(3): print(i)`.
  package func isWholeElsewhere(_ line: String) -> Bool {
    guard line.hasPrefix("for "), !line.contains("\n"), case .line? = advice(for: line) else { return false }
    return true
  }

  /// `load(a.npy)` as it would be in quotes; nil where it isn't a file's name that stands there.
  private func quotingFile(in text: String) -> String? {
    let text = text.trimmed
    let (target, call) = text.halves(at: " = ").map { ($0 + " = ", $1) } ?? ("", text)
    let name = String(call.prefix { $0 != "(" })
    guard let traits = Builtin.named[name]?.traits, !traits.isDisjoint(with: [.readsFiles, .writesFiles]),
      call.hasSuffix(")"), !call.contains("\"")
    else { return nil }
    let inside = call.dropFirst(name.count + 1).dropLast()
    let path = inside.prefix { $0 != "," }
    guard path.contains(where: { $0 == "." || $0 == "/" || $0 == " " }), !path.contains("("),
      names[String(path.prefix { $0 != "." && $0 != "[" })] == nil
    else { return nil }
    let line = "\(target)\(name)(\(Quoting.literal(String(path).trimmed))\(inside.dropFirst(path.count)))"
    return Parser.parse(Source(text: line)).diagnostics.isEmpty ? line : nil
  }

  /// Whether a text calls what reads or writes files here: only that knows what is in them, and says what to do.
  private func concernsFiles(_ text: String) -> Bool {
    guard let statement = Parser.parse(Source(text: text)).statements.first else { return false }
    let expression: Expression
    switch statement.kind {
    case .expression(let x), .assign(_, let x): expression = x
    default: return false
    }
    guard case .call(let callee, _) = expression.kind, case .name = callee.kind else { return false }
    return !(builtinCall(expression)?.builtin.traits.isDisjoint(with: [.readsFiles, .writesFiles]) ?? true)
  }

  private func canBeCalled(_ word: String) -> Bool {
    names[word] != nil || Operator.named[word] != nil || Builtin.named[word] != nil
  }

  /// What may be another language's: all that was typed, or the line with the error.
  private func texts(of error: Diagnostic, in source: Source, at range: SourceRange?) -> [String] {
    if let range { return [source.slice(range)] }
    let lines = source.text.split(separator: "\n", omittingEmptySubsequences: false)
    var texts = source.name == nil && lines.count <= Self.longestHabit ? [source.text] : []
    if lines.count > 1 || texts.isEmpty, let place = error.range?.lowerBound {
      let line = source.position(of: place).line - 1
      guard lines.indices.contains(line) else { return texts }
      // With the lines of the block that it begins.
      let body = lines[(line + 1)...].prefix(Self.longestHabit).prefix { $0.first == " " || $0.first == "\t" }
      if !body.isEmpty { texts.append(([lines[line]] + body).joined(separator: "\n")) }
      texts.append(String(lines[line]))
    }
    return texts
  }

  /// The session as it would be in front of a line that can't be read: what stands before it hasn't been run yet.
  private func session(before place: Int?, in source: Source) -> Session {
    guard let place, source.position(of: place).line > 1 else { return self }
    let end = source.text.utf8.prefix(place).lastIndex(of: UInt8(ascii: "\n")) ?? source.text.startIndex
    var check = ShapeCheck(self)
    _ = check.check(Source(text: String(source.text[..<end])))
    return check.known.session
  }

  /// How many lines are looked at together.
  private static let longestHabit = 24

  /// What to type instead of a text; nil where it isn't another language's, or isn't understood.
  func advice(for text: String) -> HabitAdvice? {
    let text = text.trimmed
    guard !text.isEmpty, !text.hasPrefix(":") else { return nil }
    let bare = Prompts.removed(from: text) ?? text
    if bare.hasPrefix("%"), bare.dropFirst().first.map({ $0 == " " || $0 == "%" }) ?? true {
      return .line("#" + bare.drop { $0 == "%" })
    }
    guard let (foreign, marks) = ForeignParser.statements(of: bare), !foreign.isEmpty else { return nil }
    let guess = ToolGuess(bare, marks, self).tool
    var sentence: HabitAdvice?
    for tool in guess.map({ [$0] }) ?? [nil] + Self.guesses {
      let translator = HabitTranslator(self, tool: tool)
      do throws(NoLine) {
        let statements = try translator.statements(foreign)
        // That a line fails doesn't make it another language's, unless it calls what only that one has.
        if let tool, guess == nil, !translator.used.contains(tool) { continue }
        if let line = line(of: statements), !isSame(line, text) { return .line(line) }
      } catch {
        if case .sentence(let words) = error, sentence == nil { sentence = .sentence(words) }
      }
    }
    return sentence
  }

  /// The tools that are tried in turn where nothing tells which one it is.
  private static let guesses: [Tool?] = [.python, .octave, .julia, .r, .pytorch, .tensorflow]

  /// Statements as a line that was tried as far as that goes without computing; nil where it wouldn't run.
  private func line(of statements: [Statement]) -> String? {
    var copy = self
    var parts: [String] = []
    for statement in statements {
      let text = statement.description
      let program = Parser.parse(text)
      guard program.diagnostics.isEmpty, let read = program.statements.first else { return nil }
      if case .assign(let targets, let expression) = read.kind, targets.count == 1, copy.lacksValue(expression) {
        let live = "\(targets[0].text) := \(expression)"
        guard copy.isFine(live) else { return nil }
        parts.append(live)
        continue
      }
      guard copy.isFine(text) else { return nil }
      copy.follow(read)
      parts.append(text)
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// Whether nothing is wrong with a line as far as its names and shapes tell.
  private func isFine(_ line: String) -> Bool {
    let source = Source(text: line)
    let program = Parser.parse(source)
    guard program.diagnostics.isEmpty else { return false }
    for statement in program.statements {
      switch statement.kind {
      case .run: return true
      case .command(let name, _, _): return Command.named[name] != nil
      case .expression(let x), .assign(_, let x), .live(_, let x):
        // Whether a file is there isn't known before it is read.
        if !Names.read(in: x).isDisjoint(with: Builtin.fileReaders) { return true }
      default: break
      }
    }
    var check = ShapeCheck(self)
    return check.check(source).isEmpty
  }

  /// What a first statement does to the next ones of the same line.
  private mutating func follow(_ statement: Statement) {
    switch statement.kind {
    case .assign, .function, .live, .input: try? execute(statement, in: Source(text: statement.description)) { _ in }
    default: break
    }
  }

  /// It reads an input that nobody has given a value.
  private func lacksValue(_ expression: Expression) -> Bool {
    Evaluator(self).reachable(from: Names.read(in: expression)).contains { name in
      if case .unset? = names[name]?.content { true } else { false }
    }
  }

  /// It says what the text says already, whatever the blanks.
  private func isSame(_ line: String, _ text: String) -> Bool {
    let own = Parser.parse(text)
    if own.diagnostics.isEmpty {
      return own.statements.map(\.description).joined(separator: "; ") == line
    }
    return line.filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace }
  }
}

/// Which tool a line was written for.
struct ToolGuess {
  private(set) var tool: Tool?

  init(_ text: String, _ marks: Set<ForeignParser.Mark>, _ session: Session) {
    let tokens = ForeignLexer.tokens(of: text) ?? []
    tool =
      Self.ofModules(tokens, session) ?? Self.ofMarks(marks) ?? Self.ofSigns(tokens) ?? Self.ofIndices(tokens, session)
      ?? Self.ofWords(tokens, session)
  }

  private static func ofModules(_ tokens: [ForeignToken], _ session: Session) -> Tool? {
    for (token, next) in zip(tokens, tokens.dropFirst())
    where token.kind == .name && next.kind == .sign && next.text == "." && session.names[token.text] == nil {
      if let tool = Tool.modules[token.text] { return tool }
    }
    return nil
  }

  private static func ofMarks(_ marks: Set<ForeignParser.Mark>) -> Tool? {
    if !marks.isDisjoint(with: [.leftArrow, .percentSign, .omitted]) { return .r }
    if !marks.isDisjoint(with: [.pointedCall, .bang, .endInBrackets]) { return .julia }
    return marks.isDisjoint(with: [.handle, .end, .blanks]) ? nil : .octave
  }

  private static let words: [String: Tool] = [
    "dim": .pytorch, "keepdim": .pytorch, "keep_dims": .tensorflow, "reduction_indices": .tensorflow, "dims": .julia,
    "length.out": .r, "TRUE": .r, "FALSE": .r, ".+": .julia, ".-": .julia, ".==": .julia, ".<": .julia, ".>": .julia,
    ".!": .julia,
    ".<=": .julia, ".>=": .julia, ".!=": .julia, ".*": .octave, "./": .octave, ".^": .octave, ".\\": .octave,
    "\\": .octave, "~=": .octave,
  ]

  private static func ofSigns(_ tokens: [ForeignToken]) -> Tool? {
    for (token, next) in zip(tokens, tokens.dropFirst()) {
      guard token.kind == .sign || token.kind == .name, let tool = words[token.text] else { continue }
      if token.kind == .sign || next.text == "=" || tool == .r { return tool }
    }
    return nil
  }

  /// Octave picks with parentheses.
  private static func ofIndices(_ tokens: [ForeignToken], _ session: Session) -> Tool? {
    for (token, next) in zip(tokens, tokens.dropFirst())
    where token.kind == .name && next.text == "(" && next.kind == .sign && !next.followsSpace {
      if let binding = session.names[token.text], binding.function == nil, Operator.named[token.text] == nil,
        Builtin.named[token.text] == nil
      {
        return .octave
      }
    }
    return nil
  }

  /// Functions that mean something else in the others.
  private static let calls: [String: Tool] = [
    "size": .octave, "div": .julia, "gradient": .julia, "length": .octave, "fill": .julia, "summary": .r, "order": .r,
    "apply": .r,
    "rep": .r, "seq": .r,
  ]

  /// A function that only one of those that count from 1 has.
  private static func ofWords(_ tokens: [ForeignToken], _ session: Session) -> Tool? {
    if let first = tokens.first, tokens.count > 1, tokens[1].text == "(", session.names[first.text] == nil,
      let tool = calls[first.text], tokens.contains(where: { $0.text == "," })
    {
      return tool
    }
    let fromZero: [Tool] = [.numpy, .python, .pytorch, .tensorflow, .jax]
    for (place, token) in tokens.enumerated() where token.kind == .name && session.names[token.text] == nil {
      if place > 0, tokens[place - 1].text == "." { continue }
      let key = token.text + (place + 1 < tokens.count && tokens[place + 1].text == "(" ? "()" : "")
      if fromZero.contains(where: { !Habit.named(key, of: $0).isEmpty }) { continue }
      for tool in [Tool.octave, .julia, .r] where !Habit.named(key, of: tool).isEmpty {
        if Operator.named[token.text] == nil, Builtin.named[token.text] == nil { return tool }
      }
    }
    return nil
  }
}
