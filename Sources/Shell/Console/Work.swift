import Language
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Something computed beside the prompt, so that a second Ctrl-C can leave it behind.
///
/// A thread can't be stopped from outside: work that is left goes on until it next asks whether it was interrupted, and
/// nobody waits for that.
final class Work<Value: Sendable>: Sendable {
  private let result = Mutex<Value?>(nil)
  private let isOver = Atomic(false)
  private let body: @Sendable (_ post: (Value) -> Void) -> Value
  /// One byte is written when the work is done, or is to be left.
  private let receiver: Int32
  private let sender: Int32
  private let number = Works.count.add(1, ordering: .relaxed).newValue

  /// Begins at once; nil if the system has no thread or pipe to give.
  convenience init?(_ body: @escaping @Sendable () -> Value) { self.init(posting: { _ in body() }) }

  /// What posts values on its way is waited for once for each, and once for the last.
  init?(posting body: @escaping @Sendable (_ post: (Value) -> Void) -> Value) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    receiver = ends[0]
    sender = ends[1]
    self.body = body
    guard start() else { return nil }
  }

  deinit {
    close(receiver)
    close(sender)
  }

  /// The value, or nil if the wait was cut short by a second Ctrl-C.
  ///
  /// - Parameter attend: does something else until a descriptor can be read.
  func wait(attend: (Int32) -> Void = { _ in }) -> Value? {
    Signals.setAbandonment(sender)
    defer { Signals.setAbandonment(nil) }
    attend(receiver)
    var byte: UInt8 = 0
    while unsafe read(receiver, &byte, 1) < 0, errno == EINTR {}
    return result.withLock { result in
      defer { result = nil }
      return result
    }
  }

  /// The value, or nil as soon as nobody wants it any more.
  func value(isWanted: () -> Bool) -> Value? {
    var end = pollfd(fd: receiver, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&end, 1, 10) <= 0 {
      if !isWanted() { return nil }
    }
    return result.withLock { $0 }
  }

  var isDone: Bool { isOver.load(ordering: .acquiring) }

  /// Whatever it is at is to stop, while others go on.
  func leave() { Interrupt.leave(number) }

  /// With a stack of its own, and without the main thread's signals: those are for the one who waits.
  private func start() -> Bool {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
    let job = unsafe Unmanaged.passRetained(Job(run: { self.run() })).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    // Formulas and calls may lie as deep in each other as the stack goes; what isn't used of it costs nothing.
    var status = EAGAIN
    for megabytes in [512, 64] where status != 0 {
      unsafe pthread_attr_setstacksize(&attributes, megabytes << 20)
      status = unsafe pthread_create(&thread, &attributes, { unsafe Job.run($0) }, job)
    }
    if status != 0 { unsafe Unmanaged<Job>.fromOpaque(job).release() }
    return status == 0
  }

  private func run() {
    Interrupt.begin(number)
    put(body(put))
    isOver.store(true, ordering: .releasing)
  }

  private func put(_ value: Value) {
    result.withLock { $0 = value }
    var byte: UInt8 = 0
    unsafe write(sender, &byte, 1)
  }
}

/// How many pieces of work there have been.
private enum Works {
  static let count = Atomic<UInt32>(0)
}

/// A closure that C can carry.
private final class Job {
  private let run: () -> Void

  init(run: @escaping () -> Void) { self.run = run }

  static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context { unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().run() }
    return nil
  }
}
