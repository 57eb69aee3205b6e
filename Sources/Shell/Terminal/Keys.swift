import CLibedit
import Language

/// Single keys, for a hand on numbers.
extension LineEditor {
  enum Pressed: Equatable {
    case move(Slide.Move)
    case keep, takeBack, redraw, end, other
    case signal(Int32)
  }

  private static let moves: [Int: Slide.Move] = [
    EDITOR_PRESSED_LEFT: .down, EDITOR_PRESSED_RIGHT: .up, EDITOR_PRESSED_UP: .farUp, EDITOR_PRESSED_DOWN: .farDown,
    EDITOR_PRESSED_PAGE_UP: .farUp, EDITOR_PRESSED_PAGE_DOWN: .farDown, EDITOR_PRESSED_HOME: .toStart,
    EDITOR_PRESSED_END: .toEnd, EDITOR_PRESSED_TAB: .next, EDITOR_PRESSED_BACK_TAB: .previous,
    EDITOR_PRESSED_PLUS: .coarser, EDITOR_PRESSED_MINUS: .finer,
  ]

  private static let others: [Int: Pressed] = [
    EDITOR_PRESSED_ENTER: .keep, EDITOR_PRESSED_ESCAPE: .takeBack, EDITOR_PRESSED_REDRAW: .redraw,
    EDITOR_PRESSED_NOTHING: .end,
  ]

  func beginKeys() { unsafe editor_keys_begin(editor) }
  func endKeys() { unsafe editor_keys_end(editor) }
  var hasKey: Bool { unsafe editor_has_key(editor) }

  func nextKey() -> Pressed {
    var signal: Int32 = 0
    let key = Int(unsafe editor_next_key(editor, &signal))
    if signal > 0 { return .signal(signal) }
    return Self.moves[key].map { .move($0) } ?? Self.others[key] ?? .other
  }

  /// Writes what moves the cursor and what is seen.
  func show(_ text: String) { _ = System.write(text.utf8, to: drawn, waiting: .shortly) }

  func ring() { show("\u{7}") }

  /// What empties the screen and puts the cursor at its start.
  static let clearScreen = "\u{1B}[2J\u{1B}[H"
}
