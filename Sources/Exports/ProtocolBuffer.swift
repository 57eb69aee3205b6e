/// The wire format of protocol buffers, as far as it is written here.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  private mutating func variable(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func integer(_ field: Int, _ value: Int) {
    variable(UInt64(field) << 3)
    variable(UInt64(bitPattern: Int64(value)))
  }

  mutating func content(_ field: Int, _ content: some Collection<UInt8>) {
    variable(UInt64(field) << 3 | 2)
    variable(UInt64(content.count))
    bytes += content
  }

  mutating func text(_ field: Int, _ text: String) { content(field, text.utf8) }

  mutating func message(_ field: Int, _ body: (inout ProtocolBuffer) -> Void) {
    var inner = ProtocolBuffer()
    body(&inner)
    content(field, inner.bytes)
  }
}
