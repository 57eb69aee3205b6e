import Language
import Printing
import Refusals
import Syntax
import Tensors
import Text

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A conversation at a terminal: the loop with an editor, a history and work that can be interrupted.
final class Console {
  private let terminal: Terminal
  private let style: ErrorStyle
  private let printer: Printer
  private let editor: LineEditor?
  private let plain = PlainLines()
  private var history: History
  private let journal: Journal?
  /// What a second Ctrl-C left behind and may not have ended yet.
  private var abandoned: [Work<REPL.Outcome>] = []
  private var abandonedFrames: [Work<Slide.Frame>] = []
  /// One that came while numbers were moved, and ends the program.
  private var signal: Int32?

  init(terminal: Terminal, style: ErrorStyle, printer: Printer) {
    self.terminal = terminal
    self.style = style
    self.printer = printer
    editor = terminal.isInputTerminal ? LineEditor(terminal: terminal, style: style) : nil
    let canKeep = editor != nil && !Confinement.isOn
    history = History(path: canKeep ? Path.history : nil)
    journal = canKeep ? Path.journals.map { Journal(folder: $0) { printer.print(.notice(style.dim($0.shown))) } } : nil
  }

  /// Greets, runs the init file and talks until the end.
  func run(_ session: Session, greeting: Bool, initFile: String?) -> ExitStatus {
    Signals.setAbandonment(nil)
    if terminal.isInputTerminal { Signals.warnBeforeQuitting() }
    if greeting, editor != nil, terminal.isOutputTerminal { printer.print(.result(banner)) }
    var session = session
    if let initFile { run(initFile: initFile, in: &session) }
    if let editor {
      let (inputs, note) = history.load()
      for input in inputs { editor.remember(input) }
      tell(note)
    }
    if let journal {
      tell(journal.noteOfLost())
      session.files.lost = { () throws(Refusal) in try journal.lost() }
      session.files.settle = { journal.settle($0) }
    }
    var loop = REPL(
      session: session, style: style, readLine: { self.readLine($0) }, print: { self.printer.print($0) },
      remember: { self.remember($0) }, perform: { self.perform($0, $1) })
    let status = loop.run()
    // A terminal that was closed is no end that was meant.
    if status == .success { journal?.remove() }
    // Nor is what was left behind waited for.
    if abandoned.contains(where: { !$0.isDone }) || abandonedFrames.contains(where: { !$0.isDone }) {
      printer.flush()
      LineEditor.giveBackTerminal()
      _exit(status.rawValue)
    }
    return status
  }

  private var banner: String {
    let dot = style.sign("·")
    return """
      \(Usage.name) \(dot) a console for tensors and their gradients
      \(style.dim(":help for help \(dot) Ctrl-D to leave"))
      """
  }

  private func run(initFile: String, in session: inout Session) {
    let bytes: [UInt8]
    switch System.contents(ofFile: initFile, limit: 16 << 20) {
    case .failure(ErrorNumber(code: ENOENT)), .failure(ErrorNumber(code: ENOTDIR)): return
    case .failure(let error): return tell("\(initFile) is not run: \(error.message)")
    case .success(let contents): bytes = contents
    }
    do throws(ProgramText.Flaw) {
      let source = Source(name: initFile, text: try ProgramText.decoded(bytes))
      let entry = REPL.Entry(source)
      guard let outcome = outcome(of: entry, in: session, through: Gate(printer)) else {
        return tell("\(initFile) is abandoned; everything is as it was before")
      }
      session = outcome.session
      if let failure = outcome.failure { printer.print(.notice(style.text(of: failure))) }
    } catch {
      tell("\(initFile):\(error.line):\(error.column): \(error.message)")
    }
  }

  private func tell(_ note: String?) {
    if let note { printer.print(.notice(style.dim(note.shown))) }
  }

  private func readLine(_ request: REPL.Request) -> REPL.Line {
    if let signal { return .signal(signal) }
    // Whoever reads a pipe may take a while, or stop.
    if let editor, !terminal.isOutputTerminal { editor.unattended { printer.flush() } } else { printer.flush() }
    // A Ctrl-C that came until now was for what is done; from here on it is for the line, or for what the line does.
    editor?.dropInterrupted()
    Interrupt.clear()
    guard let editor else {
      let line = plain.next()
      Interrupt.clear()
      return line
    }
    if !terminal.isOutputTerminal { System.waitForReader(of: STDOUT_FILENO) }
    let before = request.pending.isEmpty ? "" : request.pending + "\n"
    let session = request.session
    editor.complete = { text, offset in
      var completion = session.completions(of: before + text, at: before.utf8.count + offset)
      if !completion.isOfText, let paths = PathCompletion.completion(of: text, at: offset) { return paths }
      let shift = before.utf8.count
      completion.range = max(0, completion.range.lowerBound - shift)..<max(0, completion.range.upperBound - shift)
      return completion
    }
    editor.offer = request.offer
    editor.isUnfinished = { REPL.wantsMore(REPL.Entry($0), in: session) }
    editor.preview = { text in
      if text.isEmpty { return nil }
      return text.endsInBlankLine ? session.awaited(behind: text) : session.shapePreview(of: before + text)
    }
    return editor.readLine(before.isEmpty ? .first : .continuation)
  }

  private func remember(_ input: String) {
    editor?.remember(input)
    tell(history.append(input))
  }

  // MARK: Work

  private func perform(_ session: Session, _ entry: REPL.Entry) -> REPL.Outcome? {
    guard var outcome = perform(session, entry, isQuiet: false) else { return nil }
    if let page = outcome.session.takePage(), outcome.failure == nil { show(page) }
    guard let slide = outcome.session.takeSlide(), outcome.failure == nil, let editor else { return outcome }
    printer.flush()
    var hand = Hand(editor: editor, terminal: terminal, session: outcome.session)
    let end = hand.run(slide)
    Interrupt.clear()
    switch end {
    case .kept(let statement): return perform(outcome.session, REPL.Entry(statement), isQuiet: true)
    case .unchanged: tell("nothing was moved")
    case .takenBack: tell(slide.handles.map { "\($0.place) is \($0.text) again" }.joined(separator: ", "))
    case .abandoned(let work):
      abandonedFrames.append(work)
      tell("abandoned; everything is as it was before")
    case .signal(let number): signal = number
    }
    return outcome
  }

  /// By a program of its own, or at once where there is none.
  private func show(_ page: String) {
    printer.flush()
    let isShown = editor?.unattended { Pager.show(page) } ?? false
    Interrupt.clear()
    if !isShown { printer.print(.result(page)) }
  }

  /// - Parameter isQuiet: what it says has been seen.
  private func perform(_ session: Session, _ entry: REPL.Entry, isQuiet: Bool) -> REPL.Outcome? {
    abandoned.removeAll { $0.isDone }
    abandonedFrames.removeAll { $0.isDone }
    var session = session
    if editor != nil, terminal.isOutputTerminal {
      let size = terminal.size
      (session.display.width, session.display.height) = (size.columns, size.rows)
      session.slides = !terminal.isDumb
    }
    let gate = Gate(printer)
    if let journal { session.surroundings.follow = { change in gate.pass { journal.follow(change) } } }
    journal?.begin(entry.source.text, after: session.recordSoFar)
    defer { journal?.end() }
    if let outcome = outcome(of: entry, in: session, through: gate, isQuiet: isQuiet) {
      if let unfinished = journal?.takeOffered() { editor?.remember(unfinished) }
      return outcome
    }
    // What it had finished until then is as if it had not been.
    if let journal, session.record.statementCount > 0 {
      journal.follow(.replaced(session.record))
    } else {
      journal?.remove()
    }
    return nil
  }

  /// Nil if a second Ctrl-C left it behind.
  private func outcome(
    of entry: REPL.Entry, in session: Session, through gate: Gate, isQuiet: Bool = false
  ) -> REPL.Outcome? {
    guard let work = Work({ REPL.outcome(of: entry, in: session) { if !isQuiet { gate.print($0) } } }) else {
      let alone = { REPL.outcome(of: entry, in: session) { if !isQuiet { self.printer.print($0) } } }
      return editor?.unattended(alone) ?? alone()
    }
    if let outcome = work.wait(attend: { editor?.attend(to: $0) }) { return outcome }
    work.leave()
    journal?.setWanted(false)
    gate.close()
    journal?.setWanted(true)
    abandoned.append(work)
    return nil
  }
}
