import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What of the machine can be reached: every opening of a file, a folder, a program or a plugin asks here.
///
/// Without `--safe` everything is allowed that the system allows. With it a script reads what lies in some folders,
/// links resolved, and that is all. Once it is set for a process, it stays.
enum Confinement {
  /// On whose word something is opened.
  enum Wish: Sendable {
    /// A statement's, or what serves its writing.
    case session
    /// That of the person who started the program: a FILE of the command line; or the program's own, for a fact about
    /// the machine. It is for reading alone.
    case starter
  }

  /// What `--safe` takes away.
  enum Rule: Sendable, Equatable {
    case reading, writing, programs, plugins

    var message: String {
      switch self {
      case .reading:
        "--safe reads nothing outside \(Confinement.folders.map { "\"\($0)\"" }.joined(separator: ", "))"
      case .writing: "--safe writes nothing"
      case .programs: "--safe starts no programs"
      case .plugins: "--safe loads no plugins"
      }
    }
  }

  private static let state = Mutex<[String]?>(nil)

  static var isOn: Bool { state.withLock { $0 != nil } }

  /// What may be read from.
  static var folders: [String] { state.withLock { $0 ?? [] } }

  /// From now on only these folders can be read, which are real paths; there is no way back.
  static func begin(_ folders: [String]) {
    state.withLock { if $0 == nil { $0 = folders } }
  }

  /// Why something other than a file can't be reached.
  static func obstacle(_ rule: Rule) -> ErrorNumber? { isOn ? ErrorNumber(rule) : nil }

  /// The path to open in a path's place, without any link on it.
  static func way(to path: String, _ flags: Int32, _ wish: Wish) -> Result<String, ErrorNumber> {
    guard let folders = state.withLock({ $0 }) else { return .success(path) }
    if flags & O_ACCMODE != O_RDONLY || flags & (O_CREAT | O_TRUNC) != 0 { return .failure(ErrorNumber(.writing)) }
    if wish == .starter { return .success(path) }
    let target = System.target(of: path)
    let (folder, name) = Path.split(target)
    // What isn't there is nowhere but in a folder that is.
    let real =
      System.real(target)
      ?? (name == ".." || name == "." ? nil : System.real(folder.isEmpty ? "." : folder).map { $0 + "/" + name })
    guard let real, folders.contains(where: { lies(real, in: $0) }) else { return .failure(ErrorNumber(.reading)) }
    return .success(real)
  }

  /// Byte by byte: two spellings of a letter are two folders.
  private static func lies(_ path: String, in folder: String) -> Bool {
    let bytes = path.utf8
    return bytes.elementsEqual(folder.utf8) || bytes.starts(with: (folder == "/" ? "/" : folder + "/").utf8)
  }

  /// Whether a file that was opened is the one that its path leads to: a link may have been put there meanwhile.
  static func isUnmoved(_ descriptor: Int32, _ path: String) -> Bool {
    guard isOn else { return true }
    var (opened, found) = (stat(), stat())
    return unsafe fstat(descriptor, &opened) == 0 && lstat(path, &found) == 0 && opened.st_dev == found.st_dev
      && opened.st_ino == found.st_ino && System.real(path) == path
  }
}

extension ErrorNumber {
  fileprivate init(_ rule: Confinement.Rule) { self.init(code: EACCES, rule: rule) }
}
