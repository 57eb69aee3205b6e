import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Brings a file to the disk beside everything else: what was written is there a moment later, and nobody has waited.
final class Flusher: Sendable {
  private struct State {
    var isAtWork = false
    /// Written to since the flush began that is at work.
    var next: Int32?
  }

  private let state = Mutex(State())

  /// Flushes an open file, which may be closed meanwhile.
  func flush(_ descriptor: Int32) {
    let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { return }
    let isAtWork = state.withLock { state in
      if let old = state.next { close(old) }
      state.next = own
      defer { state.isAtWork = true }
      return state.isAtWork
    }
    if !isAtWork, Work({ self.run() }) == nil { run() }
  }

  private func run() {
    while let next = taken() {
      _ = System.flush(next)
      close(next)
    }
  }

  private func taken() -> Int32? {
    state.withLock { state in
      defer { state.next = nil }
      if state.next == nil { state.isAtWork = false }
      return state.next
    }
  }
}
