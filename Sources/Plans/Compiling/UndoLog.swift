import Tensors

/// What entries were before a step of compiled code has given them others, so that a step that can't be ended is as if it hadn't
/// begun.
@safe public final class UndoLog {
  /// Entries that a step may change; and those that are changed at once.
  private static let room = 4096
  static let most = 64

  /// How many there are; then for each its address, what was there, and how many bytes.
  private nonisolated(unsafe) let words: UnsafeMutablePointer<Int>
  let count: String
  let first: String

  public init(_ text: StepText) {
    unsafe words = .allocate(capacity: 1 + 3 * Self.room)
    unsafe words.initialize(repeating: 0, count: 1 + 3 * Self.room)
    count = text.word("i64")
    first = text.argument(unsafe Int(bitPattern: words))
  }

  deinit { unsafe words.deallocate() }

  /// At the beginning of a step nothing has changed.
  public func clear(_ text: StepText) { text.line("store i64 0, ptr \(count)") }

  /// Leaves behind how many have changed in the step that isn't ended.
  public func close(_ text: StepText, isUndone: Bool) {
    let number = isUndone ? text.value("load i64, ptr \(count)") : "0"
    text.line("store i64 \(number), ptr \(first)")
  }

  /// The step is at fault unless so many can be noted.
  func expectRoom(for number: Int, _ text: StepText) {
    text.fail(where: text.value("icmp ugt i64 \(text.value("load i64, ptr \(count)")), \(Self.room - number)"))
  }

  /// Notes one entry before it changes.
  func note(_ pointer: String, _ kind: StepText.Kind, _ text: StepText) {
    let place = text.value("load i64, ptr \(count)")
    let word = text.value("add i64 \(text.value("mul i64 \(place), 3")), 1")
    let entry = text.value("getelementptr i64, ptr \(first), i64 \(word)")
    let bits = "i\(kind.stride * 8)"
    let old = text.value("load \(bits), ptr \(pointer), align \(kind.stride)")
    text.line("store i64 \(text.value("ptrtoint ptr \(pointer) to i64")), ptr \(entry)")
    let wide = kind.stride == 8 ? old : text.value("zext \(bits) \(old) to i64")
    text.line("store i64 \(wide), ptr \(text.value("getelementptr i64, ptr \(entry), i64 1"))")
    text.line("store i64 \(kind.stride), ptr \(text.value("getelementptr i64, ptr \(entry), i64 2"))")
    text.line("store i64 \(text.value("add i64 \(place), 1")), ptr \(count)")
  }

  /// Gives all entries back what they were.
  public func undo() {
    let count = unsafe words[0]
    for number in (0..<count).reversed() {
      let entry = unsafe words + 1 + 3 * number
      guard let place = unsafe UnsafeMutableRawPointer(bitPattern: entry[0]) else { continue }
      // The low bytes come first.
      _ = unsafe withUnsafeBytes(of: entry[1].littleEndian) { old in
        unsafe place.copyMemory(from: old.baseAddress ?? UnsafeRawPointer(place), byteCount: entry[2])
      }
    }
    unsafe words[0] = 0
  }
}

extension StepText {
  /// One element to a place that may be so many bytes on.
  func put(_ name: String, _ address: Int, _ kind: Kind, offset: String?, _ log: UndoLog) throws(Unwritable) {
    let (region, start) = try place(address, 0)
    if offset == nil, region.home == .state { return try write(name, address, kind, 1) }
    guard region.home == .state || region.home == .memory else { throw Unwritable() }
    flush(region, 0..<region.byteCount)
    region.pieces = []
    var target = pointer(region, start)
    if let offset { target = value("getelementptr i8, ptr \(target), i64 \(offset)") }
    if region.home == .memory { log.note(target, kind, self) }
    store(name, target, kind, 1)
  }
}
