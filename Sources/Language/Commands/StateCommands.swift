import Files
import Printing
import Refusals
import Syntax
import Text

/// Commands that go back in a session, and those that keep one.
extension Command {
  static let ofStates = [undo, redo, diff, history, forget, reset, save, load, restore]

  static let forget = Command(
    ":forget NAME…", "Forgets names, as del does; :clear without one clears the screen.", aliases: ["clear"]
  ) { session, call, emit throws(Diagnostic) in
    guard !call.words.isEmpty else { return session.clearScreen(emit) }
    try session.forget(call.words.map { Name($0, call.range) })
  }

  static let reset = Command(":reset", "Forgets all names; settings stay.") { session, _, emit throws(Diagnostic) in
    let count = session.names.count
    session.forgetAll()
    emit(.result("\(count) name\(count == 1 ? "" : "s") forgotten; :undo brings them back"))
  }

  static let undo = Command(":undo [N]", "Takes back the last statement that changed something.", movesInTime: true) {
    session, call, emit throws(Diagnostic) in
    let count = try call.count
    for turn in 0..<count {
      guard let statement = session.undo() else {
        if turn > 0 {
          return emit(.notice("note: \(turn) of \(count) taken back; no state before that is kept"))
        }
        throw Diagnostic("there is nothing to undo", at: call.range)
      }
      emit(.result("undone: \(statement.brief(session.display))"))
    }
  }

  static let redo = Command(":redo [N]", "Does again what :undo took back.", movesInTime: true) {
    session, call, emit throws(Diagnostic) in
    for turn in 0..<(try call.count) {
      guard let statement = session.redo() else {
        if turn > 0 { return }
        throw Diagnostic("there is nothing to do again", at: call.range)
      }
      emit(.result("done again: \(statement.brief(session.display))"))
    }
  }

  static let diff = Command(":diff NAME", "What has changed since the name's previous value.") {
    session, call, emit throws(Diagnostic) in
    guard call.words.count == 1, let name = call.words.first else {
      throw Diagnostic("a name is missing", at: call.range, help: ":diff w")
    }
    emit(.result(try Difference(session).text(of: name, call.range)))
  }

  static let history = Command(":history [N]", "The statements that led here, the last 20 if not told otherwise.") {
    session, call, emit throws(Diagnostic) in
    let count = call.words.isEmpty ? 20 : try call.count
    let statements = session.record.statements
    if statements.isEmpty { return emit(.result("nothing has been entered yet")) }
    let width = "\(statements.count)".count
    for (number, statement) in statements.enumerated().suffix(count) {
      let label = "\(number + 1)"
      emit(
        .result(String(repeating: " ", count: width - label.count) + label + "  " + statement.brief(session.display)))
    }
  }

  static let save = Command(
    ":save FILE",
    "Writes the session to a file: as statements that bring it back, as a script (.grad), a page (.md), a notebook (.ipynb)."
  ) {
    session, call, emit throws(Diagnostic) in
    let path = try call.path(":save \"work.session\"")
    if let document = SessionDocument.of(path) { return try session.save(as: document, path, call.range, emit) }
    let mark = Array(Record.mark.utf8)
    if let old = try? session.files.bytes(path).prefix(mark.count), old.count > 0, !old.starts(with: mark) {
      throw Diagnostic("\"\(path)\" is there already and is no saved session", at: call.range, help: "another name")
    }
    try located(at: call.range, try session.files.save(path, StoredSession.pieces(of: session.record)))
    let count = session.record.statementCount
    let bytes = session.record.kept.reduce(0) { $0 + $1.byteCount }
    let values = session.record.kept.isEmpty ? "" : ", and what took long as values (\(ByteCount(bytes))),"
    emit(.result("saved \(count) statement\(count == 1 ? "" : "s")\(values) to \"\(path.shown)\""))
  }

  static let load = Command(":load FILE", "Goes on with a session that :save wrote.", movesInTime: true) {
    session, call, emit throws(Diagnostic) in
    let path = try call.path(":load \"work.session\"")
    let bytes = try located(at: call.range, try session.files.bytes(path))
    if SessionDocument.of(path) != nil,
      (try? bytes.prefix(Record.mark.utf8.count))?.starts(with: Array(Record.mark.utf8)) != true
    {
      throw Diagnostic(
        "\"\(path.shown)\" is no saved session", at: call.range,
        help: path.hasSuffix(".grad") ? "run \"\(path.shown)\"" : "gradus --test \(path.shown) runs what is in it")
    }
    let stored = try located(at: call.range, prefix: "cannot load \"\(path)\"") { () throws(Refusal) in
      try StoredSession(try bytes.bytes())
    }
    do throws(Diagnostic) {
      try session.become(stored, by: ":load \"\(path)\"", emit)
    } catch {
      throw error.isInterrupt ? error : Diagnostic("cannot load \"\(path)\": \(error.message)", at: call.range)
    }
  }

  static let restore = Command(
    ":restore [forget]", "Brings back a session that was cut off, or forgets it.", movesInTime: true
  ) {
    session, call, emit throws(Diagnostic) in
    if call.words == ["forget"] { return session.files.settle(.forgotten) }
    guard call.words.isEmpty else { throw Diagnostic("this is not understood", at: call.range, help: ":restore") }
    let stored = try located(at: nil, try session.files.lost())
    do throws(Diagnostic) {
      let record = try Record(text: stored.text)
      // One that was cut off at its first statement has no state to put in the place of this one.
      if record.statementCount > 0 { try session.become(stored, by: ":restore", emit) }
      if let unfinished = record.unfinished {
        emit(.notice("note: this had not finished: \(unfinished.brief(session.display)); Up brings it back"))
      }
    } catch {
      if error.isInterrupt { throw error }
      session.files.settle(.unreadable)
      throw Diagnostic("the session cannot be brought back: \(error.message)", note: "its file is kept beside")
    }
    session.surroundings.follow?(.replaced(session.record))
    session.files.settle(.restored)
  }
}

extension Session {
  /// `:save work.grad`: the session to be read, with what its statements print.
  fileprivate func save(
    as document: SessionDocument, _ path: String, _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let mark = Array(document.mark.utf8)
    if let old = try? files.bytes(path).prefix(mark.count), old.count > 0, !old.starts(with: mark) {
      throw Diagnostic(
        "\"\(path.shown)\" is there already, and :save hasn't written it", at: range, help: "another name")
    }
    try located(at: range, try files.save(path, [Bytes(document.text(script()))]))
    emit(.result("saved as \(document.title) to \"\(path.shown)\""))
  }

  /// Takes on the state that a record leads to; one more statement that can be undone.
  fileprivate mutating func become(
    _ stored: StoredSession, by statement: String, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let wanted = try Record(text: stored.text)
    let other = try replaying(wanted, stored.values)
    let gone = variableNames + functionNames
    let (count, kept, lost) = (
      other.record.statementCount, other.record.kept.count, wanted.kept.count - other.record.kept.count
    )
    past.append(Snapshot(statement: statement, moment: moment, record: .whole(self.record)))
    future = []
    (moment, self.record) = (other.moment, other.record)
    let how = kept == 0 ? "" : ", what took long by its values"
    emit(.result("\(count) statement\(count == 1 ? "" : "s") done again\(how); :vars lists the names"))
    if lost > 0 { emit(.notice("note: values kept with it are missing or damaged; they were computed again")) }
    if !gone.isEmpty {
      let some = gone.prefix(3).joined(separator: ", ") + (gone.count > 3 ? " and \(gone.count - 3) more" : "")
      let (verb, what) = gone.count == 1 ? ("is", "it") : ("are", "them")
      emit(.notice("note: \(some) \(verb) put aside; :undo brings \(what) back"))
    }
  }
}

extension Command.Call {
  /// A whole number from 1 on; 1 if there is none.
  fileprivate var count: Int {
    get throws(Diagnostic) {
      guard let word = words.first else { return 1 }
      guard words.count == 1, let count = Int(word), count > 0 else {
        throw Diagnostic("a whole number from 1 on is wanted here", at: range)
      }
      return count
    }
  }

  /// A file's name, in quotes or not.
  func path(_ usage: String) throws(Diagnostic) -> String {
    var name = text[...]
    while name.first?.isWhitespace == true { name.removeFirst() }
    while name.last?.isWhitespace == true { name.removeLast() }
    if name.count > 1, name.first == "\"", name.last == "\"" { name = name.dropFirst().dropLast() }
    guard !name.isEmpty else { throw Diagnostic("a file name is missing", at: range, help: usage) }
    return String(name)
  }
}
