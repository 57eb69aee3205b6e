import CKernels
import Graphs
import Plans
import Printing
import Refusals
import Syntax
import Tensors

/// Names and what they hold, between statements; a copy is independent.
package struct Session: Sendable {
  var state = State()
  package var settings = Settings()
  package var surroundings = Surroundings()
  /// What brings this session about again.
  package internal(set) var record = Record()
  /// States before the statements that changed something, the newest last.
  var past = Past()
  /// States that were undone, the next one to be done again last.
  var future: [Snapshot] = []
  /// What the statement at hand has done so far; nil between statements.
  var progress: Progress?
  /// Where the script lies that is being run: its files are looked for there first.
  var folder: String?
  /// How deep files have imported each other.
  var importDepth = 0
  /// What the last explanation had no room for.
  var untold: [String] = []
  /// Numbers that somebody is to move now.
  var slide: Slide?
  /// What is to be shown by pages.
  var page: String?
  /// Entries that are looked at after each round; nil: none.
  var watched: WatchedEntries?
  /// The line of the statement that is being executed.
  var currentLine = 0
  /// What was evaluated before.
  let repetitions = Repetitions()
  let keptSteps = KeptSteps()
  /// Loops that were followed before.
  let keptLoops = KeptLoops()
  /// Off only in tests that look at the difference.
  var keepsRepetitions = true
  /// Statements are followed instead of run.
  var tracer: Tracer?
  package private(set) var wantsToQuit = false
  /// What a script that ended itself says to whoever started it.
  package private(set) var exitStatus: Int32 = 0

  package init() {}

  package mutating func quit(status: Int32 = 0) {
    wantsToQuit = true
    exitStatus = status
  }

  /// How many processors all sessions use.
  package static func setThreads(_ count: Int) { gk_set_thread_count(Int32(clamping: count)) }
  /// The program is at its end; false where that has to come without what libraries do at theirs.
  package static func close() -> Bool { gk_compiler_close() != 0 }
  /// From here on no loop becomes machine code.
  package static func turnCompilerOff() { gk_compiler_turn_off() }
  package mutating func setPrecision(_ type: ElementType) { settings.precision = type }
  package mutating func setSeed(_ seed: UInt64) { (settings.seed, draw) = (seed, 0) }

  /// `name = text`, as `--set` asks for.
  package mutating func set(name: String, value text: String) throws(Failure) {
    try run(Source(name: "--set", text: "\(name) = \(text);")) { _ in }
  }

  /// Runs every statement of a text; what was done before an error stays done.
  package mutating func run(_ source: Source, emit: (Output) -> Void) throws(Failure) {
    try run(Parser.parse(source), in: source, emit: emit)
  }

  /// Runs every statement of a program that was read from a text.
  package mutating func run(_ program: Program, in source: Source, emit: (Output) -> Void) throws(Failure) {
    if source.text.hasPrefix(Record.mark) {
      let name = source.name ?? "FILE"
      throw Failure(
        diagnostics: [Diagnostic("this is a saved session, not a script", help: ":load \(name)")], source: source)
    }
    guard program.diagnostics.isEmpty else {
      throw Failure(diagnostics: program.diagnostics.map { advised($0, in: source) }, source: source)
    }
    for statement in program.statements {
      do throws(Diagnostic) { try execute(statement, in: source, emit: emit) } catch {
        throw Failure(diagnostics: [advised(error, in: source, at: statement.range)], source: source)
      }
      if wantsToQuit { return }
    }
  }

  /// Names that have values before anything was typed.
  package static var predefinedNames: Set<String> { Evaluator.predefinedNames }

  /// How many stretches of statements are kept by their values, which took long.
  package var keptCount: Int { record.kept.count }

  package var variableNames: [String] { names.filter { $0.value.function == nil }.map(\.key).sorted() }
  package var functionNames: [String] { names.filter { $0.value.function != nil }.map(\.key).sorted() }

  /// `3×4`, `number`, `live`: a word beside a name in lists.
  package func briefShape(of name: String) -> String? {
    switch names[name]?.content {
    case .tensor(let held, _): brief(.tensor(held))
    case .live: cache[name].map { brief($0.value) } ?? "live"
    case .function(let function): brief(.function(function))
    case .text(let text): brief(.text(text))
    case .tuple(let parts, _): brief(.tuple(parts))
    case .unset: "no value yet"
    case nil: nil
    }
  }

  /// The number that a name holds, which is as short as a word about it.
  func briefValue(of name: String) -> String? {
    let held: Held
    switch names[name]?.content {
    case .tensor(let own, _): held = own
    case .live:
      guard case .tensor(let own)? = cache[name]?.value else { return nil }
      held = own
    case .function, .text, .tuple, .unset, nil: return nil
    }
    guard held.tensor.shape.rank == 0 else { return nil }
    return text(of: held, title: nil)
  }

  /// `3×4`, `record of 2`: a word about a value.
  func brief(_ value: Stored) -> String {
    switch value {
    case .tensor(let held): held.tensor.shape.spelled(display)
    case .function: "function"
    case .text: "text"
    case .tuple(let parts): (parts.keys == nil ? "tuple" : "record") + " of \(parts.count)"
    case .list(let parts): "list of \(parts.count)"
    }
  }

  /// Bytes that are left for new values.
  var freeBytes: Int { max(memoryBudget - heldBytes, 0) }

  /// The settings that values depend on.
  var head: Record.Head {
    Record.Head(
      precision: settings.precision, digits: settings.digits, seed: settings.seed, draw: draw,
      refusesMutualBroadcast: settings.refusesMutualBroadcast, arguments: settings.arguments)
  }

  mutating func tick() -> Int {
    clock += 1
    return clock
  }
}

/// What is asked for everywhere, by its short name.
extension Session {
  var names: NameTable {
    get { state.names }
    _modify { yield &state.names }
  }

  var cache: [String: Cached] {
    get { state.cache }
    _modify { yield &state.cache }
  }

  var answer: Stored? {
    get { state.answer }
    _modify { yield &state.answer }
  }

  /// The last answer, if it is a tensor.
  var answerTensor: Held? { if case .tensor(let held)? = answer { held } else { nil } }

  var clock: Int {
    get { state.clock }
    _modify { yield &state.clock }
  }

  var draw: Int {
    get { state.draw }
    _modify { yield &state.draw }
  }

  package var files: FileAccess {
    get {
      state.names.witness?.noteOthers()
      return surroundings.files
    }
    _modify { yield &surroundings.files }
  }

  package var device: (any Device)? {
    get { surroundings.device }
    set { surroundings.device = newValue }
  }

  package var memoryLimit: Int? {
    get { surroundings.memoryLimit }
    set { surroundings.memoryLimit = newValue }
  }

  package var isInteractive: Bool {
    get { surroundings.isInteractive }
    set { surroundings.isInteractive = newValue }
  }

  package var slides: Bool {
    get { surroundings.slides }
    set { surroundings.slides = newValue }
  }

  /// How values are shown: as the settings say, as fits the surroundings.
  package var display: Display {
    get {
      var display = Display()
      display.format = surroundings.format
      (display.width, display.height) = (surroundings.width, surroundings.height)
      display.isColored = surroundings.isColored
      (display.digits, display.isASCII, display.defaultType) = (settings.digits, settings.isASCII, settings.precision)
      return display
    }
    set {
      surroundings.format = newValue.format
      (surroundings.width, surroundings.height) = (newValue.width, newValue.height)
      surroundings.isColored = newValue.isColored
      (settings.digits, settings.isASCII) = (newValue.digits, newValue.isASCII)
      settings.precision = newValue.defaultType
    }
  }
}
