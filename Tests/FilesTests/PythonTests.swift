import Files
import Foundation
import Peers
import Tensors
import Testing

/// Both ways between these files and NumPy's and safetensors' own.
@Suite struct PythonTests {
  private static let numpy = Python.with("numpy")
  private static let safetensors = Python.with("numpy", "safetensors.numpy")

  private func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("gradus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  private func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

  @Test(.enabled(if: numpy != nil, "python3 with numpy: make peers")) func numpyReadsOurs() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, tensor) in Sample.named {
      let pieces = try TensorFile.written([(name, tensor)], as: .npy)
      try Data(joined(pieces)).write(to: folder.appendingPathComponent("\(name).npy"))
    }
    try Data(joined(try TensorFile.written(Sample.named, as: .npz))).write(to: folder.appendingPathComponent("m.npz"))
    let program = """
      import sys, numpy as np
      m = np.load(sys.argv[1] + "/m.npz")
      for n in m.files:
          a, b = m[n], np.load(sys.argv[1] + "/" + n + ".npy")
          assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes(), n
          np.save(sys.argv[1] + "/" + n + ".back.npy", np.asfortranarray(a))
          np.save(sys.argv[1] + "/" + n + ".big.npy", a.astype(a.dtype.newbyteorder(">")))
      np.savez(sys.argv[1] + "/s.npz", **{n: m[n] for n in m.files})
      np.savez_compressed(sys.argv[1] + "/c.npz", **{n: m[n] for n in m.files})
      np.savetxt(sys.argv[1] + "/t.csv", m["single"], delimiter=",", header="a,b,c,d", comments="")
      """
    let result = Python.run(try #require(Self.numpy), ["-c", program, folder.path])
    try #require(result.status == 0, "\(result.output)")
    for (name, tensor) in Sample.named {
      for ending in ["back", "big"] {
        let back = try tensors(try bytes(folder.appendingPathComponent("\(name).\(ending).npy")), "x.npy")[""]
        #expect(back.map(bits) == bits(tensor), "\(name) \(ending)")
      }
    }
    for archive in ["s.npz", "c.npz"] {
      let back = try tensors(try bytes(folder.appendingPathComponent(archive)), archive)
      for (name, tensor) in Sample.named { #expect(back[name].map(bits) == bits(tensor), "\(name) in \(archive)") }
      // Damaged, a compressed archive is refused like any other.
      let whole = try bytes(folder.appendingPathComponent(archive))
      var random = SplitMix(state: 9)
      for _ in 0..<1_000 {
        var edited = whole
        edited[Int.random(in: 0..<edited.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        _ = try? tensors(edited, archive, Reading(memoryLimit: 1 << 20))
      }
    }
    let table = try tensors(try bytes(folder.appendingPathComponent("t.csv")), "t.csv")[""]
    #expect(table?.shape == Sample.single.shape)
    #expect(table?.values.filter { !$0.isNaN } == Sample.single.values.filter { !$0.isNaN })
  }

  @Test(.enabled(if: safetensors != nil, "python3 with safetensors: make peers")) func safetensorsReadsOurs() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("m.safetensors")
    try Data(joined(try TensorFile.written(Sample.named, as: .safetensors))).write(to: file)
    let program = """
      import sys, numpy as np
      from safetensors.numpy import load_file, save_file
      m = load_file(sys.argv[1])
      assert m["double"].dtype == np.float64 and m["mask"].dtype == bool and m["empty"].shape == (0, 3)
      m["half"] = np.array([1.5, -2], np.float16)
      m["count"] = np.array([[3], [-4]], np.int64)
      save_file(m, sys.argv[1], metadata={"made": "by a test"})
      """
    let result = Python.run(try #require(Self.safetensors), ["-c", program, file.path])
    try #require(result.status == 0, "\(result.output)")
    let back = try tensors(try bytes(file), "m.safetensors")
    for (name, tensor) in Sample.named { #expect(back[name].map(bits) == bits(tensor), "\(name)") }
    #expect(back["half"]?.values == [1.5, -2])
    #expect(back["count"]?.values == [3, -4])
  }
}
