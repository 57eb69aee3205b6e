import Printing
import Refusals
import Syntax
import Tensors

/// What has happened while a statement was executed.
struct Progress: Sendable {
  /// Inner statements that have finished.
  var steps = 0
  /// Where the session's clock stood after the last of them.
  var clock: Int
  /// Stop before the inner statement with this number.
  var limit: Int?
  /// How the innermost loop is being left.
  var leaving: Leaving?
  let effects = Effects()

  /// By `break`, and by `continue`.
  enum Leaving: Sendable { case loop, round }

  /// How many blocks of loops and branches are open.
  var blockDepth = 0
  /// How deep `run` has nested.
  var runDepth = 0
}

/// Every statement goes through here: what it changed can be undone and is put on record.
extension Session {
  package mutating func execute(_ statement: Statement, in source: Source, emit: (Output) -> Void) throws(Diagnostic) {
    let outer = folder
    folder = source.folder
    defer { folder = outer }
    guard progress == nil else { return try executeInside(statement, in: source, emit: emit) }
    try execute(statement, in: source, limit: nil, draw: nil, emit: emit)
  }

  /// With a limit, only so many inner statements; the next draw then has the number given.
  mutating func execute(
    _ statement: Statement, in source: Source, limit: Int?, draw nextDraw: Int?, emit: (Output) -> Void
  ) throws(Diagnostic) {
    makeRoom()
    let before = moment
    if record.entries.isEmpty { record.head = head }
    let position = record.entries.count
    progress = Progress(clock: clock, limit: limit)
    let start = ContinuousClock.now
    let isASCII = settings.isASCII
    var isStopped = false
    func say(_ output: Output) {
      // What is made once an interrupt was asked for may not be whole, and nobody waits for it.
      if output.result != nil, Interrupt.isRequested { return isStopped = true }
      emit(isASCII ? output.ascii : output)
    }
    var failure: Diagnostic?
    do throws(Diagnostic) {
      try perform(statement, in: source, emit: say)
      if isStopped { throw Diagnostic(.interrupted) }
    } catch {
      failure = error.timed(.now - start)
    }
    putOutPrinted(isEnd: true, say)
    let duration = ContinuousClock.now - start
    let progress = progress ?? Progress(clock: clock)
    self.progress = nil
    if let nextDraw { draw = nextDraw }
    if statement.movesInTime {
      if failure == nil { surroundings.follow?(.replaced(record)) }
      if failure == nil { keepValues(say) }
    } else {
      let text = source.slice(statement.range)
      if failure == nil ? isWorthKeeping(statement, since: before) : hasChanged(since: before) {
        put(
          text, statement, progress, since: before, seconds: duration / .seconds(1), isWhole: failure == nil)
        keepValues(say)
      }
      if clock != before.state.clock || settings != before.settings {
        push(
          Snapshot(statement: text, moment: before, record: .first(position), byteCount: replacedBytes(since: before)))
      }
    }
    if let failure { throw failure }
    noteNaN(after: statement, in: source, since: before, say)
    noteHabits(in: statement, of: source, say)
    tellOfWatched(since: before, say)
    followLesson(since: before, say)
  }

  /// A statement of a block, or of a script that is run.
  private mutating func executeInside(
    _ statement: Statement, in source: Source, emit: (Output) -> Void
  ) throws(Diagnostic) {
    if let limit = progress?.limit, let steps = progress?.steps, steps >= limit, statement.isSingle {
      throw Diagnostic("stopped", reason: .stopped)
    }
    try perform(statement, in: source, emit: emit)
    progress?.steps += 1
    progress?.clock = state.clock
  }

  private func hasChanged(since before: Moment) -> Bool {
    clock != before.state.clock || draw != before.state.draw || settings != before.settings
  }

  /// Expressions change at least the last answer.
  private func isWorthKeeping(_ statement: Statement, since before: Moment) -> Bool {
    if case .expression = statement.kind { return true }
    return hasChanged(since: before)
  }

  /// Bytes that only the state before holds.
  private func replacedBytes(since before: Moment) -> Int {
    names.newer(than: before.state.clock).reduce(0) { bytes, changed in
      let (old, new) = (before.state.names[changed.key]?.storages ?? [], changed.value.storages)
      if old.count == 1, new.count == 1, old[0] === new[0] { return bytes }
      return old.reduce(bytes) { $0 + $1.byteCount }
    }
  }
}

extension Statement {
  /// Has no statements inside that could be counted.
  fileprivate var isSingle: Bool {
    switch kind {
    case .loop, .forEach, .whileLoop, .branch, .run, .command, .expect: false
    case .expression, .assign, .update, .live, .function, .input, .breaking, .continuing, .returning, .deletion,
      .freezing:
      true
    }
  }

  /// A command that leads to a state with a record of its own.
  var movesInTime: Bool {
    if case .command(let name, _, _) = kind { Command.named[name]?.movesInTime == true } else { false }
  }
}

extension Diagnostic {
  /// The same; an interruption says how long the statement had run.
  fileprivate func timed(_ duration: Duration) -> Diagnostic {
    guard case .interrupted(var interruption) = reason, interruption.duration == nil else { return self }
    interruption.duration = Duration.text(duration)
    var copy = self
    copy.refusal.reason = .interrupted(interruption)
    copy.refusal.message = interruption.sentence
    return copy
  }
}
