import Files
import Language
import Syntax

extension FileAccess {
  /// The files of this machine.
  package static let disk: FileAccess = {
    var access = FileAccess(read: { path throws(Diagnostic) in try text(ofFile: path) })
    access.write = { path, text throws(Diagnostic) in
      if let failure = System.replace(file: Path.expanded(path), with: text.utf8, mode: 0o644) {
        throw Diagnostic("cannot write \"\(path)\": \(failure.message)")
      }
    }
    access.bytes = { path throws(Diagnostic) in
      switch System.bytes(ofFile: Path.expanded(path)) {
      case .failure(let error): throw unopened(path, error)
      case .success(let bytes): return bytes
      }
    }
    access.save = { path, pieces throws(Diagnostic) in
      if let failure = System.replace(file: Path.expanded(path), withPieces: pieces) {
        throw Diagnostic("cannot write \"\(path)\": \(failure.message)")
      }
    }
    access.draw = { graph, path throws(Diagnostic) in try Graphviz.draw(graph, to: path) }
    access.makeFolder = { path throws(Diagnostic) in
      if let failure = System.makeFolder(at: Path.expanded(path)) {
        throw Diagnostic("cannot make the folder \"\(path)\": \(failure.message)")
      }
    }
    return access
  }()

  private static func text(ofFile path: String) throws(Diagnostic) -> String {
    switch System.contents(ofFile: Path.expanded(path)) {
    case .failure(let error): throw unopened(path, error)
    case .success(let bytes):
      do throws(ProgramText.Flaw) {
        return try ProgramText.decoded(bytes)
      } catch {
        throw Diagnostic("cannot read \"\(path)\": \(error.message) (line \(error.line), column \(error.column))")
      }
    }
  }

  private static func unopened(_ path: String, _ error: ErrorNumber) -> Diagnostic {
    Diagnostic("cannot open \"\(path)\": \(error.message)", help: Path.near(path).map { "\"\($0)\" is there" })
  }
}

/// Where files are.
enum Path {
  /// `~` at the start is the home folder.
  static func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = System.environment("HOME") else { return path }
    return home + path.dropFirst()
  }

  /// Everything up to the last slash, and what follows it.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  /// A file in the same folder with nearly the same name.
  static func near(_ path: String) -> String? {
    let (folder, name) = split(path)
    let names = System.names(inFolder: folder.isEmpty ? "." : expanded(folder)).filter { $0 != name }
    return Spelling.nearest(to: name, among: names.sorted()).map { folder + $0 }
  }

  /// A file of ours in one of the XDG folders.
  static func ours(_ name: String, in variable: String, else fallback: String) -> String? {
    if let folder = System.environment(variable), folder.hasPrefix("/") { return "\(folder)/gradus/\(name)" }
    return System.environment("HOME").map { "\($0)/\(fallback)/gradus/\(name)" }
  }

  static var history: String? {
    if let file = System.environment("GRADUS_HISTORY") { return expanded(file) }
    return ours("history", in: "XDG_STATE_HOME", else: ".local/state")
  }

  /// Where sessions that run leave their statements.
  static var journals: String? { ours("sessions", in: "XDG_STATE_HOME", else: ".local/state") }

  static var initFile: String? { ours("init.grad", in: "XDG_CONFIG_HOME", else: ".config") }
}
