import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The real program at a terminal, for tests that type.
final class ConsoleSession {
  let folder: Folder
  let terminal: PseudoTerminal
  let child: Child
  /// What a terminal would show.
  private(set) var screen: Screen
  private var pending: [UInt8] = []
  /// What came since the last `type`, without its control sequences.
  private(set) var heard: [UInt8] = []

  init(
    columns: UInt16 = 80, rows: UInt16 = 24, environment: [String: String] = [:], folder: Folder? = nil,
    arguments: [String] = ["-q", "--no-init"], output: String? = nil
  ) throws {
    self.folder = try folder ?? Folder()
    terminal = try PseudoTerminal(columns: columns, rows: rows)
    screen = Screen(columns: Int(columns), rows: Int(rows))
    child = try #require(
      terminal.child(arguments, home: self.folder, environment, directory: self.folder.path, output: output))
    #expect(waits { $0.last == "> " || $0.last == ">" })
  }

  /// Takes what comes within a tenth of a second.
  @discardableResult func listen() -> Bool {
    let bytes = terminal.receive()
    pending += bytes
    heard += bytes
    if let text = String(validating: pending, as: UTF8.self) {
      screen.write(text)
      pending = []
    }
    return !bytes.isEmpty
  }

  var lines: [String] {
    screen.text.replacing(/‹[^›]*›/, with: "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Until the lines on the screen are as wanted; false after half a minute.
  func waits(within seconds: Double = 30, until isWanted: ([String]) -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while !isWanted(lines) {
      if ContinuousClock.now > end { return false }
      listen()
    }
    return true
  }

  /// Types, and waits until all that was typed is shown: a key that has nothing to do rings a bell.
  func type(_ text: String) {
    heard = []
    terminal.type(text)
    terminal.type("\u{E}")
    let end = ContinuousClock.now + .seconds(30)
    while !heard.contains(7), ContinuousClock.now < end { listen() }
  }

  /// Enters a line; what is on the screen between it and the next prompt.
  func answer(_ line: String) -> [String] {
    type("\u{C}")
    // The bell may have been another key's: what is looked at below must be what comes from here on.
    _ = waits(within: 2) { $0.count == 1 }
    terminal.type(line + "\r")
    _ = waits { $0.count > 1 && $0.last == ">" }
    return Array(lines.dropFirst().dropLast())
  }
}
