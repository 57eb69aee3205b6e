import CKernels
import Refusals
import Text

/// What a Python pickle says, as far as data goes: nothing that it asks for is run.
///
/// Containers lie in one list and mention each other by their places, so that however deep they lie in each other, nothing
/// recurses.
///
/// - Note: Python's pickletools.py describes the opcodes.
struct Pickle {
  indirect enum Value {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    /// A tuple or a list, and a dictionary's keys and values in turn: places among the containers.
    case list(Int)
    case dictionary(Int)
    /// A class or a function, which is only looked at.
    case global(String)
    /// What whoever reads made of a call or of a mark for something outside.
    case object(Int)
  }

  /// Makes something of a call, which is refused where it isn't known.
  typealias Call = (_ function: String, _ arguments: [Value], inout Pickle) throws(Refusal) -> Value
  /// Makes something of what lies outside of the pickle.
  typealias Outside = (_ mark: Value, inout Pickle) throws(Refusal) -> Value

  /// More than any file of weights has.
  private static let valueLimit = 10_000_000

  private(set) var containers: [[Value]] = []
  private let bytes: Bytes
  private var place = 0
  private var stack: [Value] = []
  /// How high the stack was at each mark.
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]
  private var count = 0

  private init(_ bytes: Bytes) { self.bytes = bytes }

  /// The value of a pickle, and the containers that it mentions.
  static func read(
    _ bytes: Bytes, call: Call, outside: Outside
  ) throws(Refusal) -> (value: Value, pickle: Pickle) {
    var pickle = Pickle(bytes)
    let value = try pickle.run(call, outside)
    return (value, pickle)
  }

  /// The entries of a tuple or a list.
  func entries(_ value: Value) -> [Value]? { if case .list(let place) = value { containers[place] } else { nil } }

  /// The keys and values of a dictionary.
  func pairs(_ value: Value) -> [(key: Value, value: Value)]? {
    guard case .dictionary(let place) = value else { return nil }
    let all = containers[place]
    return stride(from: 0, to: all.count - 1, by: 2).map { (all[$0], all[$0 + 1]) }
  }

  /// The whole numbers of a tuple.
  func integers(_ value: Value) -> [Int]? {
    guard let entries = entries(value) else { return nil }
    let numbers = entries.compactMap { entry -> Int? in if case .integer(let n) = entry { n } else { nil } }
    return numbers.count == entries.count ? numbers : nil
  }

  mutating func dictionary(_ pairs: [Value]) -> Value {
    containers.append(pairs)
    return .dictionary(containers.count - 1)
  }

  // MARK: Running

  private static let damaged = Refusal("its pickle is damaged")

  private mutating func run(_ call: Call, _ outside: Outside) throws(Refusal) -> Value {
    while true {
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      try step(code, call, outside)
      count += 1
      if count & 0xFFFF == 0, gk_is_interrupted() != 0 { throw .interrupted }
      guard count < Self.valueLimit else { throw Refusal("its pickle holds more than \(Self.valueLimit) values") }
    }
  }

  private mutating func step(_ code: UInt8, _ call: Call, _ outside: Outside) throws(Refusal) {
    switch code {
    case 0x80: _ = try byte()  // the protocol's number
    case 0x95: _ = try skip(8)  // a frame's length
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"):
      guard let last = stack.last else { throw Self.damaged }
      stack.append(last)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try integer(UInt16.self))))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try integer(Int32.self))))
    case 0x8A: stack.append(.integer(try long(Int(try byte()))))
    case UInt8(ascii: "G"):
      guard let bits = bytes.integer(at: place, as: UInt64.self, isBigEndian: true) else { throw Self.damaged }
      place += 8
      stack.append(.number(Double(bitPattern: bits)))
    case UInt8(ascii: "X"), UInt8(ascii: "T"), UInt8(ascii: "B"):
      stack.append(.text(try text(Int(try integer(UInt32.self)))))
    case 0x8C, UInt8(ascii: "U"), UInt8(ascii: "C"): stack.append(.text(try text(Int(try byte()))))
    case 0x8D, 0x8E: stack.append(.text(try text(Int(clamping: try integer(UInt64.self)))))
    case UInt8(ascii: ")"), UInt8(ascii: "]"): push([])
    case 0x85: push(try take(1))
    case 0x86: push(try take(2))
    case 0x87: push(try take(3))
    case UInt8(ascii: "t"), UInt8(ascii: "l"): push(try popMark())
    case UInt8(ascii: "}"): stack.append(dictionary([]))
    case UInt8(ascii: "d"): stack.append(dictionary(try popMark()))
    case UInt8(ascii: "a"): try extend(with: take(1))
    case UInt8(ascii: "e"): try extend(with: popMark())
    case UInt8(ascii: "s"): try extend(with: take(2))
    case UInt8(ascii: "u"): try extend(with: popMark())
    case UInt8(ascii: "q"): try remember(Int(try byte()))
    case UInt8(ascii: "r"): try remember(Int(try integer(UInt32.self)))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "h"): try recall(Int(try byte()))
    case UInt8(ascii: "j"): try recall(Int(try integer(UInt32.self)))
    case UInt8(ascii: "c"):
      let module = try line()
      stack.append(.global(module + "." + (try line())))
    case 0x93:
      let names = try take(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw Self.damaged }
      stack.append(.global(module + "." + name))
    case UInt8(ascii: "Q"):
      let mark = try pop()
      stack.append(try outside(mark, &self))
    case UInt8(ascii: "R"), 0x81:
      let parts = try take(2)
      guard case .global(let function) = parts[0], let arguments = entries(parts[1]) else { throw Self.damaged }
      stack.append(try call(function, arguments, &self))
    case UInt8(ascii: "b"):
      // What else an object has is nobody's tensor; a class that would do something with it was refused before.
      _ = try pop()
      guard !stack.isEmpty else { throw Self.damaged }
    default: throw Refusal("its pickle has the opcode 0x\(String(code, radix: 16)), which no data needs")
    }
  }

  private mutating func push(_ entries: [Value]) {
    containers.append(entries)
    stack.append(.list(containers.count - 1))
  }

  private mutating func pop() throws(Refusal) -> Value {
    guard let value = stack.popLast(), stack.count >= marks.last ?? 0 else { throw Self.damaged }
    return value
  }

  private mutating func take(_ number: Int) throws(Refusal) -> [Value] {
    guard stack.count - (marks.last ?? 0) >= number else { throw Self.damaged }
    defer { stack.removeLast(number) }
    return Array(stack.suffix(number))
  }

  private mutating func popMark() throws(Refusal) -> [Value] {
    guard let mark = marks.popLast() else { throw Self.damaged }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func extend(with values: [Value]) throws(Refusal) {
    switch stack.last {
    case .list(let place)?: containers[place] += values
    case .dictionary(let place)? where values.count.isMultiple(of: 2): containers[place] += values
    default: throw Self.damaged
    }
  }

  private mutating func remember(_ number: Int) throws(Refusal) {
    guard let last = stack.last else { throw Self.damaged }
    memo[number] = last
  }

  private mutating func recall(_ number: Int) throws(Refusal) {
    guard let value = memo[number] else { throw Self.damaged }
    stack.append(value)
  }

  // MARK: Bytes

  private mutating func byte() throws(Refusal) -> UInt8 {
    guard place < bytes.count else { throw Refusal("its pickle is cut short") }
    place += 1
    return bytes[place - 1]
  }

  private mutating func skip(_ count: Int) throws(Refusal) -> Range<Int> {
    guard count >= 0, count <= bytes.count - place else { throw Refusal("its pickle is cut short") }
    place += count
    return place - count..<place
  }

  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(Refusal) -> T {
    guard let value = bytes.integer(at: place, as: type) else { throw Refusal("its pickle is cut short") }
    place += MemoryLayout<T>.size
    return value
  }

  /// A whole number in so many bytes, the lowest first.
  private mutating func long(_ count: Int) throws(Refusal) -> Int {
    let range = try skip(count)
    guard count <= 8 else { throw Refusal("its pickle has a whole number of \(count) bytes") }
    var value: UInt64 = 0
    for (number, place) in range.enumerated() { value |= UInt64(bytes[place]) << UInt64(8 * number) }
    let shift = UInt64(64 - 8 * count)
    return count == 0 ? 0 : Int(Int64(bitPattern: value << shift) >> Int64(shift))
  }

  private mutating func text(_ count: Int) throws(Refusal) -> String {
    let range = try skip(count)
    guard let part = bytes.part(from: range.lowerBound, count: count) else { throw Self.damaged }
    return String(decoding: part.array, as: UTF8.self)
  }

  private mutating func line() throws(Refusal) -> String {
    var end = place
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    guard end < bytes.count, end - place < 1_024 else { throw Self.damaged }
    let text = try text(end - place)
    place += 1
    return text
  }
}
