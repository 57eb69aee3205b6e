#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What is known about the terminal, if there is one, and what it can show.
package struct Terminal: Sendable {
  /// `--color`.
  package enum ColorChoice: String, Sendable, CaseIterable {
    case auto, always, never
  }

  /// What the environment says; tests give their own.
  package var environment: @Sendable (String) -> String?
  package var isInputTerminal: Bool
  package var isOutputTerminal: Bool
  package var isErrorTerminal: Bool

  package init(
    environment: @escaping @Sendable (String) -> String?, isInputTerminal: Bool, isOutputTerminal: Bool,
    isErrorTerminal: Bool
  ) {
    self.environment = environment
    self.isInputTerminal = isInputTerminal
    self.isOutputTerminal = isOutputTerminal
    self.isErrorTerminal = isErrorTerminal
  }

  /// The one this program runs in.
  package init() {
    self.init(
      environment: { System.environment($0) }, isInputTerminal: isatty(STDIN_FILENO) == 1,
      isOutputTerminal: isatty(STDOUT_FILENO) == 1, isErrorTerminal: isatty(STDERR_FILENO) == 1)
  }

  /// Without cursor movement, colours or pastes that announce themselves; so is one that nobody has described.
  package var isDumb: Bool { environment("TERM").map { $0 == "dumb" || !isKnown($0) } ?? true }

  /// Whether there is a description of a kind of terminal, or no need of one.
  private func isKnown(_ name: String) -> Bool {
    let families = ["xterm", "screen", "tmux", "linux", "vt", "rxvt", "ansi", "alacritty", "foot", "kitty", "konsole"]
    if families.contains(where: { name.hasPrefix($0) }) { return true }
    guard let first = name.utf8.first, !name.contains("/") else { return false }
    let own = [environment("TERMINFO"), environment("HOME").map { $0 + "/.terminfo" }].compactMap { $0 }
    let listed = (environment("TERMINFO_DIRS") ?? "").split(separator: ":").map(String.init)
    let usual = [
      "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo", "/usr/local/share/terminfo",
    ]
    return (own + listed + usual).contains { folder in
      [String(name.prefix(1)), String(first, radix: 16)].contains { System.isFile("\(folder)/\($0)/\(name)") }
    }
  }

  /// `--color` decides, then `NO_COLOR`, then `CLICOLOR_FORCE` or `FORCE_COLOR`, then the terminal.
  package func isColored(_ choice: ColorChoice, isTerminal: Bool) -> Bool {
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      if environment("NO_COLOR") != nil { return false }
      if let force = environment("CLICOLOR_FORCE") ?? environment("FORCE_COLOR"), force != "0" { return true }
      return isTerminal && !isDumb
    }
  }

  /// Only ASCII: a locale without UTF-8, or a terminal of which nothing is known.
  package var isASCII: Bool {
    guard let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") else {
      return isOutputTerminal
    }
    let name = locale.lowercased()
    return !name.hasSuffix("utf-8") && !name.hasSuffix("utf8") && !name.contains(".utf-8@") && !name.contains(".utf8@")
  }

  /// Columns and rows of the screen: `COLUMNS` and `LINES` if set, else what the terminal says, else 80×24.
  package var size: (columns: Int, rows: Int) {
    var size = winsize()
    let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
    func extent(_ name: String, _ measured: UInt16, _ usual: Int) -> Int {
      if let given = environment(name).flatMap({ Int($0) }), given > 0 { return given }
      return isKnown ? Int(measured) : usual
    }
    return (extent("COLUMNS", size.ws_col, 80), extent("LINES", size.ws_row, 24))
  }
}
