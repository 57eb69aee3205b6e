import Shell

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How long the console at a terminal takes from a pressed key to the last byte of the redrawn line.
enum KeyPress {
  /// The word that makes this program the console.
  private static let console = "--console"
  private static let quiet: Int32 = 15

  /// Measured on the other end of a pseudo-terminal, this program being the console on it.
  static func becomeConsoleIfAsked() {
    guard CommandLine.arguments.dropFirst().first == console else { return }
    Gradus(arguments: Array(CommandLine.arguments.dropFirst(2))).end()
  }

  /// The median and the slowest, in seconds, with so many names defined and a line of 60 characters.
  static func latency(names: Int, keys: Int = 300) -> (median: Double, slowest: Double)? {
    var ends: (Int32, Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    var size = winsize(ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
    guard unsafe openpty(&ends.0, &ends.1, &name, nil, &size) == 0 else { return nil }
    defer { close(ends.0) }
    close(ends.1)
    let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let code = (0..<names).map { "name\($0) = rand(20, 20)" }.joined(separator: "\n")
    guard let child = start(["-q", "-i", "-e", code], on: path) else { return nil }
    defer {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    let line = "y = relu(name1 @ name2 + name3) * sigmoid(name4 - name500) /"
    _ = answer(from: ends.0, within: 5000)
    for key in line.utf8 { _ = redraw(after: key, ends.0) }
    // A character and its removal in turn; the preview changes with each.
    let times = (0..<keys).compactMap { redraw(after: $0 % 2 == 0 ? UInt8(ascii: "2") : 0x7F, ends.0) }.sorted()
    guard times.count == keys else { return nil }
    return (times[keys / 2], times[keys - 1])
  }

  private static func redraw(after key: UInt8, _ terminal: Int32) -> Double? {
    let start = ContinuousClock.now
    guard unsafe write(terminal, [key], 1) == 1, let end = answer(from: terminal, within: 1000) else { return nil }
    let (seconds, attoseconds) = (end - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// When the last byte came, after which all was quiet.
  private static func answer(from terminal: Int32, within patience: Int32) -> ContinuousClock.Instant? {
    var last: ContinuousClock.Instant?
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var ready = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&ready, 1, last == nil ? patience : quiet) > 0, unsafe read(terminal, &bytes, bytes.count) > 0
      else { return last }
      last = .now
    }
  }

  /// This program as the console, in a session of its own, without files of the person who runs it.
  private static func start(_ arguments: [String], on terminal: String) -> pid_t? {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let ownSession: Int32 = 0x0400
    #else
      var actions = unsafe posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
      let ownSession: Int32 = 0x80
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for stream in 0..<Int32(3) { unsafe posix_spawn_file_actions_addopen(&actions, stream, terminal, O_RDWR, 0) }
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setflags(&attributes, Int16(ownSession))
    let program = CommandLine.arguments[0]
    let environment: [String] = ["TERM=xterm", "LANG=C.UTF-8"]
    var words = unsafe ([program, console] + arguments).map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var child = pid_t()
    return unsafe posix_spawn(&child, program, &actions, &attributes, &words, &variables) == 0 ? child : nil
  }
}
