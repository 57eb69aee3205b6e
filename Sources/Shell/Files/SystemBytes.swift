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
    let descriptor: Int32
    switch opened(path) {
    case .failure(let error): return .failure(error)
    case .success(let number): descriptor = number
    }
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

  static func write(_ piece: Bytes, to descriptor: Int32) -> ErrorNumber? {
    unsafe piece.withUnsafePointer { base in
      unsafe write(UnsafeRawBufferPointer(start: base, count: piece.count), to: descriptor)
    }
  }
}
