import CKernels
import Graphs
import Plans
import Refusals
import Syntax
import Tensors

/// Runs a loop's program.
///
/// Either the registers hold what names hold, or, where statements are run one by one, the session does.
struct LoopMachine {
  private let program: LoopProgram
  private let code: LoopCode
  private var source: Source
  /// How often it goes round, and over what, where that is known.
  private var total: Int?
  private var elements: Loop.Elements?
  /// Lines between where the statements are now and where they were when they were followed.
  private var lineOffset = 0
  private var moved: MovedStatements?
  /// Whether the registers hold what names hold.
  private var isFast = false
  /// What the session's names hold can't be what the program is for any more.
  private var isOutdated = false
  /// Names that statements have changed, though no statement says so.
  private(set) var outside: Set<String> = []
  /// Rounds of the whole that were begun by the program.
  private(set) var fastRounds = 0
  /// Whether the loop has been left by a statement in it.
  private(set) var hasLeft = false

  private var clock = 0
  private var draw = 0
  private var steps = 0
  /// Inner statements that may still be run before the one that isn't wanted any more.
  private var remaining = Int.max
  /// For each name its version, the site that gave it its value since the session was up to date, and the register; or -1.
  private let versions: LoopCode.Row<Int>
  private let givers: LoopCode.Row<Int>
  private let places: LoopCode.Row<Int>
  /// The versions with which register and session agree.
  private var agreed: [Int?]
  private let notes: LoopCode.Row<Int>
  /// The clock when the session was last up to date.
  private var settledClock = 0

  private var lastTest: Bool?
  private var lastNumbers: [Tensor]?
  /// Until when the step at hand may still end, once there was an interrupt.
  private var deadline: ContinuousClock.Instant?
  private var isStopping = false
  private var start = ContinuousClock.now
  private var round = 0
  /// What the last run took, in milliseconds.
  private var taken = 0.0

  private var acceleration: Acceleration
  private var log: UndoLog?
  /// What code is handed besides: the clock, the draws, the inner statements, and whether the loop was left.
  private let state = LoopCode.Row([0, 0, 0, 0])

  private enum Flow { case nothing, leftLoop, leftRound, quit }

  init(_ program: LoopProgram, _ session: Session, in source: Source) {
    (self.program, self.source) = (program, source)
    code = LoopCode(program)
    let count = program.names.count
    versions = LoopCode.Row([Int](repeating: 0, count: count))
    givers = LoopCode.Row([Int](repeating: -1, count: count))
    places = LoopCode.Row([Int](repeating: -1, count: count))
    agreed = [Int?](repeating: nil, count: count)
    notes = LoopCode.Row([Int](repeating: 0, count: program.noteCount))
    settledClock = session.clock
    acceleration = Acceleration(first: 0)
    switch program.root.count {
    case .fixed(let number): total = number
    case .elements(let all): (total, elements) = (all.count, all)
    case .number, .range, .entries, .open: total = nil
    }
  }

  /// Another run of the same statements, in a session that is for them as it was.
  mutating func restart(
    _ whole: LoopCompiler.Whole, _ session: Session, in source: Source, lineOffset: Int, moved: MovedStatements?
  ) {
    (self.source, self.lineOffset, self.moved) = (source, lineOffset, moved)
    if case .counted(let loop) = whole { (total, elements) = (loop.count, loop.variable?.elements) }
    (isFast, hasLeft, isStopping, fastRounds) = (false, false, false, 0)
    (lastTest, lastNumbers, deadline, start) = (nil, nil, nil, .now)
    (steps, settledClock) = (0, session.clock)
    for name in program.names.indices { (givers[name], agreed[name]) = (-1, nil) }
    acceleration.restart(after: taken)
  }

  /// Whether it may be restarted.
  var isReusable: Bool { !isOutdated && outside.isEmpty }

  /// What stands for each tensor that the whole goes over.
  var sample: LoopProgram.Leaf? {
    program.root.variables.first.flatMap { program.registers[$0.register].leaves.first }
  }

  /// The numbers that the whole goes over, as the program has them.
  var numbers: LoopCode.Numbers? { code.rounds[code.root].numbers }

  /// Gives back what the run has needed.
  func free() {
    versions.free()
    givers.free()
    places.free()
    notes.free()
    state.free()
  }

  /// Runs the rounds behind those that are done; how many are done then.
  mutating func run(_ session: inout Session, from first: Int, _ emit: (Output) -> Void) throws(Diagnostic) -> Int {
    let root = program.root
    round = first
    defer { taken = (.now - start) / .milliseconds(1) }
    do throws(Diagnostic) {
      let rounds = code.rounds[code.root]
      let body = code.bodies[rounds.bodies.lowerBound]
      rounds: while true {
        if Interrupt.isRequested { try stop(&session) }
        if !isFast, !load(root.rounds[0].entry, session) { break }
        if round >= acceleration.due, !isStopping, runCode() { break rounds }
        switch root.count {
        case .fixed: if round >= total ?? 0 { break rounds }
        case .elements:
          guard let elements, round < elements.count else { break rounds }
          if isFast, let counter = rounds.counter, let numbers = rounds.numbers {
            set(counter, to: code.number(numbers, round))
          } else {
            try bind(root, elements[round], &session)
          }
        case .open(let condition):
          guard try test(body.test, condition, &session, emit) else {
            hasLeft = true
            break rounds
          }
        case .number, .range, .entries: preconditionFailure("a loop at the top says how often it runs")
        }
        fastRounds += 1
        let flow: Flow
        do throws(Diagnostic) { flow = try run(body.nodes, &session, emit) } catch {
          throw error.inRound(round, of: total, of: root.word)
        }
        round += 1
        switch flow {
        case .nothing, .leftRound: break
        case .leftLoop, .quit:
          hasLeft = true
          break rounds
        }
        if isStopping { try end(&session) }
      }
    } catch {
      settle(&session)
      throw error
    }
    settle(&session)
    return round
  }

  // MARK: Compiled rounds

  /// Runs as many rounds as compiled code can, if there is some; whether the loop was left.
  private mutating func runCode() -> Bool {
    guard remaining == .max, total.map({ round < $0 }) ?? true, let code = compiled() else { return false }
    (state[0], state[1], state[2], state[3]) = (clock, draw, steps, 0)
    let done = code.run(from: round, to: total ?? .max) - round
    log?.undo()
    (clock, draw, steps) = (state[0], state[1], state[2])
    (lastTest, lastNumbers) = (nil, nil)
    round += done
    fastRounds += done
    acceleration.note(done: done)
    if state[3] != 0 { hasLeft = true }
    return hasLeft
  }

  private mutating func compiled() -> CompiledCode? {
    let (program, own) = (program, code)
    let books = LoopText.Books(versions: versions, givers: givers, places: places, notes: notes, state: state)
    var log: UndoLog?
    let code = acceleration.code(before: round, of: total) {
      guard let (text, arguments, changed) = try? LoopText.written(program, own, books) else { return nil }
      log = changed
      return ({ CompiledCode(text, arguments: arguments, keeping: []) }, text.utf8.count, .max)
    }
    if log != nil { self.log = log }
    return code
  }

  // MARK: Interrupts

  /// A step that takes no time is still brought to its end.
  private mutating func stop(_ session: inout Session) throws(Diagnostic) {
    let done = max(fastRounds - 1, 0)
    if deadline == nil, isFast, done > 0, (ContinuousClock.now - start) / done < .milliseconds(10) {
      Interrupt.clear()
      if !Interrupt.isRequested {
        deadline = .now + .milliseconds(30)
        isStopping = true
        return
      }
    }
    throw interruption(isWhole: false)
  }

  /// The step has ended.
  private mutating func end(_ session: inout Session) throws(Diagnostic) { throw interruption(isWhole: true) }

  private func interruption(isWhole: Bool) -> Diagnostic {
    let root = program.root
    let number = "step \(round + 1)" + (total.map { " of \($0)" } ?? "")
    let variables = Set(root.names.map(\.text))
    let given = program.names.filter { !variables.contains($0) }
    let names = given.count == 1 ? "\(given[0]) keeps" : given.joined(separator: ", ") + " keep"
    let kept = isWhole && !given.isEmpty ? "; \(names) the values of step \(round)" : ""
    return Diagnostic(
      .interrupted(after: Duration.text(.now - start), in: "\(root.word) (\(number)\(kept))"))
  }

  // MARK: Registers and the session

  /// Gives the session what the registers hold.
  private mutating func settle(_ session: inout Session) {
    guard isFast else { return }
    isFast = false
    for name in program.names.indices {
      let number = givers[name]
      if number < 0 { continue }
      givers[name] = -1
      let site = program.sites[number]
      let register = program.registers[site.register]
      var leaves = register.leaves.makeIterator()
      let stored = register.stored.mapped { held -> Held in
        guard let leaf = leaves.next() else { preconditionFailure("a register has a place for each leaf") }
        return Held(tensor: leaf.value.copied, pattern: leaf.pattern, isFixed: leaf.isFixed)
      }
      var binding = site.binding
      var formula = binding.formula
      for (key, place) in site.reads { formula?.reads[key] = notes[place] }
      if let (place, offset) = site.draw { formula?.draw = notes[place] + offset }
      switch stored {
      case .tensor(let held): binding.content = .tensor(held, formula)
      case .tuple(let parts): binding.content = .tuple(parts, formula)
      case .text, .function, .list: continue
      }
      binding.version = versions[name]
      binding.line += lineOffset
      agreed[name] = versions[name]
      session.names[program.names[name]] = binding
    }
    session.clock = clock
    session.draw = draw
    session.progress?.steps += steps
    session.progress?.clock = session.state.clock
    (steps, settledClock) = (0, clock)
  }

  /// Takes over what the session's names hold, where that is what the program is for here.
  private mutating func load(_ entry: [Int?], _ session: Session) -> Bool {
    if isOutdated { return false }
    for (name, binding) in session.names.newer(than: settledClock) where !program.names.contains(name) {
      isOutdated = true
      outside.insert(name)
      _ = binding
    }
    if isOutdated { return false }
    for (name, place) in entry.enumerated() {
      let binding = session.names[program.names[name]]
      versions[name] = binding?.version ?? 0
      guard let place else {
        places[name] = -1
        continue
      }
      guard let binding else { return false }
      if agreed[name] == binding.version, places[name] == place { continue }
      guard program.registers[place].take(binding) else { return false }
      places[name] = place
      agreed[name] = binding.version
    }
    (clock, draw) = (session.clock, session.draw)
    settledClock = clock
    (lastTest, lastNumbers) = (nil, nil)
    remaining = session.progress?.limit.map { $0 - (session.progress?.steps ?? 0) } ?? .max
    isFast = true
    return true
  }

  /// What a loop's variables stand for in the round at hand.
  private mutating func bind(
    _ rounds: LoopProgram.Rounds, _ element: Stored, _ session: inout Session
  ) throws(Diagnostic) {
    let parts = try session.parts(element, for: rounds.names)
    guard isFast else {
      for (name, part) in zip(rounds.names, parts) { session.bind(name.text, part, nil, rounds.line + lineOffset) }
      session.progress?.clock = session.state.clock
      return
    }
    for (variable, part) in zip(rounds.variables, parts) {
      guard case .tensor(let held) = part else { preconditionFailure("a loop over tensors was compiled") }
      program.registers[variable.register].leaves[0].value.take(held.tensor)
      give(variable)
    }
  }

  private mutating func give(_ variable: (name: Int, register: Int, site: Int)) {
    clock += 1
    versions[variable.name] = clock
    givers[variable.name] = variable.site
    places[variable.name] = variable.register
  }

  // MARK: Nodes

  private mutating func run(
    _ nodes: Range<Int>, _ session: inout Session, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Flow {
    for position in nodes {
      switch code.nodes[position] {
      case .stretch(let number):
        if isFast || load(code.stretchSources[number].entry, session), try runFast(number, &session) { continue }
        settle(&session)
        (lastTest, lastNumbers) = (nil, nil)
        for statement in code.stretchSources[number].statements {
          let flow = try single(statement, &session, emit)
          if flow != .nothing { return flow }
        }
      case .branch(let number, let then, let otherwise):
        let isTrue: Bool
        if let known = lastTest {
          isTrue = known
        } else {
          isTrue = try holds(code.conditions[number], &session, emit)
        }
        lastTest = nil
        let flow = try run(isTrue ? then : otherwise, &session, emit)
        count(&session)
        if flow != .nothing { return flow }
      case .rounds(let number):
        let flow = try run(rounds: number, &session, emit)
        if flow != .nothing { return flow }
      case .single(let number):
        settle(&session)
        let flow = try single(code.singles[number], &session, emit)
        if flow != .nothing { return flow }
      case .leave(let leaving):
        count(&session)
        return leaving == .loop ? .leftLoop : .leftRound
      }
    }
    return .nothing
  }

  /// A statement with others in it has ended.
  private mutating func count(_ session: inout Session) {
    if isFast { return steps += 1 }
    session.progress?.steps += 1
    session.progress?.clock = session.state.clock
  }

  private mutating func single(
    _ statement: Statement, _ session: inout Session, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Flow {
    session.progress?.blockDepth += 1
    defer { session.progress?.blockDepth -= 1 }
    try session.execute(moved?.statement(statement) ?? statement, in: source, emit: emit)
    if session.wantsToQuit { return .quit }
    let leaving = session.progress?.leaving
    session.progress?.leaving = nil
    switch leaving {
    case .loop: return .leftLoop
    case .round: return .leftRound
    case nil: return .nothing
    }
  }

  private mutating func holds(
    _ condition: Expression, _ session: inout Session, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Bool {
    settle(&session)
    return try session.evaluateCondition(moved?.condition(condition) ?? condition, emit)
  }

  /// Whether a `while` goes on.
  private mutating func test(
    _ stretch: Int?, _ condition: Expression, _ session: inout Session, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Bool {
    if let stretch, isFast || load(code.stretchSources[stretch].entry, session), try runFast(stretch, &session),
      let isTrue = lastTest
    {
      lastTest = nil
      return isTrue
    }
    return try holds(condition, &session, emit)
  }

  /// A loop within the loop.
  private mutating func run(
    rounds place: Int, _ session: inout Session, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Flow {
    let (rounds, own) = (code.roundsSources[place], code.rounds[place])
    guard let statement = rounds.statement else { preconditionFailure("a loop within a loop is a statement") }
    func asAWhole(_ machine: inout LoopMachine, _ session: inout Session) throws(Diagnostic) -> Flow {
      machine.settle(&session)
      return try machine.single(statement, &session, emit)
    }
    if !isFast, !load(rounds.rounds[0].entry, session) { return try asAWhole(&self, &session) }
    var total = Int.max
    var (first, by) = (0.0, 1.0)
    var entries: Tensor?
    switch rounds.count {
    case .fixed(let count): total = count
    case .elements(let elements): total = elements.count
    case .open: break
    case .number:
      guard let count = lastNumbers?[0].wholeNumber else { return try asAWhole(&self, &session) }
      total = count
    case .range:
      guard let ends = lastNumbers?.map(\.wholeNumber), let from = ends[0], let to = ends[1] else {
        return try asAWhole(&self, &session)
      }
      guard let step = ends.count > 2 ? ends[2] : 1, step != 0 else { return try asAWhole(&self, &session) }
      let span = step > 0 ? to - from : from - to
      total = span <= 0 ? 0 : (span - 1) / abs(step) + 1
      (first, by) = (Double(from), Double(step))
    case .entries:
      guard let tensor = lastNumbers?[0].copied else { return try asAWhole(&self, &session) }
      entries = tensor
      total = tensor.shape[0]
    }
    let count: Int? = if case .open = rounds.count { nil } else { total }
    let condition: Expression? = if case .open(let expression) = rounds.count { expression } else { nil }
    let elements: Loop.Elements? = if case .elements(let elements) = rounds.count { elements } else { nil }
    let isRange = if case .range = rounds.count { true } else { false }
    var number = 0
    while number < total {
      if Interrupt.isRequested { try stop(&session) }
      if isStopping, let deadline, deadline < .now { throw interruption(isWhole: false) }
      let kind = min(number, own.bodies.count - 1)
      let body = code.bodies[own.bodies.lowerBound + kind]
      if !isFast { _ = load(rounds.rounds[kind].entry, session) }
      if isFast, let counter = own.counter, let numbers = own.numbers {
        set(counter, to: code.number(numbers, number))
      } else if isRange {
        let value = first + Double(number) * by
        if isFast, let counter = own.counter {
          set(counter, to: value)
        } else {
          try bind(rounds, .tensor(Held(tensor: Tensor(value), isFixed: true)), &session)
        }
      } else if let elements {
        try bind(rounds, elements[number], &session)
      } else if let entries {
        let entry = entries.shape.rank == 1 ? Tensor(entries[flat: number]) : entries.row(number)
        let isFixed = program.registers[rounds.variables[0].register].leaves[0].isFixed
        try bind(rounds, .tensor(Held(tensor: entry, isFixed: isFixed)), &session)
      } else if let condition, try !test(body.test, condition, &session, emit) {
        break
      }
      let flow: Flow
      do throws(Diagnostic) { flow = try run(body.nodes, &session, emit) } catch {
        throw error.inRound(number, of: count, of: rounds.word)
      }
      number += 1
      if flow == .quit { return .quit }
      if flow == .leftLoop { break }
    }
    self.count(&session)
    return .nothing
  }

  private mutating func set(_ counter: LoopCode.Counter, to number: Double) {
    counter.place.set(number)
    clock += 1
    versions[counter.name] = clock
    givers[counter.name] = counter.site
    places[counter.name] = counter.register
  }

  /// A stretch by its graph; false where its statements have to be run one by one: nothing has changed then.
  @inline(__always)
  private mutating func runFast(_ number: Int, _ session: inout Session) throws(Diagnostic) -> Bool {
    let stretch = code.stretches[number]
    if steps + stretch.statements > remaining { return false }
    stretch.draw?.set(Double(draw))
    if try !pass(number, &session) { return false }
    for position in stretch.places {
      let place = code.places[position]
      guard let number = place.number.whole, number >= place.least, number < place.extent else { return false }
    }
    if stretch.hasTests {
      let results = code.stretchSources[number].passage.results
      for check in code.tests[number] where !check.holds(of: results) { return false }
    }
    if let place = stretch.placement {
      guard let offset = code.placements[place].offset else { return false }
      code.placements[place].put(at: offset)
    }
    for position in stretch.takings { code.takings[position].run() }
    for position in stretch.notes {
      let note = code.notes[position]
      switch note.version {
      case .ticks(let ticks): notes[note.place] = clock + ticks
      case .name(let name): notes[note.place] = versions[name]
      case .draw: notes[note.place] = draw
      }
    }
    for position in stretch.effects {
      let effect = code.effects[position]
      versions[effect.name] = clock + effect.ticks
      givers[effect.name] = effect.site
      places[effect.name] = effect.register
    }
    clock += stretch.ticks
    draw += stretch.draws
    steps += stretch.statements
    if let answer = stretch.answer { lastTest = answer.value != 0 }
    if stretch.hasNumbers {
      let source = code.stretchSources[number]
      lastNumbers = source.numbers.map { source.passage.results[$0] }
    }
    return true
  }

  /// Whether a stretch's graph could be run.
  @inline(__always)
  private mutating func pass(_ number: Int, _ session: inout Session) throws(Diagnostic) -> Bool {
    while true {
      do throws(Refusal) {
        try code.stretchSources[number].passage.run()
        return true
      } catch {
        guard error.isInterrupt else { return false }
        try stop(&session)
      }
    }
  }
}

extension LoopProgram.Register {
  /// Takes over what a name holds, if it is of its kind.
  fileprivate func take(_ binding: Binding) -> Bool {
    guard binding.entryVersions.isEmpty, binding.trainable == trainable, binding.frozen == frozen,
      let other = binding.stored, stored.hasForm(of: other)
    else { return false }
    let held = other.leaves
    for (leaf, new) in zip(leaves, held) {
      guard leaf.value.shape == new.tensor.shape, leaf.value.type == new.tensor.type, leaf.isFixed == new.isFixed else {
        return false
      }
      guard leaf.zeros.admits(new.pattern.withoutEmpty) else { return false }
    }
    for (leaf, new) in zip(leaves, held) {
      leaf.value.take(new.tensor)
      for (own, mask) in [(leaf.zeros.structural, new.pattern.structural), (leaf.zeros.strong, new.pattern.strong)] {
        guard case .computed(let own)? = own else { continue }
        own.take(mask ?? Tensor([Bool](repeating: true, count: own.count), shape: own.shape))
      }
    }
    return true
  }
}

extension LoopProgram.Leaf {
  /// What is known of its zeros now.
  fileprivate var pattern: Pattern<Tensor> {
    if let zeros = constantZeros { return zeros }
    return zeros.map { mask in
      switch mask {
      case .constant(let mask): mask
      case .computed(let mask): mask.copied
      }
    }.withoutEmpty
  }
}

extension Tensor {
  /// Takes over the elements of another of its shape and type.
  fileprivate func take(_ other: Tensor) {
    let bytes = count * type.stride
    if bytes == 8 {
      unsafe storage.bytes.storeBytes(of: other.storage.bytes.load(as: UInt64.self), as: UInt64.self)
    } else {
      unsafe storage.bytes.copyMemory(from: other.storage.bytes, byteCount: bytes)
    }
  }

  fileprivate var copied: Tensor {
    let copy = Tensor(shape: shape, type: type, storage: Storage(zeroed: count * type.stride))
    copy.take(self)
    return copy
  }

  /// One of the rows.
  fileprivate func row(_ number: Int) -> Tensor { taking([number]).reshaped(shape.removing([0])) }
}
