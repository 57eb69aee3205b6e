import Language
import Syntax

/// Runs programs from beginning to end, without anyone watching.
package struct ScriptRunner {
  package var session: Session
  private let keepsGoing: Bool
  private let style: ErrorStyle
  private let print: (Output) -> Void

  package init(session: Session, keepsGoing: Bool, style: ErrorStyle, print: @escaping (Output) -> Void) {
    self.session = session
    self.keepsGoing = keepsGoing
    self.style = style
    self.print = print
  }

  /// Stops at the first statement that fails, unless told to keep going.
  package mutating func run(_ source: Source) -> ExitStatus {
    keepsGoing ? runEach(source) : runOnce(source)
  }

  private mutating func runOnce(_ source: Source) -> ExitStatus {
    do throws(Failure) {
      try session.run(source, emit: print)
      return .success
    } catch {
      print(.notice(style.text(of: error)))
      return error.isInterrupt ? .interrupted : .failure
    }
  }

  /// Each statement by itself, the others blanked out so that it keeps its place.
  private mutating func runEach(_ source: Source) -> ExitStatus {
    let program = Parser.parse(source.text)
    var status = ExitStatus.success
    if !program.diagnostics.isEmpty {
      print(.notice(style.text(of: Failure(diagnostics: program.diagnostics, source: source))))
      status = .failure
    }
    let bytes = Array(source.text.utf8)
    var blanks = bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    for statement in program.statements where !session.wantsToQuit {
      blanks.replaceSubrange(statement.range, with: bytes[statement.range])
      let alone = String(decoding: blanks[..<statement.range.upperBound], as: UTF8.self)
      blanks.replaceSubrange(statement.range, with: statement.range.map { _ in UInt8(ascii: " ") })
      let result = runOnce(Source(name: source.name, text: alone))
      if result == .interrupted { return result }
      if result != .success { status = result }
    }
    return status
  }
}
