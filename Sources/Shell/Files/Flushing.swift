#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What outlasts a loss of power.
extension System {
  /// Waits until a file has reached the disk, where its file system can tell.
  static func flush(_ descriptor: Int32) -> ErrorNumber? {
    #if canImport(Darwin)
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return nil }
    #endif
    while fsync(descriptor) != 0 {
      switch errno {
      case EINTR: continue
      case EINVAL, ENOSYS, ENOTSUP, EROFS: return nil
      default: return ErrorNumber(code: errno)
      }
    }
    return nil
  }

  /// The same for a folder's names; what is in it is there whatever becomes of this.
  static func flush(folder: String) {
    guard case .success(let descriptor) = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY) else { return }
    _ = flush(descriptor)
    close(descriptor)
  }
}
