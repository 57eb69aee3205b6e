import Language

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the operating system is asked for, in plain Swift.
enum System {
  /// The value of an environment variable; an empty one counts as unset.
  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Nanoseconds of a clock that only goes forward.
  static func nanoseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// Seconds since 1970.
  static func secondsSince1970() -> Int { time(nil) }

  /// "no such file", "permission denied": a cause in the words of an error's last clause.
  static func message(of code: Int32) -> String {
    switch code {
    case ENOENT: return "no such file"
    case EISDIR: return "it is a directory"
    case ENODEV: return "it is a device, not a file"
    case EACCES, EPERM: return "permission denied"
    case EMLINK: return "it is a file elsewhere too (a hard link)"
    case EFBIG: return "it is too large"
    case ENXIO: return "nobody is at its other end"
    case EINTR: return "interrupted"
    default:
      guard let text = unsafe strerror(code) else { return "error \(code)" }
      let message = unsafe String(cString: text)
      return message.prefix(1).lowercased() + message.dropFirst()
    }
  }

  /// Longer texts are not read.
  static let longestText = 256 << 20

  /// Everything that can be read from a descriptor, or the error number.
  static func contents(of descriptor: Int32, limit: Int = longestText) -> Result<[UInt8], ErrorNumber> {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let failure = waitForBytes(from: descriptor) { return .failure(failure) }
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count > 0 {
        bytes.append(contentsOf: chunk[..<count])
        if bytes.count > limit { return .failure(ErrorNumber(code: EFBIG)) }
      } else if count == 0 {
        return .success(bytes)
      } else if errno != EINTR && errno != EAGAIN {
        return .failure(ErrorNumber(code: errno))
      }
    }
  }

  static func contents(
    ofFile path: String, limit: Int = longestText, as wish: Confinement.Wish = .session
  ) -> Result<[UInt8], ErrorNumber> {
    open(path, O_RDONLY, as: wish).flatMap { descriptor in
      defer { close(descriptor) }
      return contents(of: descriptor, limit: limit)
    }
  }

  /// Waits until there is something to read, or the end; EINTR once an interrupt is asked for.
  static func waitForBytes(from descriptor: Int32) -> ErrorNumber? {
    while true {
      if Interrupt.isRequested { return ErrorNumber(code: EINTR) }
      var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&end, 1, 20) > 0 { return nil }
    }
  }

  /// Writes all bytes; the error number if that fails.
  static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32, waiting: Waiting = .always) -> ErrorNumber? {
    unsafe ContiguousArray(bytes).withUnsafeBytes { unsafe write($0, to: descriptor, waiting: waiting) }
  }

  /// The same terminal as a descriptor that never waits; the descriptor itself where there is none.
  static func unblocked(_ descriptor: Int32) -> Int32 {
    let own = terminal(of: descriptor)
    guard own >= 0 else { return descriptor }
    _ = fcntl(own, F_SETFL, fcntl(own, F_GETFL) | O_NONBLOCK)
    return own
  }

  /// How long a write goes on although an interrupt is asked for.
  enum Waiting {
    case always, shortly, never
  }

  /// Waits where the other end can't take more at once; EINTR where an interrupt was asked for first, ECANCELED where
  /// nobody wants it any more.
  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, waiting: Waiting = .always, isWanted: () -> Bool = { true }
  ) -> ErrorNumber? {
    var status = stat()
    let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    // What a pipe takes in one piece, or a terminal has room for, is written without waiting.
    let most = isFile ? 1 << 20 : 1 << 12
    let start = nanoseconds()
    var done = 0
    while done < bytes.count {
      if Interrupt.isRequested, waiting == .never || waiting == .shortly && nanoseconds() - start > 500_000_000 {
        return ErrorNumber(code: EINTR)
      }
      if !isWanted() { return ErrorNumber(code: ECANCELED) }
      if !isFile {
        var end = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&end, 1, 20) > 0 else { continue }
      }
      let count = unsafe some(of: UnsafeRawBufferPointer(rebasing: bytes[done...].prefix(most)), to: descriptor)
      if count >= 0 {
        done += count
      } else if errno != EINTR && errno != EAGAIN {
        return ErrorNumber(code: errno)
      }
    }
    return nil
  }

  /// Waits a moment for whoever reads a pipe to have done so, and to show it.
  static func waitForReader(of descriptor: Int32) {
    var waiting: Int32 = 0
    for _ in 0..<25 {
      guard unsafe ioctl(descriptor, UInt(FIONREAD), &waiting) == 0, waiting > 0 else { break }
      usleep(4_000)
    }
  }

  private static func some(of bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }

  /// When a file was last written to, in nanoseconds since 1970; 0 if it can't be told.
  static func modified(_ path: String) -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return 0 }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// A file's length in bytes; 0 if it can't be told.
  static func size(_ path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// A plain file, no device and no folder.
  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

/// An `errno`, as an error.
struct ErrorNumber: Error, Equatable {
  var code: Int32
  /// It tells of the folder that a file was to lie in.
  var isOfFolder = false
  /// It isn't the system that is in the way.
  var rule: Confinement.Rule?

  var message: String {
    if let rule { return rule.message }
    return switch (code, isOfFolder) {
    case (ENOENT, true): "no such folder"
    case (EACCES, true), (EPERM, true): "its folder may not be written to"
    default: System.message(of: code)
    }
  }
}
