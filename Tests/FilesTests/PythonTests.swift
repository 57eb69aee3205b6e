import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Both ways between these files and NumPy's and safetensors' own.
@Suite struct PythonTests {
  private func bytes(_ name: String, in folder: Folder) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name)))
  }

  @Test(.peer(.numpy)) func numpyReadsOurs() throws {
    let folder = try Folder()
    for (name, tensor) in Sample.named {
      let pieces = try FileFormat.npy.written([(name, tensor)])
      folder.write("\(name).npy", bytes: joined(pieces))
    }
    folder.write("m.npz", bytes: joined(try FileFormat.npz.written(Sample.named)))
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
    let result = Python.run(try #require(Peer.numpy.python), ["-c", program, folder.path])
    try #require(result.status == 0, "\(result.output)")
    for (name, tensor) in Sample.named {
      for ending in ["back", "big"] {
        let back = try tensors(try bytes("\(name).\(ending).npy", in: folder), "x.npy")[""]
        #expect(back.map(bits) == bits(tensor), "\(name) \(ending)")
      }
    }
    for archive in ["s.npz", "c.npz"] {
      let back = try tensors(try bytes(archive, in: folder), archive)
      for (name, tensor) in Sample.named { #expect(back[name].map(bits) == bits(tensor), "\(name) in \(archive)") }
      // Damaged, a compressed archive is refused like any other.
      let whole = try bytes(archive, in: folder)
      var random = SplitMix(9)
      for _ in 0..<1_000 {
        var edited = whole
        edited[Int.random(in: 0..<edited.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        _ = try? tensors(edited, archive, Reading(memoryLimit: 1 << 20))
      }
    }
    let table = try tensors(try bytes("t.csv", in: folder), "t.csv")[""]
    #expect(table?.shape == Sample.single.shape)
    #expect(table?.values.filter { !$0.isNaN } == Sample.single.values.filter { !$0.isNaN })
  }

  @Test(.peer(.safetensors)) func safetensorsReadsOurs() throws {
    let folder = try Folder()
    folder.write("m.safetensors", bytes: joined(try FileFormat.safetensors.written(Sample.named)))
    let program = """
      import sys, numpy as np
      from safetensors.numpy import load_file, save_file
      m = load_file(sys.argv[1])
      assert m["double"].dtype == np.float64 and m["mask"].dtype == bool and m["empty"].shape == (0, 3)
      m["half"] = np.array([1.5, -2], np.float16)
      m["count"] = np.array([[3], [-4]], np.int64)
      save_file(m, sys.argv[1], metadata={"made": "by a test"})
      """
    let result = Python.run(try #require(Peer.safetensors.python), ["-c", program, folder.path + "/m.safetensors"])
    try #require(result.status == 0, "\(result.output)")
    let back = try tensors(try bytes("m.safetensors", in: folder), "m.safetensors")
    for (name, tensor) in Sample.named { #expect(back[name].map(bits) == bits(tensor), "\(name)") }
    #expect(back["half"]?.values == [1.5, -2])
    #expect(back["count"]?.values == [3, -4])
  }
}
