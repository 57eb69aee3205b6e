import CKernels
import Graphs
import Plans
import Printing
import Syntax
import Tensors

/// Names and what they hold, between statements; a copy is independent.
package struct Session: Sendable {
  var names = NameTable()
  var functions: [String: FunctionBinding] = [:]
  var cache: [String: Cached] = [:]
  var answer: Held?
  var clock = 0
  var seed: UInt64 = 0
  /// The number of the next random draw.
  var draw = 0
  var refusesMutualBroadcast = false
  /// Places whose broadcast warning has been given.
  var warned: Set<String> = []
  package var display = Display()
  /// At a prompt: definitions print a line, hints appear.
  package var isInteractive = false
  /// Bytes that values may take together; nil: most of what is free when the first is made.
  package var memoryLimit: Int?
  /// Where graphs run that can; nil: here.
  package var device: (any Device)?
  /// A script's own arguments.
  package var arguments: [String] = []
  package var files = FileAccess { path throws(Diagnostic) in throw Diagnostic("files can't be read here") }
  package private(set) var wantsToQuit = false
  /// Loops may be run as one graph; off only in tests that compare both ways.
  package var compilesLoops = true
  /// Statements are followed instead of run.
  var tracer: Tracer?
  /// How many blocks of loops and branches are open.
  var blockDepth = 0
  /// How deep `run` has nested.
  var runDepth = 0
  /// The step of `:learn` that is next.
  var lesson: Int?
  var hasNotedNaN = false
  /// Names whose changes are shown.
  var watched: [String] = []
  /// What brings this session about again.
  package internal(set) var record = Record()
  /// Whether any statement so far has the word `load` in it.
  var mentionsLoad = false
  /// Told of every change of the record as soon as it is made.
  package var follow: (@Sendable (Record.Change) -> Void)?
  /// States before the statements that changed something, the newest last.
  var past: [Snapshot] = []
  /// States that were undone, the next one to be done again last.
  var future: [Snapshot] = []
  /// What the statement at hand has done so far; nil between statements.
  var progress: Progress?

  package init() {}

  package mutating func quit() { wantsToQuit = true }
  /// How many processors all sessions use.
  package static func setThreads(_ count: Int) { gk_set_thread_count(Int32(clamping: count)) }
  package mutating func setSeed(_ seed: UInt64) { (self.seed, draw) = (seed, 0) }
  package mutating func setPrecision(_ type: ElementType) { display.defaultType = type }

  /// `name = text`, as `--set` asks for.
  package mutating func set(name: String, value text: String) throws(Failure) {
    try run(Source(name: "--set", text: "\(name) = \(text);")) { _ in }
  }

  /// Runs every statement of a text; what was done before an error stays done.
  package mutating func run(_ source: Source, emit: (Output) -> Void) throws(Failure) {
    let program = Parser.parse(source.text)
    guard program.diagnostics.isEmpty else { throw Failure(diagnostics: program.diagnostics, source: source) }
    for statement in program.statements {
      do throws(Diagnostic) { try execute(statement, in: source, emit: emit) } catch {
        throw Failure(diagnostics: [error], source: source)
      }
      if wantsToQuit { return }
    }
  }

  package var variableNames: [String] { names.keys.sorted() }
  package var functionNames: [String] { functions.keys.sorted() }

  /// `3×4`, `number`, `live`: a word beside a name in lists.
  package func briefShape(of name: String) -> String? {
    if let binding = names[name] {
      switch binding.content {
      case .tensor(let held, _): return held.tensor.shape.spelled(display)
      case .live: return cache[name].map { $0.held.tensor.shape.spelled(display) } ?? "live"
      case .text: return "text"
      case .tuple(let parts): return "tuple of \(parts.count)"
      case .unset: return "no value yet"
      }
    }
    return functions[name] == nil ? nil : "function"
  }

  /// Bytes that are left for new values.
  var freeBytes: Int { max(memoryBudget - heldBytes, 0) }

  /// The settings that values depend on.
  var head: Record.Head {
    Record.Head(
      precision: display.defaultType, digits: display.digits, seed: seed, draw: draw,
      refusesMutualBroadcast: refusesMutualBroadcast, arguments: arguments)
  }

  mutating func tick() -> Int {
    clock += 1
    return clock
  }
}
