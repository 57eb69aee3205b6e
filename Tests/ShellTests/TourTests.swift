import Foundation
import TestSupport
import Testing

/// A recorded tour: keys, and the screen that each of them leads to.
///
/// With GRADUS_BLESS in the environment the recordings in Tests/Tours are made anew; read the difference.
@Suite struct TourTests {
  private static let restart = "(killed and started again)"
  private static let viKeys = "(left and started again, with bind -v in ~/.editrc)"
  private static let up = "\u{1B}[A"
  private static let right = "\u{1B}[C"

  private static func paste(_ text: String) -> String { "\u{1B}[200~\(text)\u{1B}[201~" }

  private static let keys = lineEditor + keeping + pictures + understanding + help + lost + vi

  private static let lineEditor = [
    "w = weights(3, 2)\r", "x = [[0.5, 0.5, 0.4]]\r",
    // Shapes while a line is typed.
    "y = x @ w", "\r", "w @ w", "\u{15}",
    // Completion: names with their shapes, keyword arguments, commands, files in quotes, signs.
    "we\t\t", "\u{15}", "train(y, ste\t", "\u{15}", ":shap\t", "\u{15}", "load(\"~/num\t", ")\r", "\\alpha\t = 2\r",
    // Older lines: by what they begin with, by what they contain, several lines as one.
    "w = weights(4, 2);\r", "w = weights(3, 2)\r", "w =\(up)\(up)", "\u{1B}[B", "\u{15}", "\u{12}eig", "\u{12}",
    "\u{7}",
    "f(a) = {\r", "b = a * 2\r", "b + 1 }\r", "\(up)", "\(up)\(right)\(right)\u{7F}3", "\r", "f(1)\r",
    // Pastes: a block, and a transcript with its prompts and answers.
    paste("p = 1\nq = [p,\n     2]\nq * 3"), "\r", paste("> 1 + 1\n2\n> (2 +\n… 2)\n4"), "\r",
    "(never mind", "\u{3}", "(\r", "\r",
  ]

  private static let keeping = [
    "w[0, 0] = 9\r", ":diff w\r", ":undo\r", ":redo\r", ":undo\r", ":history 3\r", ":save ~/t.session\r", "w = 0\r",
    ":load ~/t.session\r", "w\r",
  ]

  private static let pictures = [
    "m = mask([[0, 1], [1, 0], [0, 1]])\r", "heat(w * m)\r", "spy(w * m)\r", "plot(sin(linspace(0, 9, 100)))\r",
    "hist(w, bins=6, rows=4)\r", "loss := mse(relu(x @ (w * m)), [[1, 1]])\r", ":graph loss\r",
    ":export dot loss ~/loss.dot\r", ":export svg loss ~/loss.svg\r",
    // Too much for the screen: what is hidden is said, with a summary.
    "r = randn(300, 100)\r", "r\r", "rand(2, 2, 3)\r", "[1e-9, 1, 123456; nan, inf, 0.5]\r",
  ]

  private static let understanding = [
    "grad(loss, w)\r", ":why grad(loss, w)[0, 0]\r", ":shapes relu(x @ (w * m))\r", "x @ ?\r", "x @ ? + [1, 2]\r",
    ":cost loss\r", "[1, 2, 3] - [[1], [2]]\r", "p = log(-1)\r", "p * 2\r", "x @ x\r", "rleu(x)\r",
    ":set watch w\r", "w += 1\r", ":set watch off\r", ":vars\r",
    ":slide x[0, 1] from 0 to 1\r", "\u{1B}[B", right, "\u{1B}", ":slide w[0, 0]\r", up + up, "\r", ":undo\r",
    ":learn\r", ":learn hint\r", "a = [1, 2; 3, 4]\r", "a @ a\r", ":learn stop\r",
  ]

  private static let help = [":help\r", ":help sessions\r", "?relu\r", ":help rleu\r"]
  private static let lost = [restart, ":restore\r", "w\r", "rand(2)\r"]

  private static let vi = [
    viKeys, "first = 1 + 2\r", "first = 3", "\u{1B}", "0cw", "second", "\u{1B}", "A4", "\r", "\u{1B}", "k", "k\r",
  ]

  @Test(
    .slow,
    arguments: [
      ("80x24", 80, 24, "C.UTF-8"), ("120x40", 120, 40, "C.UTF-8"), ("80x24-ascii", 80, 24, "C"),
      ("120x40-ascii", 120, 40, "C"),
    ])
  func screensAreAsRecorded(name: String, columns: Int, rows: Int, locale: String) throws {
    let isBlessing = ProcessInfo.processInfo.environment["GRADUS_BLESS"] != nil
    let file = Checkout.root.appendingPathComponent("Tests/Tours/\(name).txt")
    let recorded = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let screens = Self.screens(of: recorded)
    let folder = try Folder()
    _ = folder.write("numbers.csv", "1,2\n3,4\n")
    // The larger ones with colours, which the recording shows.
    let isColored = columns == 120
    var place = try Stage(folder, columns, rows, locale, isColored: isColored)
    var made = ""
    var goesOn = true
    for (number, keys) in ([""] + Self.keys).enumerated() {
      if keys == Self.restart {
        place.end()
        place = try Stage(folder, columns, rows, locale, isColored: isColored)
      } else if keys == Self.viKeys {
        place.terminal.type("\u{4}")
        place.end(afterwards: true)
        _ = folder.write(".editrc", "bind -v\n")
        place = try Stage(folder, columns, rows, locale, isColored: isColored)
      } else {
        // Each on a cleared screen, unless it goes on with a line.
        place.terminal.type((goesOn ? "" : "\u{C}") + keys)
      }
      goesOn = !keys.hasSuffix("\r") || keys == "(\r"
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
    let names: [Character: String] = [
      "\r": "⏎", "\t": "⇥", "\u{15}": "^U", "\u{12}": "^R", "\u{7}": "^G", "\u{3}": "^C", "\u{7F}": "⌫",
      "\u{1B}": "␛", "\n": "↵",
    ]
    return keys.map { names[$0] ?? String($0) }.joined()
  }

  /// The program at a terminal, and the screen there.
  private final class Stage {
    let terminal: PseudoTerminal
    private var child: Child?
    private var bytes: [UInt8] = []
    private var emulator: Screen

    init(_ folder: Folder, _ columns: Int, _ rows: Int, _ locale: String, isColored: Bool) throws {
      emulator = Screen(columns: columns, rows: rows)
      terminal = try PseudoTerminal(columns: UInt16(columns), rows: UInt16(rows))
      var environment = ["LC_ALL": locale]
      if !isColored { environment["NO_COLOR"] = "1" }
      child = terminal.child(["--no-init"], home: folder, environment)
    }

    /// At once, or once it has ended by itself.
    func end(afterwards: Bool = false) {
      if afterwards { _ = child?.status() }
      child = nil
    }

    /// The screen once it is the one wanted, or once nothing more comes.
    func screen(_ wanted: String?) -> String {
      var quiet = 0
      var shown = ""
      while quiet < (wanted == nil ? 6 : 100) {
        let more = terminal.receive()
        quiet = more.isEmpty ? quiet + 1 : 0
        bytes += more
        // A character may come in two parts.
        if let text = String(validating: bytes, as: UTF8.self) {
          emulator.write(text)
          bytes = []
        }
        shown = emulator.text
        if shown == wanted { break }
      }
      return shown
    }
  }
}
