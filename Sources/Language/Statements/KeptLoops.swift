import Graphs
import Synchronization
import Syntax
import Tensors

/// Loops that were followed before, with their code: where all that was asked of the session then would be answered alike,
/// they are run as they are.
final class KeptLoops: Sendable {
  private struct State {
    /// The one that was used last comes first.
    var loops: [KeptLoop] = []
    /// Texts of loops that were run once.
    var seen: Set<String> = []
    var served = 0
  }

  private let state = Mutex(State())
  private static let (most, mostBytes, longest) = (16, 1 << 26, 2000)

  /// Whether a loop was run before.
  func isAgain(_ whole: LoopCompiler.Whole, in source: Source) -> Bool {
    guard let text = KeptLoop.text(of: whole, in: source), text.utf8.count <= Self.longest else { return false }
    return state.withLock { state in
      if state.seen.contains(text) { return true }
      if state.seen.count >= 256 { state.seen = [] }
      state.seen.insert(text)
      return false
    }
  }

  /// One for these statements and this session, which is nobody else's until it is given back.
  func taken(for whole: LoopCompiler.Whole, _ session: Session, in source: Source) -> KeptLoop? {
    state.withLock { state in
      if state.loops.isEmpty { return nil }
      guard let position = state.loops.firstIndex(where: { $0.serves(whole, session, in: source) }) else { return nil }
      let kept = state.loops.remove(at: position)
      kept.restart(whole, session, in: source)
      state.served += 1
      return kept
    }
  }

  func keep(_ loop: KeptLoop) {
    guard loop.isKeepable, loop.byteCount <= Self.mostBytes / 2 else { return }
    state.withLock { state in
      state.loops.insert(loop, at: 0)
      while state.loops.count > Self.most || state.loops.reduce(0, { $0 + $1.byteCount }) > Self.mostBytes {
        state.loops.removeLast()
      }
    }
  }

  /// How many there are, and how often one was run again, for tests.
  var count: Int { state.withLock { $0.loops.count } }
  var served: Int { state.withLock { $0.served } }
}

/// A loop's program, and what the session must be like for it.
@safe final class KeptLoop: @unchecked Sendable {
  /// A name that the loop doesn't change.
  private struct Read {
    let name: String
    let binding: Binding?
    /// Whether what its formula has read was current.
    let currents: [String: Bool]
  }

  /// A name that it changes, without what it held.
  private struct Given {
    let name: String
    let kind: Kind
    let marks: Binding?
    let isPlain: Bool
  }

  private enum Kind {
    case none, tensor, tuple, other

    init(_ binding: Binding?) {
      switch binding?.content {
      case nil: self = .none
      case .tensor: self = .tensor
      case .tuple: self = .tuple
      case .live, .function, .text, .unset: self = .other
      }
    }
  }

  var machine: LoopMachine
  private let whole: LoopCompiler.Whole
  private let text: String?
  private let line: Int
  private let settings: Session.Settings
  private let reads: [Read]
  private let given: [Given]
  private let hasSeenNumbers: Bool
  let byteCount: Int
  private let canBeKept: Bool

  init(_ program: LoopProgram, _ whole: LoopCompiler.Whole, _ session: Session, in source: Source) {
    machine = LoopMachine(program, session, in: source)
    (self.whole, settings) = (whole, session.settings)
    (text, line) = (Self.text(of: whole, in: source), Self.line(of: whole, session, in: source))
    given = program.names.map { name in
      let binding = session.names[name]
      return Given(
        name: name, kind: Kind(binding), marks: binding?.emptied, isPlain: program.plain.contains(name))
    }
    let own = Set(program.names)
    let names = program.witness.names.subtracting(own).sorted()
    reads = names.map { name in
      let binding = session.names[name]
      return Read(name: name, binding: binding, currents: Self.currents(binding, session))
    }
    hasSeenNumbers = program.witness.hasSeenNumbers
    let registers = program.registers.reduce(0) { $0 + $1.leaves.reduce(0) { $0 + $1.value.storage.byteCount } }
    byteCount = reads.reduce(registers) { $0 + ($1.binding?.byteCount ?? 0) }
    // The last answers are others each time.
    canBeKept =
      text != nil && !program.witness.hasSeenOthers && !given.contains { $0.kind == .other }
      && !reads.contains { $0.binding == nil && Answers.age(of: $0.name) != nil }
  }

  deinit { machine.free() }

  var isKeepable: Bool { canBeKept && machine.isReusable }

  static func text(of whole: LoopCompiler.Whole, in source: Source) -> String? {
    guard let first = whole.body.first, let last = whole.body.last else { return nil }
    var start = first.range.lowerBound
    if case .open(let condition, _) = whole { start = condition.range.lowerBound }
    return source.slice(start..<last.range.upperBound)
  }

  private static func line(of whole: LoopCompiler.Whole, _ session: Session, in source: Source) -> Int {
    if session.isInteractive, source.name == nil { return session.currentLine }
    return whole.body.first.map { source.position(of: $0.range.lowerBound).line } ?? 0
  }

  private static func currents(_ binding: Binding?, _ session: Session) -> [String: Bool] {
    var currents: [String: Bool] = [:]
    for (key, version) in binding?.formula?.reads ?? [:] { currents[key] = session.isCurrent(key, version) }
    return currents
  }

  /// Whether it is for these statements in a session like this.
  func serves(_ other: LoopCompiler.Whole, _ session: Session, in source: Source) -> Bool {
    guard isSame(other), session.settings == settings, Self.text(of: other, in: source) == text, goesOver(other) else {
      return false
    }
    for name in given {
      let binding = session.names[name.name]
      guard Kind(binding) == name.kind else { return false }
      guard let binding, let marks = name.marks else { continue }
      // Through a formula that has read no names, as that of `s = 0`, nothing flows either.
      guard binding.hasSameMarks(as: marks), !name.isPlain || binding.formula?.readsNames != true else { return false }
    }
    return reads.allSatisfy { read in
      let binding = session.names[read.name]
      guard let binding, let known = read.binding else { return binding == nil && read.binding == nil }
      return binding.isSame(as: known) && Self.currents(binding, session) == read.currents
    }
  }

  /// Whether it is the same kind of loop over as many statements; where they stand doesn't matter.
  private func isSame(_ other: LoopCompiler.Whole) -> Bool {
    switch (whole, other) {
    case (.counted(let a), .counted(let b)):
      a.body.count == b.body.count && whole.variables.map(\.text) == other.variables.map(\.text)
        && (a.variable == nil) == (b.variable == nil) && a.count > 0
    case (.open(let a, let body), .open(let b, let other)):
      body.count == other.count && a.range.count == b.range.count
        && a.range.lowerBound - body[0].range.lowerBound == b.range.lowerBound - other[0].range.lowerBound
    case (.counted, .open), (.open, .counted): false
    }
  }

  /// Whether what another run goes over is what the program was made for: numbers in the same steps, or the like of its tensors.
  private func goesOver(_ other: LoopCompiler.Whole) -> Bool {
    guard case .counted(let old) = whole, case .counted(let new) = other, let a = old.variable?.elements else {
      return true
    }
    guard let b = new.variable?.elements, new.soleVariable != nil else { return false }
    if a.areNumbers {
      if case .stepping(let from, let by)? = machine.numbers {
        return (!hasSeenNumbers || b.count <= a.count) && b.count(from: from, by: by)
      }
      return a.count == b.count && a.numbers?.map(\.bitPattern) == b.numbers?.map(\.bitPattern)
    }
    guard !b.areNumbers, let sample = machine.sample else { return false }
    return (0..<b.count).allSatisfy { number in
      guard case .tensor(let held) = b[number] else { return false }
      return held.tensor.shape == sample.value.shape && held.tensor.type == sample.value.type
        && held.isFixed == sample.isFixed && held.pattern.isFull
    }
  }

  fileprivate func restart(_ other: LoopCompiler.Whole, _ session: Session, in source: Source) {
    let lineOffset = Self.line(of: other, session, in: source) - line
    machine.restart(
      other, session, in: source, lineOffset: lineOffset, moved: MovedStatements(from: whole, to: other))
  }
}
