import CKernels
import Synchronization
import Tensors

/// Code that LLVM makes on a thread of its own, where there is one.
@safe public final class CompiledCode: @unchecked Sendable {
  /// Whether loops may become code.
  public enum Policy: Sendable {
    case never
    /// Where what is left to do would take far longer than the compilation.
    case whenWorthIt
    /// As soon as there is a text, which is waited for: in tests.
    case always
  }

  @TaskLocal public static var policy = Policy.whenWorthIt

  /// Steps that were run by code, for tests that want to know.
  public final class Tally: Sendable {
    private let number = Mutex(0)

    public init() {}

    public var steps: Int { number.withLock { $0 } }
    fileprivate func add(_ steps: Int) { number.withLock { $0 += steps } }
  }

  @TaskLocal public static var tally: Tally?

  /// Whether there is a compiler; opens it.
  public static var isAvailable: Bool { unsafe gk_compiler_name() != nil }

  private nonisolated(unsafe) let code: OpaquePointer
  /// What the function is handed, each of which somebody else keeps.
  private nonisolated(unsafe) let arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let kept: [Tensor]

  /// - Parameter kept: tensors that the text reads or writes, which nobody else has.
  public init?(_ text: String, arguments addresses: [Int], keeping kept: [Tensor]) {
    var text = text
    let asked = text.withUTF8 { utf8 in
      unsafe utf8.withMemoryRebound(to: CChar.self) { unsafe gk_code_request($0.baseAddress, $0.count) }
    }
    guard let asked = unsafe asked else { return nil }
    unsafe code = asked
    self.kept = kept
    unsafe arguments = .allocate(capacity: max(addresses.count, 1))
    for (number, address) in addresses.enumerated() {
      unsafe (arguments + number).initialize(to: UnsafeMutableRawPointer(bitPattern: address))
    }
  }

  deinit {
    unsafe gk_code_release(code)
    unsafe arguments.deallocate()
  }

  /// The same for others' arguments, on any thread.
  func run(_ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>, from first: Int, to last: Int) -> Int {
    let done = unsafe Int(gk_code_run(code, arguments, Int64(first), Int64(last)))
    Self.tally?.add(done - first)
    return done
  }

  var state: gk_code_state_kind { unsafe gk_code_state(code) }

  func wait() { unsafe _ = gk_code_wait(code) }

  /// How many steps are done after a run.
  ///
  /// Fewer than wanted: there was an interrupt, or a step that code can't do.
  public func run(from first: Int, to last: Int) -> Int {
    let done = unsafe Int(gk_code_run(code, arguments, Int64(first), Int64(last)))
    Self.tally?.add(done - first)
    return done
  }
}

/// A loop on its way from instructions to code.
public struct Acceleration {
  private enum Stage {
    case watched
    case waiting(CompiledCode)
    case ready(CompiledCode)
    case given
  }

  /// What a compilation takes, and how often that has to be in what is left.
  private static let (opening, least, perKilobyte, factor) = (15.0, 5.0, 0.1, 2.0)
  /// What is measured before it is judged, and what a loop must have taken before that is run again, in milliseconds.
  private static let (measured, again) = (0.5, 0.05)
  /// What a step saves that isn't gone through any more, and each call in it, in milliseconds.
  private static let (savedStep, savedCall) = (1e-5, 5e-6)

  private var stage = Stage.watched
  private var began = ContinuousClock.now
  private var first: Int?
  /// The size of the text and its calls, once it was written.
  private var size: (bytes: Int, calls: Int)?
  /// What earlier runs took together, in milliseconds.
  private var spent = 0.0
  /// Steps in a row that code couldn't do.
  private var faults = 0
  /// The step before which to be asked again.
  public private(set) var due: Int

  /// - Parameter first: the step that comes first.
  public init(first: Int) { due = CompiledCode.policy == .never ? .max : first }

  /// The same loop is to be run once more; what its last run took it may take again.
  public mutating func restart(after milliseconds: Double) {
    spent += milliseconds
    first = nil
    switch stage {
    case .watched, .waiting, .ready: due = CompiledCode.policy == .never ? .max : 0
    case .given: due = .max
    }
  }

  /// The code, once it is there; asked for where that is worth it.
  ///
  /// - Parameters:
  ///   - last: how many steps there are, if that is known.
  ///   - write: the text, if it has one, with the calls of a step that become part of it.
  public mutating func code(
    before step: Int, of last: Int?, _ write: () -> (code: () -> CompiledCode?, bytes: Int, calls: Int)?
  ) -> CompiledCode? {
    switch stage {
    case .ready(let code): return code
    case .given: return nil
    case .waiting(let code):
      switch code.state {
      case .waiting:
        due = step + 1
        return nil
      case .ready:
        (stage, due) = (.ready(code), 0)
        return code
      case .failed:
        giveUp()
        return nil
      }
    case .watched: break
    }
    let isWanted = CompiledCode.policy == .always
    guard let first else {
      // The clock begins with the first step.
      (self.first, began) = (step, .now)
      due = step + 32
      if isWanted { return asked(write, nil) }
      // Who runs a loop twice may run it often.
      return spent > Self.again ? asked(write) { _, _ in true } : nil
    }
    due = step + max(step - first, 32)
    let time = (.now - began) / .milliseconds(1)
    guard time > Self.measured else { return nil }
    let each = time / Double(step - first)
    // Of a loop without an end as much is left as is done.
    let left = last.map { $0 - step } ?? step - first
    guard each * Double(left) > Self.factor * Self.least else { return nil }
    return asked(write) { bytes, calls in
      let gain = min(Self.savedStep + Double(calls) * Self.savedCall, each * 0.9) * Double(left)
      let cost = Self.least + Double(bytes) / 1000 * Self.perKilobyte + (gk_compiler_is_open() != 0 ? 0 : Self.opening)
      return gain > Self.factor * cost
    }
  }

  private mutating func asked(
    _ write: () -> (code: () -> CompiledCode?, bytes: Int, calls: Int)?, _ isWorthIt: ((Int, Int) -> Bool)?
  ) -> CompiledCode? {
    if let size, isWorthIt?(size.bytes, size.calls) == false { return nil }
    guard let text = write() else {
      giveUp()
      return nil
    }
    size = (text.bytes, text.calls)
    if isWorthIt?(text.bytes, text.calls) == false { return nil }
    guard let code = text.code() else {
      giveUp()
      return nil
    }
    stage = .waiting(code)
    due = 0
    guard isWorthIt == nil else { return nil }
    code.wait()
    return self.code(before: 0, of: nil) { nil }
  }

  private mutating func giveUp() { (stage, due) = (.given, .max) }

  /// What came of a run: after some steps in a row that code can't do there is none any more.
  public mutating func note(done: Int) {
    faults = done > 0 ? 0 : faults + 1
    if faults > 3 { giveUp() }
  }
}
