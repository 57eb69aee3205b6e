import Text

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

  /// Where it is noted which files are being written.
  static var unfinished: String? { ours("unfinished", in: "XDG_STATE_HOME", else: ".local/state") }

  static var initFile: String? { ours("init.grad", in: "XDG_CONFIG_HOME", else: ".config") }
}
