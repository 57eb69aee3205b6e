import TestSupport
import Testing

@testable import Exports

/// What is written is read back by the rules of the wire format.
@Suite struct ProtocolBufferTests {
  private enum Content: Equatable {
    case integer(Int)
    case bytes([UInt8])
  }

  /// The fields of a message; nil where it isn't one.
  private func fields(of bytes: [UInt8]) -> [(number: Int, content: Content)]? {
    var rest = bytes[...]
    func variable() -> UInt64? {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while let byte = rest.popFirst(), shift < 64 {
        value |= UInt64(byte & 0x7F) << shift
        if byte & 0x80 == 0 { return value }
        shift += 7
      }
      return nil
    }
    var fields: [(number: Int, content: Content)] = []
    while !rest.isEmpty {
      guard let key = variable() else { return nil }
      switch key & 7 {
      case 0:
        guard let value = variable() else { return nil }
        fields.append((Int(key >> 3), .integer(Int(Int64(bitPattern: value)))))
      case 2:
        guard let count = variable(), count <= rest.count else { return nil }
        fields.append((Int(key >> 3), .bytes(Array(rest.prefix(Int(count))))))
        rest = rest.dropFirst(Int(count))
      default: return nil
      }
    }
    return fields
  }

  @Test(arguments: 0..<50) func fieldsComeBack(seed: Int) throws {
    var random = SplitMix(seed)
    var buffer = ProtocolBuffer()
    var written: [(number: Int, content: Content)] = []
    for _ in 0..<20 {
      let number = Int.random(in: 1...3_000, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        let value = Int.random(in: .min ... .max, using: &random) >> Int.random(in: 0..<64, using: &random)
        buffer.integer(number, value)
        written.append((number, .integer(value)))
      case 1:
        let text = String(repeating: "é∂", count: Int.random(in: 0...60, using: &random))
        buffer.text(number, text)
        written.append((number, .bytes(Array(text.utf8))))
      default:
        let bytes = (0..<Int.random(in: 0...300, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
        buffer.content(number, bytes)
        written.append((number, .bytes(bytes)))
      }
    }
    let read = try #require(fields(of: buffer.bytes))
    #expect(read.map(\.number) == written.map(\.number) && read.map(\.content) == written.map(\.content))
  }

  @Test func extremesComeBack() throws {
    for value in [0, 1, -1, 127, 128, 16_383, 16_384, .max, .min] {
      var buffer = ProtocolBuffer()
      buffer.integer(1, value)
      #expect(try #require(fields(of: buffer.bytes)).map(\.content) == [.integer(value)])
    }
  }

  @Test func messagesLieInMessages() throws {
    var buffer = ProtocolBuffer()
    buffer.message(7) { inner in
      inner.integer(1, 300)
      inner.message(2) { $0.text(3, "x") }
    }
    let outer = try #require(fields(of: buffer.bytes))
    #expect(outer.map(\.number) == [7])
    guard case .bytes(let bytes) = outer[0].content else { return }
    let inner = try #require(fields(of: bytes))
    #expect(inner.map(\.number) == [1, 2] && inner[0].content == .integer(300))
    guard case .bytes(let last) = inner[1].content else { return }
    #expect(try #require(fields(of: last)).map(\.content) == [.bytes(Array("x".utf8))])
  }
}
