#if canImport(Darwin)
  import Darwin
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

  /// Puts something that answers as they do in the place of standard streams that are closed, so that no file of ours
  /// is taken for one of them.
  static func occupyStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
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
    case EFBIG: return "it is too large"
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
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count > 0 {
        bytes.append(contentsOf: chunk[..<count])
        if bytes.count > limit { return .failure(ErrorNumber(code: EFBIG)) }
      } else if count == 0 {
        return .success(bytes)
      } else if errno != EINTR || Signals.isInterrupted {
        return .failure(ErrorNumber(code: errno))
      }
    }
  }

  static func contents(ofFile path: String, limit: Int = longestText) -> Result<[UInt8], ErrorNumber> {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(ErrorNumber(code: errno)) }
    defer { close(descriptor) }
    return contents(of: descriptor, limit: limit)
  }

  /// Why a file can't be opened for reading, if it can't.
  static func obstacle(toReading path: String) -> ErrorNumber? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return ErrorNumber(code: errno) }
    close(descriptor)
    return nil
  }

  /// Writes all bytes; the error number if that fails.
  static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> ErrorNumber? {
    var rest = ContiguousArray(bytes)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Self.write($0, to: descriptor) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return ErrorNumber(code: errno)
      }
    }
    return nil
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }

  /// The file that a path leads to over symbolic links; the path itself if there is none.
  static func target(of path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Puts new contents in the place of a file, or leaves the old ones as they were.
  static func replace(file path: String, with bytes: some Collection<UInt8>, mode: mode_t) -> ErrorNumber? {
    let path = target(of: path)
    var status = stat()
    let isThere = unsafe stat(path, &status) == 0
    // A device or a pipe takes what it is given.
    let isReplaced = !isThere || isFile(path)
    let written = isReplaced ? "\(path).\(getpid()).tmp" : path
    let flags = O_WRONLY | O_CLOEXEC | (isReplaced ? O_CREAT | O_TRUNC : 0)
    let descriptor = unsafe open(written, flags, isThere ? status.st_mode & 0o777 : mode)
    guard descriptor >= 0 else { return ErrorNumber(code: errno) }
    var failure = write(bytes, to: descriptor)
    if close(descriptor) != 0, failure == nil { failure = ErrorNumber(code: errno) }
    guard isReplaced else { return failure }
    if failure == nil, unsafe rename(written, path) != 0 { failure = ErrorNumber(code: errno) }
    if failure != nil { unsafe unlink(written) }
    return failure
  }

  /// The names in a folder, in no order; none if it can't be read.
  static func names(inFolder path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          unsafe String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes a folder and those it lies in, for nobody else to read.
  static func makeFolder(_ path: String) {
    var reached = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      reached += "/" + part
      unsafe mkdir(reached, 0o700)
    }
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

  var message: String { System.message(of: code) }
}
