#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The built program, running.
package final class Child {
  /// Beside the tests.
  package static var executable: String {
    let tests = CommandLine.arguments[0]
    return (tests.lastIndex(of: "/").map { String(tests[...$0]) } ?? "./") + "gradus"
  }

  private let identifier: pid_t
  private var hasEnded = false

  /// With the three standard streams each opened from a path, in a session of its own.
  ///
  /// - Parameters:
  ///   - limit: the 512-byte blocks that a file may have.
  ///   - directory: where it runs; here, if there is none.
  ///   - program: another build of it.
  package init?(
    _ arguments: [String], streams: [(path: String, flags: Int32)], environment: [String: String], limit: Int? = nil,
    directory: String? = nil, by program: String? = nil
  ) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
      unsafe posix_spawn_file_actions_addopen(&actions, Int32(number), stream.path, stream.flags, 0o600)
    }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    #if canImport(Darwin)
      let ownSession: Int32 = 0x0400
    #else
      let ownSession: Int32 = 0x80
    #endif
    unsafe posix_spawnattr_setflags(&attributes, Int16(ownSession | Int32(POSIX_SPAWN_SETSIGMASK)))
    // Threads of the tests block the signals that a terminal sends.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    let steps = [limit.map { "ulimit -f \($0)" }, directory.map { "cd '\($0)'" }].compactMap { $0 }
    let shell = ["/bin/sh", "-c", (steps + ["exec \"$0\" \"$@\""]).joined(separator: " && ")]
    let line = (steps.isEmpty ? [] : shell) + [program ?? Self.executable] + arguments
    var words = unsafe line.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var identifier = pid_t()
    guard unsafe posix_spawn(&identifier, line[0], &actions, &attributes, &words, &variables) == 0 else {
      return nil
    }
    self.identifier = identifier
  }

  /// Sends it a signal.
  package func signal(_ number: Int32) { _ = kill(identifier, number) }

  /// Waits for its end, a minute at most: the status, or 128 and the number of the signal that ended it.
  package func status() -> Int32 {
    var status: Int32 = 0
    for _ in 0..<30_000 {
      hasEnded = unsafe waitpid(identifier, &status, WNOHANG) == identifier
      if hasEnded { break }
      usleep(2000)
    }
    guard hasEnded else { return -1 }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  deinit {
    guard !hasEnded else { return }
    #if canImport(Darwin)
      _ = Darwin.kill(identifier, SIGKILL)
    #else
      _ = Glibc.kill(identifier, SIGKILL)
    #endif
    waitpid(identifier, nil, 0)
  }

  /// Runs to the end with some input.
  package static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:], limit: Int? = nil,
    in place: Folder? = nil, by program: String? = nil
  ) throws -> (status: Int32, output: String, errors: String) {
    let folder = try Folder()
    let read = folder.write("in", input)
    let write = O_WRONLY | O_CREAT | O_TRUNC
    let streams = [(read, O_RDONLY), (folder.path + "/out", write), (folder.path + "/err", write)]
    let child = Child(
      arguments, streams: streams, environment: environment.merging(["HOME": folder.path]) { $1 }, limit: limit,
      directory: place?.path, by: program)
    guard let child else { throw Folder.Refused() }
    let status = child.status()
    return (status, folder.contents(of: "out") ?? "", folder.contents(of: "err") ?? "")
  }
}
