import Refusals
import Tensors
import TestSupport
import Testing

@testable import Files

/// Archives and packed files that are odd, damaged or hostile.
@Suite struct ArchiveTests {
  private func header(_ text: String, _ data: [UInt8]) -> [UInt8] {
    let length = text.utf8.count
    return (0..<8).map { UInt8(length >> (8 * $0) & 255) } + Array(text.utf8) + data
  }

  private func message(_ header: String, _ count: Int) -> String {
    refusal(self.header(header, [UInt8](repeating: 0, count: count)), "m.safetensors").message
  }

  private static let one = #""dtype":"U8","shape":[4],"data_offsets""#

  /// What the safetensors library refuses.
  @Test(arguments: [
    (#"{"w":{\#(one):[0,4]}}"#, 5, "1 byte follows its last tensor"),
    (#"{"w":{\#(one):[0,4]}}"#, 3, "it is cut short: its tensors need 4 bytes; 3 are there"),
    (#"{"w":{\#(one):[1,5]}}"#, 5, "the bytes before 'w' in it belong to no tensor"),
    (#"{"a":{\#(one):[0,4]},"b":{\#(one):[5,9]}}"#, 9, "the bytes before 'b' in it belong to no tensor"),
    (#"{"a":{\#(one):[0,4]},"b":{\#(one):[3,7]}}"#, 7, "two tensors in it share bytes"),
    (#"{"a":{\#(one):[0,4]},"a":{\#(one):[4,8]}}"#, 8, "its JSON has the name 'a' twice"),
    (#"{"w":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#, 4, "that aren't whole numbers"),
    (#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4e0]}}"#, 4, "that aren't whole numbers"),
    (#"{"w":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#, 4, "that aren't whole numbers"),
    (#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[-0,4]}}"#, 4, "that aren't whole numbers"),
    (#"{"w":{"dtype":"U8","shape":[5],"data_offsets":[0,4]}}"#, 4, "its shape and its offsets disagree"),
    (#"{"w":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, 1, "its shape and its offsets disagree"),
    (#"{"w":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,4]}}"#, 4, "disagree"),
    (#"{"w":{"dtype":"U8","shape":[4]}}"#, 4, "'w' in it lacks dtype, shape or data_offsets"),
    (#"{"w":{\#(one):[0,4]},"__metadata__":[1]}"#, 4, "its '__metadata__' holds more than texts"),
    (#"{"w":{\#(one):[0,4]},"__metadata__":{"a":1}}"#, 4, "its '__metadata__' holds more than texts"),
    (#"{"w":{\#(one):[0,4]}}x"#, 4, "its JSON makes no sense"), (#"[1]"#, 0, "its header is no JSON object"),
    (#"{}"#, 1, "1 byte follows its last tensor"),
  ]) func safetensorsThatItsLibraryRefuses(text: String, count: Int, message: String) {
    #expect(self.message(text, count).contains(message), "\(self.message(text, count))")
  }

  @Test(arguments: [
    #"{"w":{\#(one):[0,4]},"__metadata__":null}"#, #"{"w":{\#(one):[0,4]},"__metadata__":{"format":"pt"}}"#,
    #" {"w":{\#(one):[0,4],"x":1}}  "#,
    #"{"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"w":{\#(one):[0,4]}}"#,
    #"{"w":{\#(one):[0,4]},"e":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}"#,
  ]) func safetensorsThatItsLibraryReads(text: String) {
    #expect(self.message(text, 4).isEmpty, "\(self.message(text, 4))")
  }

  /// Types that are listed, their neighbours read.
  @Test func typesThatAreNotRead() throws {
    let text =
      #"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F4","shape":[2],"data_offsets":[8,9]},"#
      + #""c":{"dtype":"Q9","shape":[1],"data_offsets":[9,12]},"d":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"#
      + #""data_offsets":[12,13]},"w":{"dtype":"U16","shape":[1],"data_offsets":[13,15]}}"#
    let file = try TensorFile(Bytes(header(text, [UInt8](repeating: 1, count: 15))), path: "m.safetensors")
    let flaws = try file.entries.map { try $0.listing(Reading()).flaw != nil }
    #expect(flaws == [true, true, true, true, false])
    #expect(try file.entries[4].read(Reading()).values == [257])
    #expect(try file.entries[3].listing(Reading()).shape == "1×1×1×1×1×1×1×1×1")
  }

  @Test func theNameOfTheMetadataIsNotATensors() {
    do throws(Refusal) {
      _ = try FileFormat.safetensors.written([("__metadata__", Sample.single)])
      Issue.record("it was written")
    } catch { #expect(error.message == "'__metadata__' is no tensor's name in safetensors files") }
    for format in FileFormat.written where format.holdsSeveral {
      #expect(throws: Refusal.self) { try format.written([("a", Sample.single), ("a", Sample.single)]) }
      #expect(throws: Refusal.self) { try format.written([("", Sample.single)]) }
    }
  }

  /// Other bytes in front of an archive, as in those that unpack themselves, or behind it.
  @Test func archivesAmongOtherBytes() throws {
    let archive = joined(try FileFormat.npz.written(Sample.named))
    for bytes in [Array("#!/bin/sh\n".utf8) + archive, archive + [0, 1, 2]] {
      let found = try tensors(bytes, "m.npz")
      for (name, tensor) in Sample.named { #expect(found[name].map(bits) == bits(tensor)) }
    }
  }

  @Test func twoMembersOfOneName() throws {
    var bytes = joined(try FileFormat.npz.written([("a", Sample.single), ("b", Sample.mask)]))
    for place in bytes.indices.dropLast(4) where Array(bytes[place..<place + 5]) == Array("b.npy".utf8) {
      bytes[place] = UInt8(ascii: "a")
    }
    let entries = try TensorFile(Bytes(bytes), path: "m.npz").entries
    #expect(entries.map(\.name) == ["a", "a"])
    #expect(refusal(bytes, "m.npz").message == "its name is there twice")
  }

  // MARK: gzip

  @Test(arguments: FileFormat.written) func everyFormatIsPackedToo(format: FileFormat) throws {
    let named: [TensorFile.Member] = format.holdsSeveral ? Sample.named : [Sample.named[0]]
    let path = "m\(format.endings[0]).gz"
    #expect(FileFormat(path: path)?.name == format.name)
    let bytes = joined(try format.written(named, path: path))
    #expect(bytes.starts(with: [0x1F, 0x8B]))
    let found = try tensors(bytes, path)
    for (name, tensor) in named {
      let back = found[format.holdsSeveral ? name : ""]
      #expect(back?.shape == tensor.shape && back.map(bits) == bits(tensor))
    }
    for count in stride(from: 1, to: bytes.count, by: max(bytes.count / 50, 1)) {
      #expect(refusal(Array(bytes[..<count]), path) != Refusal(""), "\(count)")
    }
    #expect(try tensors(bytes + [0, 0, 0], path).count == found.count)
    #expect(refusal(bytes + [1, 2, 3], path).message == "more follows its compressed data")
  }

  /// Several packed pieces one after the other are one file.
  @Test func packedPiecesFollowEachOther() throws {
    func packed(_ text: String) throws -> [UInt8] {
      joined(try FileFormat.csv.written([("", try tensor(text))], path: "a.csv.gz"))
    }
    #expect(try tensors(try packed("1,2\n") + packed("3,4\n"), "a.csv.gz")[""]?.values == [1, 2, 3, 4])
  }

  /// A small file that unpacks to much more than its header asks for isn't unpacked further.
  @Test func aBombCostsNoMemory() throws {
    let zeros = Tensor(shape: Shape([1 << 26]), type: .bool, storage: Storage(zeroed: 1 << 26))
    var pieces = try FileFormat.npy.written([("", zeros)])
    pieces[0] = try FileFormat.npy.written([("", Tensor([1, 2], shape: Shape([2]), type: .float32))])[0]
    let bomb = joined(try Zlib.deflated(pieces, .gzip))
    #expect(bomb.count < 1 << 18)
    let reading = Reading(memoryLimit: 1 << 20)
    let file = try TensorFile(ByteSource(Bytes(bomb)), path: "a.npy.gz", memoryLimit: 1 << 20)
    #expect(try file.entries[0].read(reading).values == [0, 0])
  }
}
