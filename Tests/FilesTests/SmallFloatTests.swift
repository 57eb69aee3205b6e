import Testing

@testable import Files

/// Floats of eight bits, by the formats' own tables.
@Suite struct SmallFloatTests {
  @Test func extremes() {
    #expect(SmallFloat.e4m3[0x7E] == 448 && SmallFloat.e4m3[0x01] == 0x1p-9 && SmallFloat.e4m3[0x7F].isNaN)
    #expect(SmallFloat.e4m3[0x08] == 0x1p-6 && SmallFloat.e4m3[0xFE] == -448 && SmallFloat.e4m3[0x38] == 1)
    #expect(SmallFloat.e5m2[0x7B] == 57344 && SmallFloat.e5m2[0x01] == 0x1p-16 && SmallFloat.e5m2[0x7C] == .infinity)
    #expect(SmallFloat.e5m2[0xFC] == -.infinity && SmallFloat.e5m2[0x7D].isNaN && SmallFloat.e5m2[0x3C] == 1)
    #expect(SmallFloat.e4m3fnuz[0x7F] == 240 && SmallFloat.e4m3fnuz[0x80].isNaN && SmallFloat.e4m3fnuz[0x01] == 0x1p-10)
    #expect(
      SmallFloat.e5m2fnuz[0x7F] == 57344 && SmallFloat.e5m2fnuz[0x80].isNaN && SmallFloat.e5m2fnuz[0x01] == 0x1p-17)
    #expect(SmallFloat.e8m0[127] == 1 && SmallFloat.e8m0[0] == 0x1p-127 && SmallFloat.e8m0[254] == 0x1p127)
    #expect(SmallFloat.e8m0[255].isNaN)
  }

  /// Larger bits are larger values, and every value has a neighbour of its own.
  @Test func order() {
    for (values, last) in [
      (SmallFloat.e4m3, 0x7E), (SmallFloat.e5m2, 0x7C), (SmallFloat.e4m3fnuz, 0x7F), (SmallFloat.e5m2fnuz, 0x7F),
      (SmallFloat.e8m0, 0xFE),
    ] {
      for bits in 1...last { #expect(values[bits - 1] < values[bits]) }
      #expect(values.count == 256)
    }
  }
}
