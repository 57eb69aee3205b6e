import Plans
import Tensors

/// A loop's program as text: whole rounds, with all that `LoopMachine` keeps book of.
///
/// A round that can't be ended, as an error or an interrupt is to be seen, is as if it hadn't begun: the machine goes through it.
final class LoopText {
  private let program: LoopProgram
  private let code: LoopCode
  private let text = StepText()
  private let log: UndoLog
  private var words: [Word] = []
  private let versions: [Word]
  private let givers: [Word]
  private let places: [Word]
  private let notes: [Word]
  private let clock: Word
  private let draw: Word
  private let steps: Word
  private let hasLeft: Word
  private var states: [Tensor] = []
  /// What the last stretch has found out.
  private var test: String?
  private var numbers: [String] = []

  /// A whole number that the function changes, and where it is before and afterwards.
  private struct Word {
    let name: String
    let home: String
  }

  /// Where ways lead that end a round, and how many branches they leave.
  private struct Exits {
    let loop: String
    let round: String
    var branches = 0
  }

  /// What the machine keeps book of.
  struct Books {
    let versions: LoopCode.Row<Int>
    let givers: LoopCode.Row<Int>
    let places: LoopCode.Row<Int>
    let notes: LoopCode.Row<Int>
    /// The clock, the draws, the inner statements, and whether the loop was left.
    let state: LoopCode.Row<Int>
  }

  private init(_ program: LoopProgram, _ code: LoopCode, _ books: Books) {
    (self.program, self.code) = (program, code)
    let text = text
    log = UndoLog(text)
    func words(_ row: LoopCode.Row<Int>) -> [Word] {
      guard row.count > 0 else { return [] }
      let first = text.argument(Int(bitPattern: unsafe row.first))
      return (0..<row.count).map {
        Word(name: text.word("i64"), home: text.value("getelementptr i64, ptr \(first), i64 \($0)"))
      }
    }
    (versions, givers, places) = (words(books.versions), words(books.givers), words(books.places))
    notes = words(books.notes)
    let state = words(books.state)
    (clock, draw, steps, hasLeft) = (state[0], state[1], state[2], state[3])
    self.words = versions + givers + places + notes + state
  }

  /// The text, with what it is handed and who keeps the log of what has changed.
  static func written(
    _ program: LoopProgram, _ code: LoopCode, _ books: Books
  ) throws(StepText.Unwritable) -> (text: String, arguments: [Int], log: UndoLog) {
    let writer = LoopText(program, code, books)
    try writer.write()
    return (try writer.text.finished(entry: ""), writer.text.arguments, writer.log)
  }

  // MARK: The whole

  private func write() throws(StepText.Unwritable) {
    try addRegisters()
    for word in words { set(word, to: text.value("load i64, ptr \(word.home)")) }
    for state in states { try text.enter(state) }
    let count = text.word("i64")
    text.line("br label %head")
    text.label("head")
    text.line("%step = phi i64 [ %first, %entry ], [ %step.next, %commit ]")
    text.line("store i64 %step, ptr \(count)")
    text.line("br i1 \(text.value("icmp slt i64 %step, %last")), label %more, label %out")
    text.label("more")
    pollNow("%step", leavingFor: "out")
    let olds = words.map(value)
    let held = try states.map { tensor throws(StepText.Unwritable) in try text.held(tensor) }
    log.clear(text)
    let rounds = code.rounds[code.root]
    let body = code.bodies[rounds.bodies.lowerBound]
    switch program.root.count {
    case .fixed: break
    case .elements:
      guard let counter = rounds.counter, let numbers = rounds.numbers else { throw StepText.Unwritable() }
      try set(counter, to: number(numbers, "%step"))
    case .open: try ask(body, otherwise: "done")
    case .number, .range, .entries: throw StepText.Unwritable()
    }
    if try write(body.nodes, Exits(loop: "leaving", round: "next")) { end(for: "next") }
    text.label("next")
    text.line("br label %commit")
    text.label("commit")
    text.line("%step.next = add nsw i64 %step, 1")
    text.line("br label %head")
    text.label("leaving")
    text.line("store i64 \(text.value("add i64 %step, 1")), ptr \(count)")
    end(for: "done")
    text.label("done")
    set(hasLeft, to: "1")
    end(for: "out")
    text.label("out")
    for word in words { text.line("store i64 \(value(word)), ptr \(word.home)") }
    for state in states { try text.leave(state) }
    log.close(text, isUndone: false)
    text.line("ret i64 \(text.value("load i64, ptr \(count)"))")
    text.label("bail")
    for (word, old) in zip(words, olds) { text.line("store i64 \(old), ptr \(word.home)") }
    for (state, old) in zip(states, held) { try text.restore(state, old) }
    log.close(text, isUndone: true)
    text.line("ret i64 %step")
  }

  /// Registers that get a whole new value are states; of others entries are changed where they are.
  private func addRegisters() throws(StepText.Unwritable) {
    var (placed, taken): ([Tensor], [Tensor]) = ([], [])
    for stretch in code.stretchSources {
      for placing in stretch.placements {
        let isMoving = placing.axes.contains { if case .result = $0.start { true } else { false } }
        if isMoving { placed.append(placing.target) }
      }
      taken += stretch.commits.map(\.target)
    }
    func isIn(_ list: [Tensor], _ tensor: Tensor) -> Bool { list.contains { $0.storage === tensor.storage } }
    var bytes = 0
    for leaf in program.registers.flatMap(\.leaves) {
      for tensor in [leaf.value] + leaf.masks where tensor.count > 0 {
        if isIn(placed, tensor), !isIn(taken, tensor) {
          try text.add(tensor, .memory)
        } else {
          let own = tensor.count * tensor.type.stride
          let changes = isIn(placed, tensor) || isIn(taken, tensor)
          // What is as large is left where it is, unless it is to be given back.
          if !changes, own > Self.mostBytes {
            try text.add(tensor, .memory)
            continue
          }
          bytes += own
          guard own <= Self.mostBytes, bytes <= 4 * Self.mostBytes else { throw StepText.Unwritable() }
          try text.add(tensor, .state)
          states.append(tensor)
        }
      }
    }
    for stretch in code.stretchSources { try text.add(stretch.draw, .local) }
  }

  /// What a state may have that a round begins anew with.
  private static let mostBytes = 2048

  // MARK: Words

  private func value(_ word: Word) -> String { text.value("load i64, ptr \(word.name)") }
  private func set(_ word: Word, to value: String) { text.line("store i64 \(value), ptr \(word.name)") }
  private func add(_ number: Int, to word: Word) {
    if number != 0 { set(word, to: text.value("add i64 \(value(word)), \(number)")) }
  }

  private func end(for label: String) {
    text.endBlock()
    text.line("br label %\(label)")
  }

  /// From time to time whether there was an interrupt; another block begins.
  private func pollNow(_ number: String, leavingFor label: String) {
    let (poll, next) = (text.freshLabel(), text.freshLabel())
    let turn = text.value("and i64 \(number), 63")
    text.line("br i1 \(text.value("icmp eq i64 \(turn), 0")), label %\(poll), label %\(next)")
    text.label(poll)
    text.line("br i1 \(text.stopped()), label %\(label), label %\(next)")
    text.label(next)
  }

  // MARK: Nodes

  /// Whether what comes behind is reached.
  private func write(_ nodes: Range<Int>, _ exits: Exits) throws(StepText.Unwritable) -> Bool {
    for position in nodes {
      switch code.nodes[position] {
      case .stretch(let number): try write(stretch: number)
      case .branch(_, let then, let otherwise):
        guard let condition = test else { throw StepText.Unwritable() }
        test = nil
        guard try branch(condition, then, otherwise, exits) else { return false }
      case .rounds(let number): try write(rounds: number)
      case .leave(let leaving):
        add(1 + exits.branches, to: steps)
        end(for: leaving == .loop ? exits.loop : exits.round)
        return false
      case .single: throw StepText.Unwritable()
      }
    }
    return true
  }

  private func branch(
    _ condition: String, _ then: Range<Int>, _ otherwise: Range<Int>, _ exits: Exits
  ) throws(StepText.Unwritable) -> Bool {
    let labels = [text.freshLabel(), text.freshLabel()]
    let behind = text.freshLabel()
    text.endBlock()
    text.line("br i1 \(condition), label %\(labels[0]), label %\(labels[1])")
    var inner = exits
    inner.branches += 1
    var isReached = false
    for (label, nodes) in zip(labels, [then, otherwise]) {
      text.label(label)
      test = nil
      guard try write(nodes, inner) else { continue }
      add(1, to: steps)
      end(for: behind)
      isReached = true
    }
    test = nil
    if isReached { text.label(behind) }
    return isReached
  }

  private func ask(_ body: LoopCode.Body, otherwise label: String) throws(StepText.Unwritable) {
    guard let number = body.test else { throw StepText.Unwritable() }
    try write(stretch: number)
    guard let condition = test else { throw StepText.Unwritable() }
    test = nil
    let next = text.freshLabel()
    text.endBlock()
    text.line("br i1 \(condition), label %\(next), label %\(label)")
    text.label(next)
  }

  private func number(_ numbers: LoopCode.Numbers, _ round: String) -> String {
    switch numbers {
    case .listed(let places):
      let row = text.argument(Int(bitPattern: unsafe code.numbers.first + places.lowerBound))
      return text.value("load double, ptr \(text.value("getelementptr double, ptr \(row), i64 \(round)"))")
    case .stepping(let from, let by): return text.number(round, from: text.literal(from), by: text.literal(by))
    }
  }

  private func set(_ counter: LoopCode.Counter, to number: String) throws(StepText.Unwritable) {
    try counter.place.write(number, to: text)
    add(1, to: clock)
    set(versions[counter.name], to: value(clock))
    set(givers[counter.name], to: "\(counter.site)")
    set(places[counter.name], to: "\(counter.register)")
  }

  private func write(rounds place: Int) throws(StepText.Unwritable) {
    let (rounds, own) = (code.roundsSources[place], code.rounds[place])
    var total: String?
    var ends = (from: "", by: "")
    switch rounds.count {
    case .fixed(let count): total = "\(count)"
    case .elements(let elements):
      guard own.counter != nil, own.numbers != nil else { throw StepText.Unwritable() }
      total = "\(elements.count)"
    case .open: break
    case .number:
      guard let count = numbers.first else { throw StepText.Unwritable() }
      total = text.anyWhole(count)
      text.leaveIfFaulty(for: "bail")
    case .range:
      guard own.counter != nil, numbers.count >= 2 else { throw StepText.Unwritable() }
      let whole = numbers.map(text.anyWhole)
      let step = whole.count > 2 ? whole[2] : "1"
      text.fail(where: text.value("icmp eq i64 \(step), 0"))
      text.leaveIfFaulty(for: "bail")
      let isUp = text.value("icmp sgt i64 \(step), 0")
      let (up, down) = (text.value("sub i64 \(whole[1]), \(whole[0])"), text.value("sub i64 \(whole[0]), \(whole[1])"))
      let span = text.value("select i1 \(isUp), i64 \(up), i64 \(down)")
      let size = text.value("select i1 \(isUp), i64 \(step), i64 \(text.value("sub i64 0, \(step)"))")
      let count = text.value("add i64 \(text.value("sdiv i64 \(text.value("sub i64 \(span), 1")), \(size)")), 1")
      total = text.value("select i1 \(text.value("icmp sgt i64 \(span), 0")), i64 \(count), i64 0")
      ends = (text.value("sitofp i64 \(whole[0]) to double"), text.value("sitofp i64 \(step) to double"))
    case .entries: throw StepText.Unwritable()
    }
    numbers = []
    test = nil
    let round = text.word("i64")
    text.line("store i64 0, ptr \(round)")
    let (bodies, behind) = (own.bodies.map { code.bodies[$0] }, text.freshLabel())
    // The first rounds may be unlike the others.
    let heads = bodies.map { _ in text.freshLabel() }
    end(for: heads[0])
    for (kind, body) in bodies.enumerated() {
      text.label(heads[kind])
      let number = text.value("load i64, ptr \(round)")
      if let total {
        let next = text.freshLabel()
        text.line("br i1 \(text.value("icmp slt i64 \(number), \(total)")), label %\(next), label %\(behind)")
        text.label(next)
      }
      if kind == bodies.count - 1 { pollNow(number, leavingFor: "bail") }
      if let counter = own.counter {
        if let numbers = own.numbers {
          try set(counter, to: self.number(numbers, number))
        } else {
          try set(counter, to: text.number(number, from: ends.from, by: ends.by))
        }
      }
      if case .open = rounds.count { try ask(body, otherwise: behind) }
      let next = text.freshLabel()
      if try write(body.nodes, Exits(loop: behind, round: next)) { end(for: next) }
      text.label(next)
      text.line("store i64 \(text.value("add i64 \(number), 1")), ptr \(round)")
      text.line("br label %\(heads[min(kind + 1, bodies.count - 1)])")
    }
    text.label(behind)
    add(1, to: steps)
    test = nil
  }

  // MARK: Stretches

  private func write(stretch number: Int) throws(StepText.Unwritable) {
    let (stretch, source) = (code.stretches[number], code.stretchSources[number])
    let results = source.passage.results
    if let place = stretch.draw {
      try place.write(text.value("sitofp i64 \(value(draw)) to double"), to: text)
    }
    try source.passage.write(to: text)
    for position in stretch.places {
      let place = code.places[position]
      _ = text.whole(try place.number.write(to: text), from: place.least, below: place.extent)
    }
    if stretch.hasTests {
      for check in code.tests[number] {
        guard case .holds(let place) = check else { throw StepText.Unwritable() }
        try text.expectTrue(results[place])
      }
    }
    text.leaveIfFaulty(for: "bail")
    if let place = stretch.placement {
      try code.placements[place].write(to: text, log: log, leavingFor: "bail")
      text.leaveIfFaulty(for: "bail")
    }
    for position in stretch.takings { try code.takings[position].write(to: text) }
    for position in stretch.notes {
      let note = code.notes[position]
      switch note.version {
      case .ticks(let ticks): set(notes[note.place], to: text.value("add i64 \(value(clock)), \(ticks)"))
      case .name(let name): set(notes[note.place], to: value(versions[name]))
      case .draw: set(notes[note.place], to: value(draw))
      }
    }
    for position in stretch.effects {
      let effect = code.effects[position]
      set(versions[effect.name], to: text.value("add i64 \(value(clock)), \(effect.ticks)"))
      set(givers[effect.name], to: "\(effect.site)")
      set(places[effect.name], to: "\(effect.register)")
    }
    add(stretch.ticks, to: clock)
    add(stretch.draws, to: draw)
    add(stretch.statements, to: steps)
    test = try stretch.answer.map { answer throws(StepText.Unwritable) in try answer.writeTruth(to: text) }
    numbers = try source.numbers.map { place throws(StepText.Unwritable) in
      guard results[place].count == 1 else { throw StepText.Unwritable() }
      return try ResultNumber(results[place]).write(to: text)
    }
  }
}
