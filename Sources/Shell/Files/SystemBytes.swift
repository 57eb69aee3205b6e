import Files
import Language
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Files that are more than text.
extension System {
  /// From this size on a file isn't read before it is known which part of it is needed.
  private static let largeSize = 1 << 22

  /// What a file holds.
  ///
  /// Nothing is mapped: where somebody else makes it shorter, what is missing can be told.
  static func bytes(ofFile path: String) -> Result<ByteSource, ErrorNumber> {
    open(path, O_RDONLY).flatMap { bytes(of: OpenFile($0)) }
  }

  private static func bytes(of file: OpenFile) -> Result<ByteSource, ErrorNumber> {
    let descriptor = file.descriptor
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return .failure(ErrorNumber(code: errno)) }
    if status.st_mode & S_IFMT == S_IFDIR { return .failure(ErrorNumber(code: EISDIR)) }
    // A device may never end.
    if status.st_mode & S_IFMT == S_IFCHR { return .failure(ErrorNumber(code: ENODEV)) }
    let count = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG, count >= largeSize else {
      return contents(of: descriptor, limit: .max).map { ByteSource(Bytes($0)) }
    }
    return .success(
      unsafe ByteSource(count: count) { place, buffer throws(Refusal) in
        switch unsafe file.read(buffer, at: place) {
        case .failure(let error): throw Refusal(error.message)
        case .success(let count): return count
        }
      })
  }

  /// A descriptor that is closed with its last owner.
  private final class OpenFile: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Bytes from a place on: fewer only at the end.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at place: Int) -> Result<Int, ErrorNumber> {
      var done = 0
      while done < buffer.count, let base = buffer.baseAddress {
        let count = unsafe pread(descriptor, base + done, buffer.count - done, off_t(place + done))
        if count > 0 {
          done += count
        } else if count == 0 {
          break
        } else if errno != EINTR || Interrupt.isRequested {
          return .failure(ErrorNumber(code: errno))
        }
      }
      return .success(done)
    }
  }

  static func write(_ piece: Bytes, to descriptor: Int32, isWanted: () -> Bool = { true }) -> ErrorNumber? {
    unsafe piece.withUnsafePointer { base in
      unsafe write(UnsafeRawBufferPointer(start: base, count: piece.count), to: descriptor, isWanted: isWanted)
    }
  }
}
