import Language
import LanguageServer
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A language server between two descriptors: one thread reads, another one answers, and looks at scripts while nothing
/// is asked.
final class LanguageServerLoop: Sendable {
  private struct Queue {
    var messages: [String] = []
    var hasEnded = false
    /// Scripts are being looked at, which whatever comes interrupts.
    var isLooking = false
  }

  private let queue = Mutex(Queue())
  private let bell: Bell
  private let input: Int32
  private let output: Int32

  init?(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
    guard let bell = Bell() else { return nil }
    self.bell = bell
    (self.input, self.output) = (input, output)
  }

  /// Until the client asks for the end, or is gone.
  func run(_ session: Session, version: String) -> ExitStatus {
    signal(SIGPIPE, SIG_IGN)
    guard let work = Work({ self.work(LanguageServer(session: session, version: version)) }) else { return .failure }
    read()
    queue.withLock { queue in
      queue.hasEnded = true
      if queue.isLooking { Interrupt.request() }
    }
    bell.ring()
    while !work.isDone, !System.isDeaf(output) { usleep(20_000) }
    return .failure
  }

  private func read() {
    var frames = Frames()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = System.readSome(of: input, &chunk)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return }
      frames.append(chunk[..<count])
      while let frame = frames.next() {
        switch frame {
        case .message(let text):
          queue.withLock { queue in
            queue.messages.append(text)
            if queue.isLooking { Interrupt.request() }
          }
          bell.ring()
        case .fault(let sentence): write(LanguageServer.refusal(sentence))
        case .lost(let sentence):
          write(LanguageServer.refusal(sentence))
          return
        }
      }
    }
  }

  private func work(_ server: LanguageServer) -> Bool {
    var server = server
    while true {
      let (message, hasEnded) = queue.withLock { queue in
        let message = queue.messages.isEmpty ? nil : queue.messages.removeFirst()
        queue.isLooking = message == nil && !queue.hasEnded && server.hasWork
        // What comes from here on interrupts the look at scripts, and nothing else.
        Interrupt.clear()
        return (message, queue.hasEnded)
      }
      if let message {
        for answer in server.answer(message) { write(answer) }
        switch server.end {
        case .orderly?: _exit(ExitStatus.success.rawValue)
        case .abrupt?: _exit(ExitStatus.failure.rawValue)
        case nil: continue
        }
      }
      if hasEnded { return true }
      if server.hasWork {
        for notice in server.work() { write(notice) }
        continue
      }
      guard bell.wait() else { return false }
    }
  }

  private let writing = Mutex(())

  private func write(_ message: String) {
    let frame = Array("Content-Length: \(message.utf8.count)\r\n\r\n\(message)".utf8)
    writing.withLock { _ in
      if System.write(frame, to: output) != nil { _exit(ExitStatus.failure.rawValue) }
    }
  }
}
