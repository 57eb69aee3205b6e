import Language
import Refusals
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
    let program = Parser.parse(source)
    return keepsGoing ? runEach(program, in: source) : run(program, in: source)
  }

  private mutating func run(_ program: Program, in source: Source) -> ExitStatus {
    do throws(Failure) {
      try session.run(program, in: source, emit: print)
      return ExitStatus(rawValue: session.exitStatus)
    } catch {
      print(.notice(style.text(of: error)))
      return error.isInterrupt ? .interrupted : .failure
    }
  }

  private mutating func runEach(_ program: Program, in source: Source) -> ExitStatus {
    var status = ExitStatus.success
    if !program.diagnostics.isEmpty {
      print(.notice(style.text(of: Failure(diagnostics: program.diagnostics, source: source))))
      status = .failure
    }
    for statement in program.statements where !session.wantsToQuit {
      let result = run(Program(statements: [statement], diagnostics: []), in: source)
      if result == .interrupted { return result }
      if result != .success { status = result }
    }
    if session.wantsToQuit { return ExitStatus(rawValue: session.exitStatus) }
    return status
  }
}
