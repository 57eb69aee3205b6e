import Foundation
import Testing

/// A recorded tour: keys, and the screen that each of them leads to.
///
/// With GRADUS_BLESS in the environment the recordings in Tests/Tours are made anew; read the difference.
@Suite struct TourTests {
  private static let restart = "(killed and started again)"

  private static let keys = [
    "w = weights(3, 2)\r", "x = [[0.5, 0.5, 0.4]]\r", "y = x @ w", "\r", "w @ w", "\u{15}", "w[0, 0] = 9\r",
    ":diff w\r",
    ":undo\r", ":redo\r", ":undo\r", ":history\r", ":save ~/t.session\r", "w = 0\r", ":load ~/t.session\r", "w\r",
    "m = mask([[0, 1], [1, 0], [0, 1]])\r", "heat(w * m)\r", "spy(w * m)\r", "plot(sin(linspace(0, 9, 100)))\r",
    "hist(w, bins=6, rows=4)\r", "loss := mse(relu(x @ (w * m)), [[1, 1]])\r", ":graph loss\r",
    ":shapes relu(x @ (w * m))\r", "x @ ?\r", ":cost loss\r", "log(-1)\r", ":set watch w\r", "w += 1\r",
    ":set watch off\r", ":learn\r", ":learn hint\r", "a = [1, 2; 3, 4]\r", ":learn stop\r", "we\t\t", "\u{15}",
    ":help\r",
    ":help sessions\r", "x @ x\r", restart, ":restore\r", "w\r",
  ]

  @Test(arguments: [("80x24", 80, 24, "C.UTF-8"), ("120x40", 120, 40, "C.UTF-8"), ("80x24-ascii", 80, 24, "C")])
  func screensAreAsRecorded(name: String, columns: Int, rows: Int, locale: String) throws {
    let isBlessing = ProcessInfo.processInfo.environment["GRADUS_BLESS"] != nil
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Tours/\(name).txt")
    let recorded = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let screens = Self.screens(of: recorded)
    let folder = try Folder()
    var place = try Stage(folder, columns, rows, locale, isColored: name == "120x40")
    var made = ""
    for (number, keys) in ([""] + Self.keys).enumerated() {
      if keys == Self.restart {
        place.end()
        place = try Stage(folder, columns, rows, locale, isColored: name == "120x40")
      } else {
        // Each on a cleared screen, unless it goes on with a line.
        let goesOn = keys.isEmpty || keys == "\r" || keys.hasPrefix("\u{15}")
        place.terminal.type((goesOn ? "" : "\u{C}") + keys)
      }
      let wanted = !isBlessing && number < screens.count ? screens[number] : nil
      let screen = place.screen(wanted)
      made += "==== \(Self.spelled(keys))\n\(screen)\n"
      if !isBlessing { #expect(screen == wanted, "\(name): \(Self.spelled(keys))") }
      if screen != wanted, !isBlessing { return }
    }
    if isBlessing { try made.write(to: file, atomically: true, encoding: .utf8) }
  }

  private static func screens(of text: String) -> [String] {
    text.components(separatedBy: "==== ").dropFirst().map { part in
      var lines = part.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      lines.removeLast()
      return lines.joined(separator: "\n")
    }
  }

  private static func spelled(_ keys: String) -> String {
    let names: [Character: String] = ["\r": "⏎", "\t": "⇥", "\u{15}": "^U"]
    return keys.map { names[$0] ?? String($0) }.joined()
  }

  /// The program at a terminal, and all that it has written there.
  private final class Stage {
    let terminal: PseudoTerminal
    private var child: Child?
    private var bytes: [UInt8] = []
    private let size: (columns: Int, rows: Int)

    init(_ folder: Folder, _ columns: Int, _ rows: Int, _ locale: String, isColored: Bool) throws {
      size = (columns, rows)
      terminal = try PseudoTerminal(columns: UInt16(columns), rows: UInt16(rows))
      var environment = ["HOME": folder.path, "XDG_STATE_HOME": folder.path, "TERM": "xterm", "LC_ALL": locale]
      if !isColored { environment["NO_COLOR"] = "1" }
      child = Child(
        ["--no-init"], streams: Array(repeating: (terminal.path, PseudoTerminal.flags), count: 3),
        environment: environment)
    }

    func end() { child = nil }

    /// The screen once it is the one wanted, or once nothing more comes.
    func screen(_ wanted: String?) -> String {
      var quiet = 0
      var shown = ""
      while quiet < (wanted == nil ? 8 : 100) {
        let more = terminal.receive()
        quiet = more.isEmpty ? quiet + 1 : 0
        bytes += more
        var screen = Screen(columns: size.columns, rows: size.rows)
        screen.write(String(decoding: bytes, as: UTF8.self))
        shown = screen.text
        if shown == wanted { break }
      }
      return shown
    }
  }
}
