import Language
import Printing
import Refusals
import Syntax
import Text

/// The loop of a conversation; it knows neither the terminal nor the language.
package struct REPL {
  /// What came when a line was asked for.
  package enum Line: Equatable, Sendable {
    case text(String)
    /// Nothing more will come.
    case end
    /// Ctrl-C, with something typed or nothing.
    case interrupt(wasEmpty: Bool)
    /// More was typed ahead than is kept; all of it is left out.
    case cut
    /// The program is to end: the number of a signal.
    case signal(Int32)
  }

  /// What a line is asked for with.
  package struct Request: Sendable {
    package var session: Session
    /// The lines of an unfinished input so far; empty for a new one.
    package var pending: String
    /// What may be put on the empty line: the last error's offer.
    package var offer: String?
  }

  /// What was entered, read once: whether more lines are needed and what is run is told from the same program.
  package struct Entry: Sendable {
    package var source: Source
    package var program: Program

    package init(_ source: Source) {
      self.source = source
      program = Parser.parse(source)
    }

    package init(_ text: String) { self.init(Source(name: nil, text: text)) }

    /// Nothing is wrong with it but that it isn't at its end.
    var isUnfinished: Bool { !program.diagnostics.isEmpty && program.diagnostics.allSatisfy(\.isUnfinished) }
  }

  /// What became of an input.
  package struct Outcome: Sendable {
    package var session: Session
    package var failure: Failure?
    /// How long it took.
    package var nanoseconds: Int

    package init(session: Session, failure: Failure? = nil, nanoseconds: Int = 0) {
      self.session = session
      self.failure = failure
      self.nanoseconds = nanoseconds
    }
  }

  package private(set) var session: Session
  private let style: ErrorStyle
  private let readLine: (Request) -> Line
  private let print: (Output) -> Void
  private let remember: (String) -> Void
  /// Nil when the input was left behind before it ended.
  private let perform: (Session, Entry) -> Outcome?
  private var hasExplainedExit = false
  private var offer: String?
  private var hasExplainedOffer = false

  package init(
    session: Session, style: ErrorStyle = ErrorStyle(), readLine: @escaping (Request) -> Line,
    print: @escaping (Output) -> Void, remember: @escaping (String) -> Void = { _ in },
    perform: ((Session, Entry) -> Outcome?)? = nil
  ) {
    self.session = session
    self.style = style
    self.readLine = readLine
    self.print = print
    self.remember = remember
    self.perform = perform ?? { REPL.outcome(of: $1, in: $0, print: print) }
  }

  /// Runs what was entered in a copy of a session.
  package static func outcome(of entry: Entry, in session: Session, print: (Output) -> Void) -> Outcome {
    let start = System.nanoseconds()
    var outcome = Outcome(session: session)
    do throws(Failure) {
      try outcome.session.run(entry.program, in: entry.source, emit: print)
    } catch {
      outcome.failure = error
    }
    outcome.nanoseconds = System.nanoseconds() - start
    return outcome
  }

  /// Reads and evaluates until there is nothing more to do.
  package mutating func run() -> ExitStatus {
    while !session.wantsToQuit {
      switch readInput() {
      case .entry(let entry): evaluate(entry)
      case .end: return .success
      case .interrupt(let wasEmpty): explainExit(wasEmpty)
      case .cut: print(.notice(Self.cutNotice))
      case .signal(let number): return .signal(number)
      }
    }
    return .success
  }

  private enum Input {
    case entry(Entry)
    case end
    case interrupt(wasEmpty: Bool)
    case cut
    case signal(Int32)
  }

  private static let cutNotice = """
    left out: more was typed ahead than is kept
    help: enter it now, or run it from a file: run "file.grad"
    """

  /// Whether more lines are needed; what is whole in another language waits for none.
  package static func wantsMore(_ entry: Entry, in session: Session) -> Bool {
    entry.isUnfinished && !session.isWholeElsewhere(entry.source.text)
  }

  /// One line, or as many as it takes until the input is finished; an empty one gives up.
  private func readInput() -> Input {
    var input = ""
    while true {
      switch readLine(Request(session: session, pending: input, offer: input.isEmpty ? offer : nil)) {
      case .text(let line):
        let isGivenUp = input.isEmpty ? line.endsInBlankLine : line.isBlank
        input += input.isEmpty ? line : "\n" + line
        let entry = Entry(input)
        guard isGivenUp || !Self.wantsMore(entry, in: session) else {
          // Ctrl-C came right behind the line.
          if Interrupt.isRequested { return .interrupt(wasEmpty: false) }
          continue
        }
        let text = Paste.statements(of: input) { Entry($0).isUnfinished }
        return .entry(text == input ? entry : Entry(text))
      case .end: return input.isEmpty ? .end : .entry(Entry(input))
      case .interrupt(let wasEmpty): return .interrupt(wasEmpty: wasEmpty && input.isEmpty)
      case .cut: return .cut
      case .signal(let number): return .signal(number)
      }
    }
  }

  private mutating func evaluate(_ entry: Entry) {
    guard !entry.source.text.isBlank else { return }
    remember(entry.source.text)
    guard let outcome = perform(session, entry) else {
      return print(.notice("abandoned; everything is as it was before"))
    }
    let keptCount = session.keptCount
    session = outcome.session
    offer = outcome.failure?.diagnostics.lazy.compactMap(\.offer).first
    if let failure = outcome.failure {
      let lines = style.text(of: failure).split(separator: "\n", omittingEmptySubsequences: false)
      print(.notice(lines.map { $0.wrapped(to: session.display.width ?? .max) }.joined(separator: "\n")))
    }
    if offer != nil, session.isInteractive, !hasExplainedOffer {
      hasExplainedOffer = true
      print(.notice(style.dim("Tab puts that line here, to be edited or run")))
    }
    let tenths = outcome.nanoseconds / 100_000_000
    if tenths >= 10, outcome.failure?.isInterrupt != true {
      let kept = session.keptCount > keptCount ? "; what it gave is kept, :restore has no need to do it again" : ""
      print(.notice(style.dim("took \(tenths / 10).\(tenths % 10) s\(kept)")))
    }
  }

  private mutating func explainExit(_ wasEmpty: Bool) {
    guard wasEmpty, !hasExplainedExit else { return }
    hasExplainedExit = true
    print(.notice(style.dim("Ctrl-D or :quit to leave")))
  }
}

extension String {
  /// Nothing but blanks.
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}

extension Substring {
  /// What is said below an error, broken at blanks where a line has no room for it; the source is left as it is.
  fileprivate func wrapped(to width: Int) -> String {
    let codes = utf8.contains(0x1B) ? 8 : 0
    guard count > width + codes, width > 20, ["help:", "note:"].contains(where: { self.contains($0) }) else {
      return String(self)
    }
    return wrapped(to: width, indent: 6, hidden: codes)
  }
}
