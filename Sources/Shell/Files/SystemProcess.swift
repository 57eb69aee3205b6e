#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

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
