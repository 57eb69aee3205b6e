import Language
import Synchronization
import Text

/// A hand on numbers of a session: keys move them, and what comes of it is drawn in place.
struct Hand {
  /// How it ended.
  enum End {
    case kept(statement: String)
    case unchanged
    /// As everything was before; with what is to be said about it.
    case takenBack
    /// A second Ctrl-C left the work behind.
    case abandoned(Work<Slide.Frame>)
    case signal(Int32)
  }

  let editor: LineEditor
  let terminal: Terminal
  let session: Session
  /// The rows that are on the screen, the cursor in the last of them.
  private var drawn = 0

  init(editor: LineEditor, terminal: Terminal, session: Session) {
    (self.editor, self.terminal, self.session) = (editor, terminal, session)
  }

  mutating func run(_ slide: Slide) -> End {
    var slide = slide
    guard let looking = Looking(session) else { return .takenBack }
    editor.beginKeys()
    defer {
      looking.end()
      editor.endKeys()
    }
    var frame = Slide.Frame()
    while true {
      let size = terminal.size
      switch look(at: slide, with: looking, columns: size.columns, rows: size.rows) {
      case .failure(let work):
        erase()
        return .abandoned(work.work)
      case .success(let next): frame = next
      }
      if frame.wasInterrupted {
        erase()
        return .takenBack
      }
      draw(frame.lines, rows: size.rows)
      var isStale = false
      // What was pressed meanwhile is done before it is drawn.
      repeat {
        switch editor.nextKey() {
        case .move(let move):
          if slide.move(move) { isStale = true } else { editor.ring() }
        case .keep:
          guard let statement = slide.statement else {
            erase()
            return .unchanged
          }
          // A key before it may not have been drawn yet.
          if isStale, case .success(let last) = look(at: slide, with: looking, columns: size.columns, rows: size.rows) {
            frame = last
          }
          draw(frame.handles + frame.values, rows: size.rows)
          editor.show("\r\n")
          return .kept(statement: statement)
        case .takeBack, .end:
          erase()
          return .takenBack
        case .redraw:
          // Where rows have gone in a window of another size nobody can tell.
          editor.show(LineEditor.clearScreen)
          (drawn, isStale) = (0, true)
        case .signal(let number):
          erase()
          return .signal(number)
        case .other: editor.ring()
        }
      } while !isStale || editor.hasKey
    }
  }

  private struct Left: Error { let work: Work<Slide.Frame> }

  /// Beside the keys, so that Ctrl-C can stop what takes long.
  private func look(
    at slide: Slide, with looking: Looking, columns: Int, rows: Int
  ) -> Result<Slide.Frame, Left> {
    Interrupt.clear()
    looking.begin(slide, columns: columns, rows: rows - 1)
    guard let frame = looking.work.wait(attend: { editor.attend(to: $0) }) else {
      looking.work.leave()
      return .failure(Left(work: looking.work))
    }
    return .success(frame)
  }

  // MARK: Drawing

  /// Over what was drawn before; a line that is too long for the screen is cut there, and begins no other row.
  private mutating func draw(_ lines: [String], rows: Int) {
    let shown = lines.prefix(max(rows - 1, 1))
    var text = "\u{1B}[?7l" + home
    text += shown.map { $0.shownOnTerminal + "\u{1B}[0m\u{1B}[K" }.joined(separator: "\r\n")
    text += "\u{1B}[J\u{1B}[?7h"
    editor.show(text)
    drawn = shown.count
  }

  private mutating func erase() {
    editor.show(home + "\u{1B}[J")
    drawn = 0
  }

  private var home: String { drawn > 1 ? "\r\u{1B}[\(drawn - 1)A" : "\r" }
}

/// Somebody who looks at a slide wherever it stands, for as long as it lasts: a thread is not made for every key.
private final class Looking: Sendable {
  private struct Wanted {
    var slide: Slide
    var columns: Int
    var rows: Int
  }

  private let bell: Bell
  private let desk: Desk
  let work: Work<Slide.Frame>

  /// Nil where the system has no thread or pipe to give.
  init?(_ session: Session) {
    guard let bell = Bell() else { return nil }
    let desk = Desk()
    let work = Work<Slide.Frame>(posting: { post in
      while bell.wait(), let wanted = desk.wanted.withLock({ $0 }) {
        post(wanted.slide.frame(of: session, columns: wanted.columns, rows: wanted.rows))
      }
      return Slide.Frame()
    })
    guard let work else { return nil }
    (self.bell, self.desk, self.work) = (bell, desk, work)
  }

  /// Where what is wanted lies.
  private final class Desk: Sendable {
    let wanted = Mutex<Wanted?>(nil)
  }

  func begin(_ slide: Slide, columns: Int, rows: Int) {
    desk.wanted.withLock { $0 = Wanted(slide: slide, columns: columns, rows: rows) }
    bell.ring()
  }

  func end() {
    desk.wanted.withLock { $0 = nil }
    bell.ring()
  }
}
