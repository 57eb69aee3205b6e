import CLibedit
import Language
import Text

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A line of the terminal being edited, with keys, history and completion: all that is known of libedit, which keeps the
/// line but never draws it.
@safe package final class LineEditor {
  /// What stands before a line.
  package enum Prompt: Sendable {
    case first, continuation
    case search(String, isMissing: Bool)
  }

  /// What Tab offers at a UTF-8 offset of the line.
  package var complete: (String, Int) -> Completion = { _, offset in Completion(range: offset..<offset, candidates: [])
  }
  /// What Tab puts on an empty line.
  package var offer: String?
  /// Whether more lines are needed.
  package var isUnfinished: (String) -> Bool = { _ in false }
  /// What is told about a line at its right edge while it is typed.
  package var preview: (String) -> String? = { _ in nil }

  let terminal: Terminal
  private let style: ErrorStyle
  private(set) var editor: OpaquePointer?
  /// The terminal that is drawn on.
  let drawn: Int32
  private var numbers: [String: Int32] = [:]
  private var entries: [String] = []
  private(set) var prompt = Prompt.first
  private(set) var search: HistorySearch?
  private var recall: Recall?
  /// The line as the last Tab left it: a second one shows the list.
  private var lastCompletion: Line?
  private var cycle: Cycle?

  /// A list that has been shown: each further Tab takes the next of it.
  private struct Cycle {
    let candidates: [String]
    /// The line as it was left, and what of it stands in the candidates' place.
    var line: Line
    var shown: String
    var next = 0
  }

  /// Older inputs that begin as the line did when this began.
  private struct Recall {
    let original: Line
    let beginning: String
    /// The entry that is shown, which may have been changed since.
    var place: Int
    var shown: String
  }

  struct Line: Equatable {
    var text: String
    /// In bytes.
    var cursor: Int

    var before: String { String(decoding: text.utf8.prefix(cursor), as: UTF8.self) }
    var after: String { String(decoding: text.utf8.dropFirst(cursor), as: UTF8.self) }
  }

  /// Nil without a terminal to draw on: the one that results go to, or else the one that the keys come from.
  package init?(terminal: Terminal, style: ErrorStyle) {
    self.terminal = terminal
    self.style = style
    drawn = terminal.isOutputTerminal ? STDOUT_FILENO : System.terminal(of: STDIN_FILENO)
    guard drawn >= 0 else { return nil }
    unsafe editor = editor_open("gradus", drawn, terminal.isDumb, callbacks)
  }

  deinit {
    unsafe editor_close(editor)
    if drawn > STDERR_FILENO { close(drawn) }
  }

  /// Forgets what was typed ahead of a Ctrl-C that nothing has answered yet.
  package func dropInterrupted() { unsafe editor_drop_interrupted(editor) }

  /// Waits until a descriptor can be read, and keeps what is typed meanwhile for the lines that follow.
  package func attend(to descriptor: Int32) { unsafe editor_attend(editor, descriptor) }

  /// Does something that nobody attends to: meanwhile the terminal sends signals for keys.
  package func unattended<Value>(_ body: () -> Value) -> Value {
    editor_send_signals(true)
    defer { editor_send_signals(false) }
    return body()
  }

  /// Before the program ends without ending this: the terminal as it was found.
  package static func giveBackTerminal() { editor_give_back_terminal() }

  /// Adds an input to those that can be recalled, as the newest; an older one that is the same goes.
  package func remember(_ input: String) {
    if let number = numbers[input] {
      unsafe editor_forget(editor, number)
      entries.removeAll { $0 == input }
    }
    entries.append(input)
    numbers[input] = unsafe editor_remember(editor, input)
  }

  /// Waits until a line was entered.
  package func readLine(_ prompt: Prompt) -> REPL.Line {
    lastCompletion = nil
    cycle = nil
    search = nil
    recall = nil
    self.prompt = prompt
    unsafe editor_set_prompt(editor, text(of: prompt))
    unsafe editor_set_further_prompt(editor, text(of: .continuation))
    var outcome: Int32 = 0
    let line = unsafe editor_read(editor, &outcome)
    if let line = unsafe line {
      let text = unsafe String(cString: line)
      if unsafe editor_was_interrupted(editor) { Interrupt.request() }
      return .text(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
    switch Int(outcome) {
    case EDITOR_INTERRUPT: return .interrupt(wasEmpty: unsafe editor_was_empty(editor))
    case EDITOR_CUT: return .cut
    case let signal where signal > 0: return .signal(outcome)
    default: return .end
    }
  }

  // MARK: Drawing

  private func text(of prompt: Prompt) -> String {
    switch prompt {
    case .first: invisible("32") + ">" + invisible("0") + " "
    case .search(let pattern, let isMissing):
      invisible("2") + (isMissing ? "not found" : "search") + " '\(pattern)'" + invisible("0") + ": "
    case .continuation: invisible("2") + style.sign("…") + invisible("0") + " "
    }
  }

  /// A colour that takes no room.
  private func invisible(_ code: String) -> String { style.isColored ? "\u{1}\u{1B}[\(code)m\u{1}" : "" }

  fileprivate func lineChanged() {
    let line = current
    let text = search == nil ? preview(line.before + line.after.prefix { $0 != "\n" }) ?? "" : ""
    unsafe editor_set_preview(editor, text.isEmpty ? "" : invisible("2") + text + invisible("0") + " ")
  }

  // MARK: Keys

  private var callbacks: editor_callbacks {
    unsafe editor_callbacks(
      context: Unmanaged.passUnretained(self).toOpaque(),
      key: { context, key in
        guard let context = unsafe context else { return Int32(EDITOR_REFUSED) }
        return unsafe Int32(Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue().pressed(Int(key)))
      },
      search: { context, character in
        guard let context = unsafe context else { return Int32(EDITOR_REFUSED) }
        return unsafe Int32(Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue().searched(character))
      },
      changed: { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue().lineChanged()
      },
      interrupted: { Interrupt.request() })
  }

  var current: Line {
    var length = 0
    var cursor = 0
    guard let start = unsafe editor_text(editor, &length, &cursor) else { return Line(text: "", cursor: 0) }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
    return Line(text: unsafe String(decoding: bytes, as: UTF8.self), cursor: cursor)
  }

  fileprivate func pressed(_ key: Int) -> Int {
    switch key {
    case EDITOR_KEY_COMPLETE: return completed()
    case EDITOR_KEY_NEWLINE:
      unsafe editor_insert(editor, "\n")
      return EDITOR_CHANGED
    case EDITOR_KEY_SEARCH: return began()
    case EDITOR_KEY_ENTER: return entered()
    case EDITOR_KEY_CLOSING: return closes()
    case EDITOR_KEY_UP: return moved(up: true)
    case EDITOR_KEY_DOWN: return moved(up: false)
    default: return EDITOR_REFUSED
    }
  }

  /// The next older or newer input with the same beginning; behind the newest the line as it was.
  func recalled(older: Bool, _ line: Line) -> Int {
    var state: Recall
    if let recall, recall.shown == line.text {
      state = recall
    } else {
      state = Recall(original: line, beginning: line.before, place: entries.count, shown: line.text)
    }
    let isFitting = { [entries] (place: Int) in
      entries[place].hasPrefix(state.beginning) && entries[place] != state.original.text
    }
    let found =
      older
      ? entries[..<state.place].indices.last(where: isFitting)
      : entries.indices.dropFirst(state.place + 1).first(where: isFitting)
    guard found != nil || !older && state.place < entries.count else { return EDITOR_REFUSED }
    state.place = found ?? entries.count
    state.shown = found.map { entries[$0] } ?? state.original.text
    unsafe editor_replace(editor, state.shown)
    recall = state
    return EDITOR_CHANGED
  }

  private func began() -> Int {
    search = HistorySearch(entries: entries, original: current.text)
    show(search)
    return EDITOR_CHANGED
  }

  fileprivate func searched(_ character: UInt32) -> Int {
    switch character {
    case 0: search = nil
    case 0x07:
      unsafe editor_replace(editor, search?.original ?? "")
      search = nil
    case 0x08: search?.shorten()
    case 0x12: search?.goOn()
    default: if let scalar = Unicode.Scalar(character) { search?.extend(by: scalar) }
    }
    show(search)
    return search?.isMissing == true ? EDITOR_REFUSED : EDITOR_CHANGED
  }

  private func show(_ search: HistorySearch?) {
    if let search { unsafe editor_replace(editor, search.shown) }
    let shown = search.map { Prompt.search($0.pattern, isMissing: $0.isMissing) } ?? prompt
    unsafe editor_set_prompt(editor, text(of: shown))
    unsafe editor_set_searching(editor, search != nil)
  }

  // MARK: Completion

  private func completed() -> Int {
    let line = current
    if line.text.isEmpty, let offer {
      unsafe editor_insert(editor, offer)
      return EDITOR_CHANGED
    }
    if cycle?.line == line { return tookNext() }
    let completion = complete(line.text, line.cursor)
    let start = line.text.utf8.index(line.text.startIndex, offsetBy: completion.range.lowerBound)
    let typed = String(line.text.utf8[start...].prefix(line.cursor - completion.range.lowerBound)) ?? ""
    guard let shared = completion.commonStart else { return EDITOR_REFUSED }
    let common = completion.isEscaped ? Quoting.withoutPartialEscape(shared) : shared
    if common != typed, completion.candidates.count == 1 || common.unicodeScalars.count >= typed.scalarCount {
      unsafe editor_delete_before(editor, Int32(typed.scalarCount))
      unsafe editor_insert(editor, common)
      lastCompletion = current
      return EDITOR_CHANGED
    }
    guard completion.candidates.count > 1 else { return EDITOR_REFUSED }
    guard lastCompletion == line else {
      lastCompletion = line
      return EDITOR_REFUSED
    }
    let list = CandidateList(completion.candidates).text(columns: Int(unsafe editor_columns(editor)), style: style)
    unsafe editor_show_below(editor, list)
    cycle = Cycle(candidates: completion.candidates.map(\.text), line: line, shown: typed)
    return EDITOR_UNCHANGED
  }

  private func tookNext() -> Int {
    guard var cycle else { return EDITOR_REFUSED }
    unsafe editor_delete_before(editor, Int32(cycle.shown.scalarCount))
    cycle.shown = cycle.candidates[cycle.next]
    unsafe editor_insert(editor, cycle.shown)
    cycle.next = (cycle.next + 1) % cycle.candidates.count
    cycle.line = current
    self.cycle = cycle
    return EDITOR_CHANGED
  }
}

extension Completion {
  /// What all candidates begin with; nil without candidates.
  fileprivate var commonStart: String? {
    guard let first = candidates.first?.text else { return nil }
    var common = Array(first.unicodeScalars)
    for candidate in candidates.dropFirst() {
      let same = zip(common, candidate.text.unicodeScalars).prefix { $0 == $1 }.count
      common.removeSubrange(same...)
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: common)
    return String(text)
  }
}

extension String {
  /// The number of characters as libedit counts them.
  fileprivate var scalarCount: Int { unicodeScalars.count }
}
