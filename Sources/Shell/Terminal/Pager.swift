import Files

/// Programs that show a long text by pages.
enum Pager {
  /// The one that is asked for, else those that are found everywhere.
  private static var all: [[String]] {
    let own = System.environment("PAGER").flatMap { $0.isBlank ? nil : ["sh", "-c", $0] }
    return (own.map { [$0] } ?? []) + [["less", "-R"], ["more"]]
  }

  /// Shows a text until whoever reads it has enough; false where no program can.
  static func show(_ text: String) -> Bool {
    all.contains { words in
      guard case .success(let status) = System.run(atTerminal: words, input: Bytes(Array((text + "\n").utf8))) else {
        return false
      }
      // That a shell finds no such program.
      return status != 127
    }
  }
}
