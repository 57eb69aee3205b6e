import Foundation
import TestSupport
import Testing

/// The kernels on another processor, which is emulated.
@Suite struct ProcessorTests {
  /// All but what the system's own mathematics gives is the same bits.
  @Test(.peer(.arm), .slow) func kernelsGiveTheSameBitsOnARM() throws {
    let folder = try Folder()
    let root = Checkout.root.path
    let result = Python.run(
      try #require(Peer.arm.python),
      [root + "/Tests/Fixtures/processors/compare.py", root + "/Sources/CKernels", folder.path])
    #expect(result.status == 0 && result.output.contains("of them the same bits"), "\(result.output)")
  }
}
