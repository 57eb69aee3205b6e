import Files

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension System {
  /// What a program left when it ended.
  struct Ended {
    /// As a shell gives it: 128 and more for a signal.
    var status: Int32
    var output: [UInt8]
    var errors: String
  }

  /// Runs a program found in `PATH` to its end.
  static func run(_ words: [String], input: Bytes) -> Result<Ended, ErrorNumber> {
    if let obstacle = Confinement.obstacle(.programs) { return .failure(obstacle) }
    var streams: [Int32] = []
    defer { streams.forEach { close($0) } }
    for _ in 0..<3 {
      switch namelessFile() {
      case .failure(let error): return .failure(error)
      case .success(let descriptor): streams.append(descriptor)
      }
    }
    if let failure = write(input, to: streams[0]) { return .failure(failure) }
    lseek(streams[0], 0, SEEK_SET)
    let (started, child) = start(words, streams)
    guard started == 0 else { return .failure(ErrorNumber(code: started)) }
    let ended = end(of: child)
    for stream in streams { lseek(stream, 0, SEEK_SET) }
    return contents(of: streams[1]).flatMap { output in
      contents(of: streams[2]).map { Ended(status: ended, output: output, errors: String(decoding: $0, as: UTF8.self)) }
    }
  }

  /// Runs a program found in `PATH` to its end, which has the terminal meanwhile; its status.
  static func run(atTerminal words: [String], input: Bytes) -> Result<Int32, ErrorNumber> {
    if let obstacle = Confinement.obstacle(.programs) { return .failure(obstacle) }
    switch namelessFile() {
    case .failure(let error): return .failure(error)
    case .success(let descriptor):
      defer { close(descriptor) }
      if let failure = write(input, to: descriptor) { return .failure(failure) }
      lseek(descriptor, 0, SEEK_SET)
      let (started, child) = start(words, [descriptor, STDOUT_FILENO, STDERR_FILENO])
      return started == 0 ? .success(end(of: child)) : .failure(ErrorNumber(code: started))
    }
  }

  /// As a shell gives it: 128 and more for a signal.
  private static func end(of child: pid_t) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

  /// A file that nobody else can find, gone once it is closed.
  private static func namelessFile() -> Result<Int32, ErrorNumber> {
    var name = Array("\(environment("TMPDIR") ?? "/tmp")/gradus.XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&name)
    guard descriptor >= 0 else { return .failure(ErrorNumber(code: errno, isOfFolder: true)) }
    unsafe unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return .success(descriptor)
  }

  private static func start(_ words: [String], _ streams: [Int32]) -> (status: Int32, child: pid_t) {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, stream, Int32(number))
    }
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
