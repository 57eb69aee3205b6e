import Files

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files that are more than text.
extension System {
  /// From this size on a file is mapped, not read.
  private static let mappedSize = 1 << 22

  /// A file's bytes, mapped where they are many.
  static func bytes(ofFile path: String) -> Result<Bytes, ErrorNumber> {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(ErrorNumber(code: errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return .failure(ErrorNumber(code: errno)) }
    if status.st_mode & S_IFMT == S_IFDIR { return .failure(ErrorNumber(code: EISDIR)) }
    // A device may never end.
    if status.st_mode & S_IFMT == S_IFCHR { return .failure(ErrorNumber(code: ENODEV)) }
    let count = Int(status.st_size)
    if status.st_mode & S_IFMT == S_IFREG, count >= mappedSize {
      let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
      if let address = unsafe address, unsafe address != MAP_FAILED {
        unsafe madvise(address, count, MADV_SEQUENTIAL)
        nonisolated(unsafe) let base = unsafe address
        return .success(unsafe Bytes(mapped: base, count: count) { unsafe munmap(base, count) })
      }
    }
    return contents(of: descriptor, limit: .max).map(Bytes.init)
  }

  /// Makes one folder, unless it is there.
  static func makeFolder(at path: String) -> ErrorNumber? {
    if isFolder(path) { return nil }
    return unsafe mkdir(path, 0o755) == 0 ? nil : ErrorNumber(code: errno)
  }

  /// Puts pieces in the place of a regular file, or leaves the old one as it was.
  static func replace(file path: String, withPieces pieces: [Bytes]) -> ErrorNumber? {
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      return ErrorNumber(code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : ENODEV)
    }
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return ErrorNumber(code: errno) }
    var failure: ErrorNumber?
    for piece in pieces where failure == nil { failure = write(piece, to: descriptor) }
    if close(descriptor) != 0, failure == nil { failure = ErrorNumber(code: errno) }
    if failure == nil, unsafe rename(temporary, path) != 0 { failure = ErrorNumber(code: errno) }
    if failure != nil { unsafe unlink(temporary) }
    return failure
  }

  private static func write(_ piece: Bytes, to descriptor: Int32) -> ErrorNumber? {
    unsafe piece.withUnsafePointer { base in
      var done = 0
      while done < piece.count {
        let rest = min(piece.count - done, 1 << 30)
        #if canImport(Darwin)
          let count = unsafe Darwin.write(descriptor, base + done, rest)
        #else
          let count = unsafe Glibc.write(descriptor, base + done, rest)
        #endif
        if count >= 0 { done += count } else if errno != EINTR { return ErrorNumber(code: errno) }
      }
      return nil
    }
  }
}
