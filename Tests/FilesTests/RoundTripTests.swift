import Files
import Tensors
import Testing

/// What is written reads back, bit for bit.
@Suite struct RoundTripTests {
  private func expectSame(_ a: Tensor?, _ b: Tensor, _ comment: Comment) {
    #expect(a?.shape == b.shape, comment)
    #expect(a?.type == b.type, comment)
    #expect(a.map(bits) == bits(b), comment)
  }

  @Test func npy() throws {
    for (name, tensor) in Sample.named {
      let bytes = joined(try FileFormat.npy.written([(name, tensor)]))
      expectSame(try tensors(bytes, "w.npy")[""], tensor, "\(name)")
      #expect((bytes.count - tensor.count * tensor.type.stride) % 64 == 0)
    }
  }

  @Test(arguments: FileFormat.written.filter(\.holdsSeveral)) func several(format: FileFormat) throws {
    let bytes = joined(try format.written(Sample.named))
    let back = try tensors(bytes, "m.\(format.name)")
    #expect(back.count == Sample.named.count)
    for (name, tensor) in Sample.named { expectSame(back[name], tensor, "\(name)") }
    #expect(try TensorFile(Bytes(bytes), path: "m.\(format.name)").entries.map(\.name) == Sample.named.map(\.name))
  }

  @Test(arguments: [FileFormat.csv, .tsv]) func tables(format: FileFormat) throws {
    for type in [ElementType.float32, .float64] {
      let matrix = Tensor(specials + [1e300], shape: Shape([4, 3]), type: type)
      let bytes = joined(try format.written([("", matrix)]))
      let back = try #require(try tensors(bytes, "t.\(format.name)", Reading(defaultType: type))[""])
      #expect(back.shape == matrix.shape)
      #expect(back.values.map { $0.isNaN ? 0 : $0.bitPattern } == matrix.values.map { $0.isNaN ? 0 : $0.bitPattern })
    }
    let vector = Tensor([1, 2.5], shape: Shape([2]), type: .float32)
    expectSame(try tensors(joined(try format.written([("", vector)])), "t.\(format.name)")[""], vector, "")
  }

  @Test func everyKindOfNumberIsRead() throws {
    func npy(_ code: String, _ data: [UInt8], shape: String = "(2,)", order: String = "False") throws -> Tensor? {
      var header = "{'descr': '\(code)', 'fortran_order': \(order), 'shape': \(shape), }"
      header += String(repeating: " ", count: 117 - header.count) + "\n"
      let start: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 2, 0, 118, 0, 0, 0]
      return try tensors(start + Array(header.utf8) + data, "x.npy")[""]
    }
    #expect(try npy("|u1", [1, 255])?.values == [1, 255])
    #expect(try npy("|i1", [1, 255])?.values == [1, -1])
    #expect(try npy("<i2", [1, 0, 0, 255])?.values == [1, -256])
    #expect(try npy(">i2", [1, 0, 0, 255])?.values == [256, 255])
    #expect(try npy(">u4", [1, 0, 0, 1, 0, 0, 0, 9])?.values == [16_777_217, 9])
    #expect(try npy(">u4", [1, 0, 0, 1, 0, 0, 0, 9])?.type == .float64)
    #expect(try npy("<i8", [3, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 255, count: 8))?.values == [3, -1])
    #expect(try npy("<f2", [0, 0x3C, 1, 0])?.values == [1, 0x1p-24])
    #expect(try npy("<f2", [0, 0xFC, 0, 0x80])?.values == [-.infinity, 0])
    #expect(try npy(">f4", [0x40, 0x49, 0x0F, 0xDB, 0x80, 0, 0, 0])?.values == [3.1415927410125732, -0.0])
    #expect(try npy(">f8", [0x3F, 0xF8] + [UInt8](repeating: 0, count: 14))?.values == [1.5, 0])
    #expect(try npy("|b1", [7, 0])?.values == [1, 0])
    #expect(try npy("<f4", [], shape: "(0, 99999999999)")?.shape == Shape([0, 99_999_999_999]))
    let columns = try npy("|u1", [1, 4, 2, 5, 3, 6], shape: "(2, 3)", order: "True")
    #expect(columns?.values == [1, 2, 3, 4, 5, 6])
    let deep = try npy("|u1", Array(0..<24), shape: "(2, 3, 4)", order: "True")
    #expect(deep?[flat: 1 * 12 + 2 * 4 + 3] == Double(1 + 2 * 2 + 3 * 6))
  }

  @Test func tablesAsOthersWriteThem() throws {
    let text = "\u{FEFF}\"a\",b , c\r\n1, 2.5,\"-3e2\"\r\n\r\n+4,.5,Infinity\r\n"
    let table = try tensors(Array(text.utf8), "t.csv")[""]
    #expect(table?.shape == Shape([2, 3]))
    #expect(table?.values == [1, 2.5, -300, 4, 0.5, .infinity])
    #expect(try tensors(Array("1\t2\n3\tnan".utf8), "t.tsv")[""]?.shape == Shape([2, 2]))
    #expect(try tensors([], "t.csv")[""]?.shape == Shape([0, 0]))
    #expect(try tensors(Array("a,b\n".utf8), "t.csv")[""]?.shape == Shape([0, 2]))
  }

  @Test func digitsInTheMNISTFormat() throws {
    let bytes: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 255]
    let images = try tensors(bytes, "train-images-idx3-ubyte")[""]
    #expect(images?.shape == Shape([2, 1, 2]))
    #expect(images?.values == [9, 8, 7, 255])
  }

  @Test func halvesAndBrainFloatsOfSafetensors() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"#
      + #""b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},"e":{"dtype":"I64","shape":[0,4],"data_offsets":[4,4]}}"#
    let bytes = [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0xC0, 0x40, 0x40]
    let back = try tensors(bytes, "m.safetensors")
    #expect(back["h"]?.values == [-2])
    #expect(back["b"]?.values == [3])
    #expect(back["e"]?.shape == Shape([0, 4]))
  }
}
