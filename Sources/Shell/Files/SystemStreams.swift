#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Streams between programs, which have no end that could be known beforehand.
extension System {
  /// As much as there is now, waiting for the first of it; 0 at the end, negative where `errno` says why not.
  static func readSome(of descriptor: Int32, _ chunk: inout [UInt8]) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.read(descriptor, &chunk, chunk.count)
    #else
      unsafe Glibc.read(descriptor, &chunk, chunk.count)
    #endif
  }

  static func hasInput(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&end, 1, milliseconds) > 0
  }

  /// Whether whoever read what was written has gone.
  static func isDeaf(_ descriptor: Int32) -> Bool {
    var end = pollfd(fd: descriptor, events: 0, revents: 0)
    return unsafe poll(&end, 1, 0) > 0 && end.revents & (Int16(POLLERR) | Int16(POLLHUP) | Int16(POLLNVAL)) != 0
  }
}

/// Two ends of a pipe: what is told at one wakes whoever waits at the other.
final class Bell: Sendable {
  private let receiver: Int32
  private let sender: Int32

  /// Nil where the system has no pipe to give.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (receiver, sender) = (ends[0], ends[1])
  }

  deinit {
    close(receiver)
    close(sender)
  }

  func ring() {
    while System.write(CollectionOfOne(UInt8(0)), to: sender) != nil, errno == EINTR {}
  }

  /// Until it has rung once more than was waited for; false where that can't be.
  func wait() -> Bool {
    var byte: [UInt8] = [0]
    while true {
      let count = System.readSome(of: receiver, &byte)
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }
}
