import Files
import Language
import Refusals
import Syntax

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension FileAccess {
  /// The files of this machine.
  package static let disk: FileAccess = {
    var access = FileAccess(read: { path throws(Refusal) in try text(ofFile: path) })
    access.exists = { path in System.exists(Path.expanded(path)) }
    access.bytes = { path throws(Refusal) in
      switch System.bytes(ofFile: Path.expanded(path)) {
      case .failure(let error): throw unopened(path, error)
      case .success(let bytes): return bytes
      }
    }
    access.save = { path, pieces throws(Refusal) in
      // What was made since then may not be whole.
      if Interrupt.isRequested { throw .interrupted }
      let failure = System.replace(file: Path.expanded(path), with: pieces) { !Interrupt.isRequested }
      if let failure {
        if Interrupt.isRequested { throw .interrupted }
        throw Refusal("cannot write \"\(path)\": \(failure.message)")
      }
    }
    access.picture = { graph throws(Refusal) in try Graphviz.picture(of: graph) }
    access.rasterized = { svg throws(Refusal) in try Rasterizer.png(of: svg) }
    access.lost = { () throws(Refusal) in
      throw Refusal(
        Confinement.isOn
          ? "--safe keeps no sessions and brings none back" : "only a console keeps sessions that are lost")
    }
    access.makeFolder = { path throws(Refusal) in
      if let failure = System.makeFolder(Path.expanded(path)) {
        throw Refusal("cannot make the folder \"\(path)\": \(failure.message)")
      }
    }
    return access
  }()

  private static func text(ofFile path: String) throws(Refusal) -> String {
    switch System.contents(ofFile: Path.expanded(path)) {
    case .failure(let error): throw unopened(path, error)
    case .success(let bytes):
      do throws(ProgramText.Flaw) {
        return try ProgramText.decoded(bytes)
      } catch {
        throw Refusal("cannot read \"\(path)\": \(error.message) (line \(error.line), column \(error.column))")
      }
    }
  }

  private static func unopened(_ path: String, _ error: ErrorNumber) -> Refusal {
    if error.code == EINTR, Interrupt.isRequested { return .interrupted }
    let help =
      error.rule == nil ? Path.near(path).map { "\"\($0)\" is there" } : "gradus --safe=DIR lets a script read in DIR"
    return Refusal("cannot open \"\(path)\": \(error.message)", help: help)
  }
}
