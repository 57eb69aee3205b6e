import Syntax

/// What becomes of a loop's statements when it is run: a program that was kept, one that is made now, or none.
struct LoopCompilation {
  private let whole: LoopCompiler.Whole
  private let source: Source
  /// Names that rounds have changed, though no statement says so.
  private var extra: Set<String> = []
  private var attempts = 0
  /// Whether the loop was run before, and hands on little: then a program that can be kept serves best.
  let wantsProgram: Bool

  /// Nil where loops aren't compiled.
  init?(_ whole: LoopCompiler.Whole, _ session: Session, in source: Source) {
    guard session.surroundings.compilesLoops, session.tracer == nil, session.device == nil, session.watched == nil
    else { return nil }
    (self.whole, self.source) = (whole, source)
    wantsProgram =
      session.keepsRepetitions && session.keptLoops.isAgain(whole, in: source)
      && Names.given(in: whole.body).allSatisfy { (session.names[$0]?.byteCount ?? 0) <= Self.mostBytes }
  }

  /// What is larger had better not be copied in every round.
  private static let mostBytes = 2048

  /// Runs the rounds to come by what was found before, if the session is as it was then; whether the loop was left.
  mutating func runKept(
    _ session: inout Session, from step: inout Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Bool {
    guard session.keepsRepetitions, let kept = session.keptLoops.taken(for: whole, session, in: source) else {
      return false
    }
    return try run(kept, &session, from: &step, emit)
  }

  /// The same by a program that is made now; nothing is done where there is none, or several have come to an early end.
  mutating func run(
    _ session: inout Session, from step: inout Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Bool {
    guard attempts < 4 else { return false }
    attempts += 1
    guard case .success(let program) = LoopCompiler.program(whole, session, in: source, besides: extra),
      program.isWorthwhile
    else {
      attempts = .max
      return false
    }
    return try run(KeptLoop(program, whole, session, in: source), &session, from: &step, emit)
  }

  private mutating func run(
    _ kept: KeptLoop, _ session: inout Session, from step: inout Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Bool {
    do throws(Diagnostic) { step = try kept.machine.run(&session, from: step, emit) } catch {
      extra.formUnion(kept.machine.outside)
      throw error
    }
    extra.formUnion(kept.machine.outside)
    // What served for long will do so again.
    if kept.machine.fastRounds > 64 { attempts = 1 }
    if session.keepsRepetitions { session.keptLoops.keep(kept) }
    return kept.machine.hasLeft
  }
}
