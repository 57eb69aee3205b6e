import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// Putting statements on record, and doing them again.
extension Session {
  mutating func put(
    _ text: String, _ statement: Statement, _ progress: Progress, since before: Moment, seconds: Double, isWhole: Bool
  ) {
    // Where none of the words was ever written, nothing leads to one.
    state.mentionsFiles =
      state.mentionsFiles || Self.mentionsFiles(text) || progress.effects.reads.contains { Self.mentionsFiles($0.text) }
    var added = progress.effects.reads.map { Record.Entry.file(name: $0.name, text: $0.text) }
    // What a statement that ended early has done beyond its finished inner statements is not known.
    let isRepeatable = isWhole ? !readsData(statement) : progress.clock == clock
    if !isRepeatable, let outcome = outcome(of: statement, since: before) {
      added = [.unrepeatable(text, draw: draw)] + outcome.map { .outcome($0) }
    } else {
      added.append(isWhole ? .statement(text) : .part(text, steps: progress.steps, draw: draw))
    }
    record.append(added, since: before, seconds: seconds)
    surroundings.follow?(.appended(added, to: record))
  }

  /// Each statement is asked, so no time is spent on what a search for text in general has to look after.
  private static func mentionsFiles(_ text: String) -> Bool {
    let bytes = text.utf8.span
    return fileWords.contains { word in
      guard bytes.count >= word.count else { return false }
      for start in 0...bytes.count - word.count where bytes[start] == word[0] {
        if word.indices.allSatisfy({ bytes[start + $0] == word[$0] }) { return true }
      }
      return false
    }
  }

  private static let fileWords = Builtin.fileReaders.map { Array($0.utf8) }

  /// Whether its values come from a file of data, which may be another one next time.
  private func readsData(_ statement: Statement) -> Bool {
    guard state.mentionsFiles else { return false }
    let readers = Builtin.fileReaders.filter { names[$0]?.function == nil }
    return !Evaluator(self).reachable(from: Names.read(in: [statement])).isDisjoint(with: readers)
  }

  /// So many numbers are written out; a file with more is read again.
  private static let largestLiteral = 100_000

  /// Statements that give the names that have changed, and the answer, their values, to the last bit; nil where no
  /// literal can.
  private func outcome(of statement: Statement, since before: Moment) -> [String]? {
    var lines: [String] = []
    for (name, binding) in names.newer(than: before.state.clock).sorted(by: { $0.value.version < $1.value.version }) {
      guard let stored = binding.stored, let value = literal(stored, trainable: binding.trainable, at: "") else {
        return nil
      }
      lines.append("\(name) = \(value)")
      if !binding.frozen.isEmpty || !binding.frozenEntries.isEmpty { return nil }
    }
    if case .expression = statement.kind, let answer {
      guard let value = literal(answer, trainable: [], at: "") else { return nil }
      lines.append(value)
    }
    return lines
  }

  /// Nil where it would be too long, or there is none.
  private func literal(_ value: Stored, trainable: Set<String>, at path: String) -> String? {
    switch value {
    case .tensor(let held):
      guard held.tensor.count <= Self.largestLiteral else { return nil }
      let text = Self.literal(held, settings.precision)
      return trainable.contains(path) ? "weights(value=\(text))" : text
    case .text(let text): return Expression(.text(text), 0..<0).description
    case .tuple(let parts):
      var entries: [String] = []
      for position in parts.indices {
        let label = parts.label(position)
        guard let entry = literal(parts[position], trainable: trainable, at: path.entry(label)) else { return nil }
        entries.append(parts.keys == nil ? entry : "\(Syntax.Argument.spelled(label))=\(entry)")
      }
      return "(" + entries.joined(separator: ", ") + (parts.count == 1 && parts.keys == nil ? ",)" : ")")
    case .function, .list: return nil
    }
  }

  private static func literal(_ held: Held, _ usual: ElementType) -> String {
    let tensor = held.tensor
    var display = Display()
    display.format = .repr
    display.defaultType = usual
    var text = display.text(of: Shown(tensor))
    // A bare number would wait for what it meets to give it a type.
    if tensor.shape.rank == 0, tensor.type.isFloat, tensor.type != .literal, tensor.type == usual {
      text = "\(usual.name)(\(text))"
    }
    if let structural = held.pattern.structural, tensor.type.isFloat, tensor.count > 0 {
      text += " * " + display.text(of: Shown(structural.converted(to: .bool)))
    }
    return text
  }

  // MARK: Doing it again

  /// A session brought about by a record, in the surroundings of this one; statements that fail stop it.
  ///
  /// What is kept as values isn't done again, unless they are damaged.
  func replaying(_ wanted: Record, _ values: StoredSession.Values) throws(Diagnostic) -> Session {
    var session = Session()
    session.surroundings = surroundings
    session.surroundings.follow = nil
    session.settings.isASCII = settings.isASCII
    session.take(wanted.head)
    session.record.head = wanted.head
    session.surroundings.patience = nil
    var kept = wanted.kept[...]
    var skipped = 0
    var files: [String: String] = [:]
    // What was saved the first time is not saved again.
    session.files.save = { _, _ throws(Refusal) in }
    session.files.makeFolder = { _ throws(Refusal) in }
    let disk = session.files
    for (number, entry) in wanted.entries.enumerated() {
      if let next = kept.first, next.entries.lowerBound == number {
        kept = kept.dropFirst()
        skipped = session.skip(next, of: wanted, values) ? next.entries.count : 0
      }
      if skipped > 0 {
        skipped -= 1
        continue
      }
      do throws(Diagnostic) {
        if case .file(let name, let text) = entry {
          files[name] = text
          let known = files
          session.files.read = { path throws(Refusal) in
            if let text = known[path] { text } else { try disk.read(path) }
          }
          session.files.exists = { known[$0] != nil || disk.exists($0) }
        } else {
          try session.redo(entry)
          if !files.isEmpty {
            files = [:]
            session.files = disk
          }
        }
      } catch {
        if Interrupt.isRequested { throw error }
        throw Diagnostic("entry \(number + 1) fails: \(error.message)")
      }
    }
    session.files = self.files
    session.surroundings = surroundings
    return session
  }

  /// Goes over entries by what they led to; false where they have to be done.
  private mutating func skip(_ kept: Kept, of wanted: Record, _ values: StoredSession.Values) -> Bool {
    let mark = Record.Mark(clock: clock, answerCount: state.answerCount, isStart: true, seconds: 0)
    var here = kept
    guard let tensors = try? kept.tensors(values) else { return false }
    here.parts = tensors.map { .value($0) }
    guard take(here, values) else { return false }
    record.append(wanted.entries[kept.entries], as: here, from: mark)
    return true
  }

  private mutating func take(_ head: Record.Head) {
    (settings.precision, settings.digits) = (head.precision, head.digits)
    (settings.seed, draw, settings.arguments) = (head.seed, head.draw, head.arguments)
    settings.refusesMutualBroadcast = head.refusesMutualBroadcast
  }

  private mutating func redo(_ entry: Record.Entry) throws(Diagnostic) {
    switch entry {
    case .file: break
    case .statement(let text):
      try redo(text) { session, statement, source throws(Diagnostic) in
        try session.execute(statement, in: source) { _ in }
      }
    case .part(let text, let steps, let nextDraw):
      try redo(text) { session, statement, source throws(Diagnostic) in
        do throws(Diagnostic) {
          try session.execute(statement, in: source, limit: steps, draw: nextDraw) { _ in }
        } catch {
          // It failed the first time, too.
          if Interrupt.isRequested { throw error }
        }
      }
    case .unrepeatable(_, let nextDraw):
      draw = nextDraw
      record.append([entry], since: moment, seconds: 0)
    case .outcome(let text):
      let before = moment
      try redo(text) { session, statement, source throws(Diagnostic) in
        try session.perform(statement, in: source) { _ in }
      }
      record.append(entry, belongingSince: before)
    }
  }

  private mutating func redo(
    _ text: String, _ body: (inout Session, Statement, Source) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let source = Source(text: text)
    let program = Parser.parse(source)
    if let error = program.diagnostics.first { throw error }
    for statement in program.statements { try body(&self, statement, source) }
  }
}
