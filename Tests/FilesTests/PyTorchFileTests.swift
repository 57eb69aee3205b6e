import Foundation
import Refusals
import Tensors
import TestSupport
import Testing

@testable import Files

/// Files of torch.save: tensors are read, nothing is run.
@Suite struct PyTorchFileTests {
  /// Writes a pickle of protocol 2.
  struct Pickler {
    var bytes: [UInt8] = [0x80, 2]

    mutating func text(_ text: String) {
      bytes += [UInt8(ascii: "X")] + UInt32(text.utf8.count).littleEndianBytes + Array(text.utf8)
    }

    mutating func integer(_ number: Int32) {
      bytes += [UInt8(ascii: "J")] + UInt32(bitPattern: number).littleEndianBytes
    }

    mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

    mutating func tuple(_ numbers: [Int32]) {
      bytes.append(UInt8(ascii: "("))
      for number in numbers { integer(number) }
      bytes.append(UInt8(ascii: "t"))
    }

    mutating func tensor(
      _ key: String, _ type: String = "FloatStorage", count: Int32, offset: Int32 = 0, _ extents: [Int32],
      _ strides: [Int32]
    ) {
      global("torch._utils", "_rebuild_tensor_v2")
      bytes += [UInt8(ascii: "("), UInt8(ascii: "(")]
      text("storage")
      global("torch", type)
      text(key)
      text("cpu")
      integer(count)
      bytes += [UInt8(ascii: "t"), UInt8(ascii: "Q")]
      integer(offset)
      tuple(extents)
      tuple(strides)
      bytes += [0x89, UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "R")]
    }

    /// As the one value of a dictionary.
    static func dictionary(_ name: String, _ write: (inout Pickler) -> Void) -> [UInt8] {
      var pickler = Pickler()
      pickler.bytes += [UInt8(ascii: "}"), UInt8(ascii: "(")]
      pickler.text(name)
      write(&pickler)
      return pickler.bytes + [UInt8(ascii: "u"), UInt8(ascii: ".")]
    }
  }

  static func archive(_ pickle: [UInt8], _ data: [Float]) throws -> [UInt8] {
    let elements = data.flatMap { $0.bitPattern.littleEndianBytes }
    return joined(
      try ZipFile.written([
        ("m/data.pkl", [Bytes(pickle)]), ("m/data/0", [Bytes(elements)]), ("m/version", [Bytes("3\n")]),
      ])
    )
  }

  static func sample() throws -> [UInt8] {
    try archive(Pickler.dictionary("w") { $0.tensor("0", count: 6, [2, 3], [3, 1]) }, [1, 2, 3, 4, 5, 6])
  }

  @Test func viewsAreLaidOut() throws {
    for (offset, extents, strides, expected) in [
      (0, [2, 3], [3, 1], [1, 2, 3, 4, 5, 6]), (0, [3, 2], [1, 3], [1, 4, 2, 5, 3, 6]), (2, [2], [1], [3, 4]),
      (1, [2, 2], [0, 2], [2, 4, 2, 4]), (5, [], [], [6]), (0, [0, 3], [3, 1], []), (3, [1, 2], [99, 1], [4, 5]),
    ] as [(Int32, [Int32], [Int32], [Double])] {
      let pickle = Pickler.dictionary("w") { $0.tensor("0", count: 6, offset: offset, extents, strides) }
      let found = try #require(try tensors(try Self.archive(pickle, [1, 2, 3, 4, 5, 6]), "m.pt")["w"])
      #expect(found.shape.extents == extents.map(Int.init) && found.values == expected)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    for (count, offset, extents, strides) in [
      (6, 0, [3, 3], [3, 1]), (7, 0, [7], [1]), (6, 6, [1], [1]), (6, -1, [1], [1]), (6, 0, [2], [1 << 30]),
      (6, 0, [-1], [1]), (6, 0, [2], [1, 1]), (1 << 30, 0, [1 << 30], [1]), (6, 1 << 30, [1], [1]),
    ] as [(Int32, Int32, [Int32], [Int32])] {
      let pickle = Pickler.dictionary("w") { $0.tensor("0", count: count, offset: offset, extents, strides) }
      #expect(!refusal(try Self.archive(pickle, [1, 2, 3, 4, 5, 6]), "m.pt").message.isEmpty, "\(extents) \(strides)")
    }
    // Axes of stride 0 cost nothing in the file; here they would.
    let wide = Pickler.dictionary("w") { $0.tensor("0", count: 6, [1 << 30, 1 << 20], [0, 0]) }
    let error = refusal(try Self.archive(wide, [1, 2, 3, 4, 5, 6]), "m.pt", Reading(memoryLimit: 1 << 20))
    #expect(error.message.contains("don't fit into memory"))
  }

  @Test(arguments: [
    "posix.system", "builtins.eval", "torch.nn.modules.linear.Linear", "numpy.core.multiarray._reconstruct",
  ])
  func nothingIsCalled(function: String) throws {
    let dot = try #require(function.lastIndex(of: "."))
    let pickle = Pickler.dictionary("w") { pickler in
      pickler.global(String(function[..<dot]), String(function[function.index(after: dot)...]))
      pickler.bytes.append(UInt8(ascii: "("))
      pickler.text("echo")
      pickler.bytes += [UInt8(ascii: "t"), UInt8(ascii: "R")]
    }
    let error = refusal(try Self.archive(pickle, [1]), "m.pt")
    #expect(error.message == "it asks Python to call '\(function)', and nothing in a file is run")
  }

  /// Values in themselves, a million deep in each other, doubled again and again.
  @Test func containersThatNeverEnd() throws {
    func refused(_ body: [UInt8]) throws -> String {
      refusal(try Self.archive([0x80, 2] + body + [UInt8(ascii: ".")], [1]), "m.pt").message
    }
    let list = UInt8(ascii: "]")
    let append = UInt8(ascii: "a")
    #expect(
      try refused([list, UInt8(ascii: "q"), 0, UInt8(ascii: "h"), 0, append]) == "its values lie too deep in each other"
    )
    let deep = [UInt8](repeating: list, count: 1_000_000) + [UInt8](repeating: append, count: 999_999)
    #expect(try refused(deep) == "its values lie too deep in each other")
    var doubled: [UInt8] = [list]
    for _ in 0..<60 { doubled += [UInt8(ascii: "2"), 0x86] }
    #expect(!(try refused(doubled)).isEmpty)
  }

  @Test(.peer(.torch)) func whatTorchWrites() throws {
    let folder = try Folder()
    let program = """
      import sys, torch, numpy as np
      torch.manual_seed(0)
      m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
      d = {"net." + k: v for k, v in m.state_dict().items()}
      x = torch.randn(3, 4, 5)
      d |= {"turned": x.permute(2, 0, 1), "part": x[1:, ::2, 3], "wide": x[:1, 0].expand(6, 5), "empty": torch.zeros(0, 3),
            "number": torch.tensor(2.5), "same": x}
      for t in "float64 float16 int64 int32 int16 int8 uint8 bool".split():
          d[t] = (torch.arange(6).reshape(2, 3) % 2).to(getattr(torch, t))
      np.savez(sys.argv[1] + "/m.npz", **{k: v.numpy() for k, v in d.items()})
      d["bfloat16"] = torch.tensor([1.5, -2], dtype=torch.bfloat16)
      nest = {"epoch": 3, "model": m.state_dict(), "optimiser": torch.optim.Adam(m.parameters()).state_dict(),
              "list": [torch.ones(1), (torch.zeros(2), "text", None)], 7: torch.nn.Parameter(torch.ones(2))}
      torch.save(d, sys.argv[1] + "/m.pt"); torch.save(nest, sys.argv[1] + "/nest.pt")
      torch.save(m.state_dict(), sys.argv[1] + "/old.pt", _use_new_zipfile_serialization=False)
      """
    let result = Python.run(try #require(Peer.torch.python), ["-c", program, folder.path])
    try #require(result.status == 0, "\(result.output)")
    func bytes(_ name: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name)))
    }
    let (ours, numpys) = (try tensors(try bytes("m.pt"), "m.pt"), try tensors(try bytes("m.npz"), "m.npz"))
    for (name, tensor) in numpys {
      #expect(ours[name]?.shape == tensor.shape && ours[name].map(bits) == bits(tensor), "\(name)")
    }
    #expect(ours["bfloat16"]?.values == [1.5, -2])
    let nest = try tensors(try bytes("nest.pt"), "nest.pt")
    #expect(nest["model.0.weight"]?.shape.extents == [4, 3] && nest["list.1.0"]?.values == [0, 0])
    #expect(nest["7"]?.values == [1, 1] && nest["epoch"] == nil)
    #expect(refusal(try bytes("old.pt"), "old.pt").message.contains("before 1.6"))
  }
}
