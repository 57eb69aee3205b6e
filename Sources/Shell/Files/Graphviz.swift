import Language
import Syntax

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Graphviz, where it is installed: a program that draws graphs.
enum Graphviz {
  /// Puts the picture of a graph in the place of a file, or leaves the old one as it was.
  static func draw(_ graph: String, to path: String) throws(Diagnostic) {
    let place = Path.expanded(path)
    let (source, picture) = ("\(place).\(getpid()).dot", "\(place).\(getpid()).png")
    defer {
      unsafe unlink(source)
      unsafe unlink(picture)
    }
    if let failure = System.replace(file: source, with: graph.utf8, mode: 0o600) {
      throw Diagnostic("cannot write \"\(path)\": \(failure.message)")
    }
    switch System.run(["dot", "-Tpng", "-o", picture, source]) {
    case .failure(ErrorNumber(code: ENOENT)):
      throw Diagnostic(
        "a PNG needs Graphviz, and there is no 'dot' here",
        help: "install graphviz, or :export svg, which needs nothing")
    case .failure(let error): throw Diagnostic("Graphviz cannot be run: \(error.message)")
    case .success(let (status, text)) where status != 0:
      let reason = text.split(separator: "\n").first.map { ": \($0)" } ?? ""
      throw Diagnostic("Graphviz could not draw the graph" + reason, help: ":export svg needs no Graphviz")
    case .success: break
    }
    if unsafe rename(picture, place) != 0 {
      throw Diagnostic("cannot write \"\(path)\": \(ErrorNumber(code: errno).message)")
    }
  }
}

extension System {
  /// Runs a program found in `PATH` to its end, without input: its status and all that it says.
  static func run(_ words: [String]) -> Result<(status: Int32, text: String), ErrorNumber> {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return .failure(ErrorNumber(code: errno)) }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (started, child) = start(words, output: ends[1])
    close(ends[1])
    guard started == 0 else { return .failure(ErrorNumber(code: started)) }
    let said = contents(of: ends[0])
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    let ended = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    return said.map { (ended, String(decoding: $0, as: UTF8.self)) }
  }

  private static func start(_ words: [String], output: Int32) -> (status: Int32, child: pid_t) {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // Work is done with all signals blocked: the program is to hear Ctrl-C.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child = pid_t()
    let status = unsafe posix_spawnp(&child, words[0], &actions, &attributes, &arguments, environ)
    return (status, child)
  }
}
