import CKernels
import Graphs
import Plans
import Printing
import Refusals
import Syntax
import Tensors
import Text

/// A line that begins with a colon.
package struct Command: Sendable {
  /// What was written behind the command's name.
  struct Call {
    var text: String
    var range: SourceRange
    var source: Source

    /// The rest as an expression.
    func expression(_ usage: String) throws(Diagnostic) -> Expression {
      if text.allSatisfy(\.isWhitespace) { throw Diagnostic("an expression is missing", at: range, help: usage) }
      return try Parser.parseExpression(text, offset: range.lowerBound)
    }

    var words: [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
  }

  typealias Run = @Sendable (inout Session, Call, (Output) -> Void) throws(Diagnostic) -> Void

  package let name: String
  package let usage: String
  package let summary: String
  /// Other names that work.
  package let aliases: [String]
  /// It leads to a state with a record of its own.
  let movesInTime: Bool
  private let run: Run

  init(
    _ usage: String, _ summary: String, aliases: [String] = [], movesInTime: Bool = false, run: @escaping Run
  ) {
    self.usage = usage
    name = String(usage.dropFirst().prefix { $0 != " " })
    self.summary = summary
    self.aliases = aliases
    self.movesInTime = movesInTime
    self.run = run
  }

  /// Does what it is for; a word that it has no use for is refused rather than left aside.
  func callAsFunction(_ session: inout Session, _ call: Call, _ emit: (Output) -> Void) throws(Diagnostic) {
    guard usage != ":\(name)" || call.words.isEmpty else {
      throw Diagnostic("':\(name)' takes nothing behind it", at: call.range, help: ":\(name)")
    }
    try run(&session, call, emit)
  }

  /// A file's name is all that stands behind it.
  package var takesFile: Bool { usage == ":\(name) FILE" }

  /// The ways it is written: the words behind its name, each as what may stand there.
  private var forms: [[[String]]] {
    usage.split(separator: ", :").map { form in
      form.split(separator: " ").dropFirst().map { word in
        word.filter { $0 != "[" && $0 != "]" }.split(separator: "|").map(String.init)
      }
    }
  }

  /// The words that can stand behind others, where it takes words and no names.
  func words(after before: [String]) -> [String] {
    let fitting = forms.filter { form in
      form.count > before.count && zip(form, before).allSatisfy { $0.contains($1) }
    }
    return fitting.flatMap { $0[before.count] }.filter { word in
      word.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
    }
  }

  /// Whether names and values stand in its line.
  var takesNames: Bool {
    ["EXPR", "NAME", "STATEMENT", "LOSS", "ENTRY", "NUMBER"].contains { usage.contains($0) }
  }

  /// Whether an expression, or a statement, is all of its line.
  var takesLine: Bool { ["EXPR", "[EXPR]", "STATEMENT", "LOSS"].contains { usage == ":\(name) \($0)" } }

  package static let named: [String: Command] = {
    var table: [String: Command] = [:]
    for command in all {
      for name in [command.name] + command.aliases { table[name] = command }
    }
    return table
  }()

  package static let all: [Command] =
    [
      help, vars, plan, tree, time, repr, whole, page, digits, precision, ascii, set, env, files, export, shard, quit,
    ] + ofExplanations + ofStates + ofGraphs + ofShapes + ofLessons

  static let help = Command(
    ":help [NAME]", "Help on a function, a command, a word or a subject; else it is searched for.", aliases: ["h"]
  ) {
    session, call, emit throws(Diagnostic) in
    let topic = call.text.trimmed
    // A name of the user's comes first: what is searched for has nothing to say of it.
    let known = [session.helpOnOwn(topic), session.help(topic)].compactMap { $0 }
    if !known.isEmpty { return emit(.result(known.joined(separator: "\n\n"))) }
    guard let text = Search.text(of: topic) ?? call.words.first.flatMap({ session.help($0) }) else {
      let names = Array(Operator.named.keys) + Array(Builtin.named.keys)
      let close = Spelling.nearest(to: topic, among: names)
      throw Diagnostic("there is no help on '\(topic)'", at: call.range, help: close.map { ":help \($0)" } ?? ":help")
    }
    emit(.result(text))
  }

  static let vars = Command(":vars [NAME…]", "The names of the session with their shapes.") {
    session, call, emit throws(Diagnostic) in
    for name in call.words where session.names[name] == nil {
      throw Evaluator(session).unknown(name, call.range)
    }
    let names = call.words.isEmpty ? session.variableNames + session.functionNames : call.words
    for line in session.summaries(of: names) { emit(.result(line)) }
  }

  static let plan = Command(":plan EXPR", "The steps and buffers that compute an expression.") {
    session, call, emit throws(Diagnostic) in
    if let text = try session.planOfLoop(call.text) { return emit(.result(text)) }
    let expression = try call.expression(":plan loss")
    let evaluator = Evaluator(session, .shapes(standIns: [:]))
    let symbols = try evaluator.tensors(expression)
    emit(.result(Plan(evaluator.builder.graph, outputs: symbols.map(\.reference)).description))
    for loop in evaluator.writtenOut { emit(.notice("note: \(loop)")) }
    if let plan = evaluator.builder.planInLoop(for: symbols) {
      emit(.result("in a loop:"))
      emit(.result(plan.description))
    }
  }

  static let tree = Command(":tree EXPR", "How an expression was understood, fully bracketed.") {
    session, call, emit throws(Diagnostic) in
    emit(.result(try call.expression(":tree a + b * c").bracketed))
  }

  static let time = Command(":time STATEMENT", "Runs a statement and says how long it took.") {
    session, call, emit throws(Diagnostic) in
    let program = Parser.parse(call.text)
    if let error = program.diagnostics.first {
      throw Diagnostic(error.refusal, at: call.range)
    }
    let clock = ContinuousClock()
    let start = clock.now
    for statement in program.statements {
      try session.execute(statement, in: Source(name: call.source.name, text: call.text), emit: emit)
    }
    emit(.notice("took \(Duration.text(clock.now - start))"))
  }

  static let repr = Command(":repr EXPR", "A literal that reads back to the value.") {
    session, call, emit throws(Diagnostic) in
    let expression = try call.expression(":repr w")
    let evaluator = Evaluator(session)
    let held = try evaluator.hold(try evaluator.tensor(expression), expression.range, isFixed: nil)
    var display = session.display
    display.format = .repr
    emit(.result(display.text(of: Shown(held.tensor))))
  }

  static let whole = Command(":all [EXPR]", "A value, or the last answer, with nothing left out.") {
    session, call, emit throws(Diagnostic) in
    emit(.result(try session.whole(call, ":all w")))
  }

  static let page = Command(":page [EXPR]", "The same in a program that shows it by pages: $PAGER, or less.") {
    session, call, emit throws(Diagnostic) in
    let text = try session.whole(call, ":page w")
    if session.slides { session.page = text } else { emit(.result(text)) }
  }

  static let digits = Command(":digits N|full", "Significant digits of what is printed.") {
    session, call, emit throws(Diagnostic) in
    switch call.words.first {
    case "full": session.settings.digits = nil
    case let word?:
      guard let number = Int(word), (1...17).contains(number) else {
        throw Diagnostic("digits go from 1 to 17, or are full", at: call.range, help: ":digits 5")
      }
      session.settings.digits = number
    case nil: emit(.result(session.settings.digits.map { "\($0) digits" } ?? "full"))
    }
  }

  static let precision = Command(":precision float32|float64", "What numbers are made of where nothing else decides.") {
    session, call, emit throws(Diagnostic) in
    switch call.words.first {
    case "float32": session.setPrecision(.float32)
    case "float64": session.setPrecision(.float64)
    case nil: emit(.result(session.settings.precision.name))
    default: throw Diagnostic("the precisions are float32 and float64", at: call.range, help: ":precision float64")
    }
  }

  static let ascii = Command(":ascii on|off", "Plain ASCII instead of ⋅ ∘ × and the like.") {
    session, call, _ throws(Diagnostic) in
    guard let word = call.words.first, ["on", "off"].contains(word) else {
      throw Diagnostic("ascii is on or off", at: call.range, help: ":ascii on")
    }
    session.settings.isASCII = word == "on"
  }

  static let set = Command(
    ":set broadcast allow|error, :set watch NAME…",
    "Whether both operands may be stretched at once; which names are shown when they change."
  ) {
    session, call, emit throws(Diagnostic) in
    let words = call.words
    switch words.first {
    case "broadcast" where words.count == 2 && ["allow", "error"].contains(words[1]):
      session.settings.refusesMutualBroadcast = words[1] == "error"
    case "watch":
      session.settings.watched = words.dropFirst().filter { $0 != "off" }
      let unknown = session.settings.watched.first { session.names[$0] == nil }
      if let unknown { emit(.notice("note: \(unknown) has no value yet")) }
    case nil:
      emit(.result("broadcast  \(session.settings.refusesMutualBroadcast ? "error" : "allow")"))
      emit(
        .result(
          "watch      \(session.settings.watched.isEmpty ? "off" : session.settings.watched.joined(separator: " "))"))
    default:
      throw Diagnostic(
        "the settings are broadcast and watch", at: call.range, help: ":set broadcast error, or :set watch w loss")
    }
  }

  static let env = Command(":env", "The libraries, the processor and the settings in use.") {
    session, _, emit throws(Diagnostic) in
    let blas =
      unsafe gk_blas_name().map { unsafe String(cString: $0) }
      ?? "own kernels (libopenblas0-pthread is faster for large products)"
    let compiler =
      unsafe gk_compiler_name().map { unsafe String(cString: $0) }
      ?? (gk_compiler_is_off() != 0 ? "off" : "none (libllvm19 makes long loops over small tensors faster)")
    let level = unsafe gk_vector_level().map { unsafe String(cString: $0) } ?? "baseline"
    emit(.result("products   \(blas.shown)"))
    emit(.result("compiler   \(compiler.shown)"))
    emit(.result("vectors    \(level), \(gk_thread_count()) threads"))
    if let device = session.device { emit(.result("device     \(device.name.shown); the rest runs here")) }
    emit(.result("precision  \(session.settings.precision.name)"))
    emit(.result("memory     \(ByteCount(session.freeBytes)) of \(ByteCount(session.memoryBudget)) free"))
    emit(.result("seed       \(session.settings.seed), \(session.draw) draws made"))
  }

  static let quit = Command(":quit [STATUS]", "Ends the session, or the script with a status.", aliases: ["q", "exit"])
  {
    session, call, _ throws(Diagnostic) in
    guard let word = call.words.first else { return session.quit() }
    guard call.words.count == 1, let status = Int32(word), (0...255).contains(status) else {
      throw Diagnostic("a status is a whole number from 0 to 255", at: call.range, help: "exit 3")
    }
    session.quit(status: status)
  }
}

extension Duration {
  /// `1.2 s`, `35 ms`, `8 µs`.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let microseconds = Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    if microseconds < 1_000 { return "\(Int(microseconds.rounded())) µs" }
    if microseconds < 1_000_000 { return "\((microseconds / 100).rounded() / 10) ms" }
    return "\((microseconds / 100_000).rounded() / 10) s"
  }
}

extension Session {
  /// A value, or the last answer, with nothing left out.
  fileprivate func whole(_ call: Command.Call, _ usage: String) throws(Diagnostic) -> String {
    var held = answerTensor
    if !call.words.isEmpty {
      let expression = try call.expression(usage)
      let evaluator = Evaluator(self)
      held = try evaluator.hold(try evaluator.tensor(expression), expression.range, isFixed: nil)
    }
    guard let held else { throw Diagnostic("there is no answer yet", at: call.range, help: usage) }
    return display.text(of: Shown(held.tensor, causes: held.causes, isElisionOff: true))
  }

  /// What the last statement wants to be shown by pages; it is asked for once.
  package mutating func takePage() -> String? {
    defer { page = nil }
    return page
  }
}
