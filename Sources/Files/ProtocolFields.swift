import Refusals

/// The fields of a message in the wire format of protocol buffers, one after the other; nothing is copied.
///
/// - Note: protobuf.dev/programming-guides/encoding.
struct ProtocolFields {
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case content(Bytes)
  }

  private let bytes: Bytes
  private var place = 0

  static let damaged = Refusal("it is damaged, or cut short")

  init(_ bytes: Bytes) { self.bytes = bytes }

  var isAtEnd: Bool { place >= bytes.count }

  /// The next field with its number; nil behind the last one.
  mutating func next() throws(Refusal) -> (field: Int, value: Value)? {
    guard place < bytes.count else { return nil }
    let key = try variable()
    guard let field = Int(exactly: key >> 3), field > 0 else { throw Self.damaged }
    switch key & 7 {
    case 0: return (field, .integer(try variable()))
    case 1:
      guard let number = bytes.integer(at: place, as: UInt64.self) else { throw Self.damaged }
      place += 8
      return (field, .fixed64(number))
    case 2:
      // A length is believed only where so many bytes are there.
      guard let count = Int(exactly: try variable()), let content = bytes.part(from: place, count: count) else {
        throw Self.damaged
      }
      place += count
      return (field, .content(content))
    case 5:
      guard let number = bytes.integer(at: place, as: UInt32.self) else { throw Self.damaged }
      place += 4
      return (field, .fixed32(number))
    case 3, 4, 6, 7: throw Self.damaged
    case _: preconditionFailure("three bits have eight values")
    }
  }

  mutating func variable() throws(Refusal) -> UInt64 {
    var (number, shift): (UInt64, UInt64) = (0, 0)
    while place < bytes.count, shift < 64 {
      let byte = bytes[place]
      place += 1
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    throw Self.damaged
  }
}

extension ProtocolFields.Value {
  func content() throws(Refusal) -> Bytes {
    guard case .content(let bytes) = self else { throw ProtocolFields.damaged }
    return bytes
  }

  func text() throws(Refusal) -> String {
    guard let text = try content().text else { throw ProtocolFields.damaged }
    return text
  }

  func integer() throws(Refusal) -> Int {
    guard case .integer(let number) = self else { throw ProtocolFields.damaged }
    return Int(Int64(bitPattern: number))
  }

  func float() throws(Refusal) -> Double {
    guard case .fixed32(let bits) = self else { throw ProtocolFields.damaged }
    return Double(Float(bitPattern: bits))
  }

  /// Numbers one by one or packed.
  func integers() throws(Refusal) -> [Int] {
    guard case .content(let bytes) = self else { return [try integer()] }
    var fields = ProtocolFields(bytes)
    var numbers: [Int] = []
    while !fields.isAtEnd { numbers.append(Int(Int64(bitPattern: try fields.variable()))) }
    return numbers
  }
}
