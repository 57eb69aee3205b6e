import Files
import Foundation
import Refusals
import Tensors
import TestSupport
import Testing

/// Small files that were reported as misread, each with what it has to give.
@Suite struct ReportedTests {
  private static func bytes(_ name: String) throws -> Bytes {
    Bytes([UInt8](try Data(contentsOf: Checkout.root.appendingPathComponent("Tests/Fixtures/console/" + name))))
  }

  @Test(
    arguments: [
      ("comment_mid.csv", [2, 2], [1, 2, 3, 4]), ("comment_tail.csv", [2, 2], [1, 2, 3, 4]),
      ("cr_only.csv", [3, 2], [1, 2, 3, 4, 5, 6]), ("int24.csv", [2, 2], [16_777_217, 2, 16_777_219, 3]),
      ("quotedcommahdr.csv", [2, 2], [1, 2, 3, 4]), ("savetxt_hdr.csv", [2, 3], [1, 2, 3, 4, 5, 6]),
      ("semicolon1.csv", [1, 3], [1, 2, 3]), ("spaces1.csv", [1, 3], [1, 2, 3]),
    ] as [(String, [Int], [Double])]) func tables(name: String, extents: [Int], values: [Double]) throws
  {
    let tensor = try TensorFile(try Self.bytes(name), path: name).entries[0].read(Reading())
    #expect(tensor.shape == Shape(extents) && tensor.values == values)
  }

  @Test(arguments: [
    ("na_first.csv", "'NA' stands where a number should, at line 1, column 2"),
    ("nullfirst.csv", "'null' stands where a number should, at line 1, column 2"),
    ("quoteddecimal1.csv", "'1,5' stands where a number should, at line 1, column 1"),
    ("int53.csv", "'9007199254740993' is a whole number that float64 can't hold exactly, at line 1, column 1"),
    ("trailing.safetensors", "4 bytes follow its last tensor"),
    ("hole.safetensors", "the bytes before 'w' in it belong to no tensor"),
  ]) func refused(name: String, message: String) throws {
    #expect(refusal(try Self.bytes(name).array, name).message == message)
  }

  /// A member that can't be read hurts only whoever asks for it.
  @Test(arguments: [
    ("obj.npz", "w", "meta", "it holds '|O' elements; numbers and bools can be read"),
    ("str.npz", "w", "names", "it holds '<U1' elements; numbers and bools can be read"),
  ]) func neighboursAreRead(name: String, good: String, bad: String, message: String) throws {
    let entries = try TensorFile(try Self.bytes(name), path: name).entries
    #expect(Set(entries.map(\.name)) == [good, bad])
    for entry in entries {
      let listing = try entry.listing(Reading())
      #expect(listing.flaw?.message == (entry.name == bad ? message : nil))
      do throws(Refusal) {
        _ = try entry.read(Reading())
        #expect(entry.name == good)
      } catch { #expect(entry.name == bad && error.message == message) }
    }
  }

  @Test func membersMayBePackedDifferently() throws {
    let tensors = try tensors(try Self.bytes("mixbz2.npz").array, "mixbz2.npz")
    #expect(Set(tensors.keys) == ["v", "w"])
  }

  @Test func eightBits() throws {
    let tensors = try tensors(try Self.bytes("f8mix.safetensors").array, "f8mix.safetensors")
    #expect(tensors["v"]?.values.count == 1 && tensors["w"]?.shape == Shape([2]))
  }

  @Test(arguments: [("noext.npz", "v"), ("cp.npz", "äAAA"), ("esc2.safetensors", "a\u{1B}[31m\u{9B}31mX\u{202E}b")])
  func namesOfMembers(name: String, member: String) throws {
    let entries = try TensorFile(try Self.bytes(name), path: name).entries
    #expect(entries.map(\.name) == [member])
    #expect(try entries[0].read(Reading()).values.allSatisfy { $0 == 1 } || name.hasSuffix("safetensors"))
  }
}
