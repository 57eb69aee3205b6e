import Language
import Refusals
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A server between two descriptors: one thread reads and interrupts, another one works.
final class ServerLoop: Sendable {
  /// A request is no longer than this.
  static let lineLimit = 1 << 26

  private struct Queue {
    var lines: [String] = []
    var hasEnded = false
    /// Something has come that isn't yet among the lines.
    var isReading = false
    /// The session has ended: whoever reads answers what still comes.
    var isOver = false
    /// How many lines were taken out, and whether the last of them is being worked on.
    var begun = 0
    var isWorking = false
    /// The numbers of lines that wait and are not to begin.
    var interrupted: Set<Int> = []
    /// The line that is being worked on.
    var current = ""
    /// The version of the protocol that is spoken.
    var version = 1

    /// How many of the lines that were read before are stopped, or not begun.
    mutating func interrupt(_ interruption: Server.Interruption) -> Int {
      var count = 0
      if isWorking, interruption.means(current) {
        Interrupt.request()
        count += 1
      }
      for (place, line) in lines.enumerated() where interruption.means(line) {
        interrupted.insert(begun + place + 1)
        count += 1
      }
      return count
    }

    mutating func next() -> String? {
      isWorking = !lines.isEmpty
      if lines.isEmpty { return nil }
      begun += 1
      Interrupt.clear()
      if interrupted.remove(begun) != nil { Interrupt.request() }
      current = lines.removeFirst()
      return current
    }
  }

  private let queue = Mutex(Queue())
  private let input: Int32
  private let output: Int32
  /// Rings for each line that waits, and for the end.
  private let bell: Bell

  init?(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
    guard let bell = Bell() else { return nil }
    self.bell = bell
    (self.input, self.output) = (input, output)
  }

  /// Until the input ends, a request asks for the end, or nobody listens any more.
  func run(_ session: Session) -> ExitStatus {
    // Nobody listening is an error to deal with, not a death.
    signal(SIGPIPE, SIG_IGN)
    guard let work = Work({ self.work(session) }) else { return .failure }
    read()
    queue.withLock { $0.hasEnded = true }
    bell.ring()
    while !work.isDone {
      if System.isDeaf(output) {
        Interrupt.request()
        usleep(1_000_000)
        return .success
      }
      usleep(20_000)
    }
    return .success
  }

  // MARK: Reading

  private func read() {
    var pending: [UInt8] = []
    var isTooLong = false
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // It stays where it is until it is known that it has come.
      _ = System.hasInput(input, within: -1)
      queue.withLock { $0.isReading = true }
      let count = System.readSome(of: input, &chunk)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      for byte in chunk[..<count] {
        if byte == UInt8(ascii: "\n") {
          if isTooLong {
            write(Server.refusal(Complaint(.length, "a request has at most \(Self.lineLimit) bytes")))
          } else {
            take(pending)
          }
          pending.removeAll(keepingCapacity: true)
          isTooLong = false
        } else if pending.count < Self.lineLimit {
          pending.append(byte)
        } else {
          isTooLong = true
        }
      }
      queue.withLock { $0.isReading = false }
    }
    if !pending.isEmpty { take(pending) }
  }

  private func take(_ bytes: [UInt8]) {
    guard let line = String(validating: bytes, as: UTF8.self) else {
      return write(Server.refusal(Complaint(.encoding, "the request isn't UTF-8")))
    }
    if line.isBlank { return }
    if let interruption = Server.interruption(line) {
      let (count, version) = queue.withLock { ($0.interrupt(interruption), $0.version) }
      return write(Server.answer(to: interruption, stopped: count, version: version))
    }
    let isOver = queue.withLock { queue in
      if !queue.isOver { queue.lines.append(line) }
      return queue.isOver
    }
    if isOver { write(Server.answerAfterTheEnd(line)) } else { bell.ring() }
  }

  // MARK: Working

  private func work(_ session: Session) -> Bool {
    var server = Server(session: session)
    while true {
      guard bell.wait() else { return false }
      let (line, hasEnded) = queue.withLock { ($0.next(), $0.hasEnded) }
      guard let line else {
        if hasEnded { return true }
        continue
      }
      let answer = server.answer(line) { self.write($0) }
      queue.withLock { ($0.isWorking, $0.current, $0.version) = (false, "", server.version) }
      write(answer)
      guard server.wantsToEnd else { continue }
      let lines = queue.withLock { queue in
        queue.isOver = true
        return queue.lines
      }
      for line in lines { write(Server.answerAfterTheEnd(line)) }
      // What was on its way, too; a client that never stops isn't waited for.
      for _ in 0..<1_000 {
        let isMore = System.hasInput(input, within: 0)
        if queue.withLock({ $0.hasEnded || !isMore && !$0.isReading }) { break }
        usleep(1_000)
      }
      _exit(ExitStatus.success.rawValue)
    }
  }

  private let writing = Mutex(())

  private func write(_ line: String) {
    writing.withLock { _ in
      // Nobody is there: no reason to complain, and none to go on.
      if System.write("\(line)\n".utf8, to: output) != nil { _exit(ExitStatus.success.rawValue) }
    }
  }
}
