import Files
import Foundation
import Refusals
import Tensors
import TestSupport
import Testing

/// HDF5 in both of its forms, whole and damaged; what h5py and Keras write is compared in `NetworkTests`.
@Suite struct HDF5FileTests {
  private static let names = ["sample.h5", "sample2.h5"]

  private static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Checkout.root.appendingPathComponent("Tests/Fixtures/networks/" + name)))
  }

  @Test func bothFormsAreRead() throws {
    let old = try tensors(try Self.bytes("sample.h5"), "a.h5")
    #expect(old["a.w"]?.values == (0..<30).map(Double.init) && old["a.w"]?.shape == Shape([5, 6]))
    #expect(old["a.b"]?.type == .float64 && old["m"]?.type == .bool && old["m"]?.values == [1, 0])
    let new = try tensors(try Self.bytes("sample2.h5"), "a.h5")
    #expect(new["a.w"]?.values == old["a.w"]?.values && new["b"]?.values == [0, 1, 2])
  }

  @Test(arguments: names) func damagedOnesAreRefused(name: String) throws {
    let whole = try Self.bytes(name)
    func survives(_ bytes: [UInt8]) {
      let refusal = refusal(bytes, "a.h5", Reading(memoryLimit: 1 << 20))
      #expect(refusal.message.utf8.count < 300 && !refusal.message.contains(where: \.isNewline), "\(refusal)")
    }
    for length in stride(from: 0, to: whole.count, by: 37) { survives(Array(whole[..<length])) }
    var random = SplitMix(5)
    for _ in 0..<1_500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = [0, 1, 127, 255, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      survives(bytes)
    }
    // Where lengths and addresses are, all that they can be.
    for place in whole.indices where whole[place] != 0 && place % 2 == 0 {
      var bytes = whole
      bytes.replaceSubrange(
        place..<min(place + 8, bytes.count), with: [255, 255, 255, 255, 255, 255, 255, 127].prefix(bytes.count - place))
      survives(bytes)
    }
  }

  @Test func whatIsNoNetworkOfKerasSaysSo() throws {
    let zip = joined(try FileFormat.npz.written([(name: "x", tensor: Tensor(1))]))
    #expect(refusal(zip, "net.keras").message.isEmpty)
    #expect(refusal(Array("nothing".utf8), "net.keras").message.contains("zip"))
  }
}
