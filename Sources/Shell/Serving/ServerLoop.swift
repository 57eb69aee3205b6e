import Language
import Refusals
import Synchronization

#if canImport(Darwin)
  import Darwin
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
    /// The lines up to this number came before an interrupt: they are stopped, or not begun.
    var interrupted = 0

    /// An interrupt is for all that was read before it.
    mutating func interrupt() {
      interrupted = begun + lines.count
      if isWorking { Interrupt.request() }
    }

    mutating func next() -> String? {
      isWorking = !lines.isEmpty
      if lines.isEmpty { return nil }
      begun += 1
      Interrupt.clear()
      if begun <= interrupted { Interrupt.request() }
      return lines.removeFirst()
    }
  }

  private let queue = Mutex(Queue())
  private let input: Int32
  private let output: Int32
  /// A byte for each line that waits, and one for the end.
  private let receiver: Int32
  private let sender: Int32

  init?(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (receiver, sender) = (ends[0], ends[1])
    (self.input, self.output) = (input, output)
  }

  deinit {
    close(receiver)
    close(sender)
  }

  /// Until the input ends, a request asks for the end, or nobody listens any more.
  func run(_ session: Session) -> ExitStatus {
    // Nobody listening is an error to deal with, not a death.
    signal(SIGPIPE, SIG_IGN)
    guard let work = Work({ self.work(session) }) else { return .failure }
    read()
    queue.withLock { $0.hasEnded = true }
    wake()
    while !work.isDone {
      if isDeaf {
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
      _ = hasInput(within: -1)
      queue.withLock { $0.isReading = true }
      let count = Self.read(input, &chunk)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      for byte in chunk[..<count] {
        if byte == UInt8(ascii: "\n") {
          if isTooLong {
            write(Server.refusal(nil, "a request has at most \(Self.lineLimit) bytes"))
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

  private static func read(_ descriptor: Int32, _ chunk: inout [UInt8]) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.read(descriptor, &chunk, chunk.count)
    #else
      unsafe Glibc.read(descriptor, &chunk, chunk.count)
    #endif
  }

  private func take(_ bytes: [UInt8]) {
    guard let line = String(validating: bytes, as: UTF8.self) else {
      return write(Server.refusal(nil, "the request isn't UTF-8"))
    }
    if line.isBlank { return }
    if Server.isInterrupt(line) {
      queue.withLock { $0.interrupt() }
      var server = Server(session: Session())
      return write(server.answer(line))
    }
    let isOver = queue.withLock { queue in
      if !queue.isOver { queue.lines.append(line) }
      return queue.isOver
    }
    if isOver { write(Server.answerAfterTheEnd(line)) } else { wake() }
  }

  private func hasInput(within milliseconds: Int32) -> Bool {
    var end = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&end, 1, milliseconds) > 0
  }

  private func wake() {
    var byte: UInt8 = 0
    while Self.write(sender, &byte) < 0, errno == EINTR {}
  }

  private static func write(_ descriptor: Int32, _ byte: inout UInt8) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.write(descriptor, &byte, 1)
    #else
      unsafe Glibc.write(descriptor, &byte, 1)
    #endif
  }

  // MARK: Working

  private func work(_ session: Session) -> Bool {
    var server = Server(session: session)
    var byte: [UInt8] = [0]
    while true {
      if Self.read(receiver, &byte) < 0, errno != EINTR { return false }
      let (line, hasEnded) = queue.withLock { ($0.next(), $0.hasEnded) }
      guard let line else {
        if hasEnded { return true }
        continue
      }
      let answer = server.answer(line)
      queue.withLock { $0.isWorking = false }
      write(answer)
      guard server.wantsToEnd else { continue }
      let lines = queue.withLock { queue in
        queue.isOver = true
        return queue.lines
      }
      for line in lines { write(Server.answerAfterTheEnd(line)) }
      // What was on its way, too; a client that never stops isn't waited for.
      for _ in 0..<1_000 {
        let isMore = hasInput(within: 0)
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

  /// Whether whoever read the answers has gone.
  private var isDeaf: Bool {
    var poll = pollfd(fd: output, events: 0, revents: 0)
    let wanted = Int16(POLLERR) | Int16(POLLHUP) | Int16(POLLNVAL)
    #if canImport(Darwin)
      return unsafe Darwin.poll(&poll, 1, 0) > 0 && poll.revents & wanted != 0
    #else
      return unsafe Glibc.poll(&poll, 1, 0) > 0 && poll.revents & wanted != 0
    #endif
  }
}
