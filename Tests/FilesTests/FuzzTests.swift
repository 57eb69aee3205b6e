import Files
import Refusals
import Tensors
import TestSupport
import Testing

/// Damaged files: an error of one line, or another tensor, never a crash or a large allocation.
@Suite struct FuzzTests {

  static let samples: [(path: String, bytes: [UInt8])] = {
    var samples: [(String, [UInt8])] = []
    for (format, named) in [
      (FileFormat.npy, [Sample.named[0]]), (.npz, Sample.named), (.safetensors, Sample.named),
      (.csv, [Sample.named[0]]), (.tsv, [Sample.named[2]]),
    ] {
      guard let pieces = try? format.written(named) else { continue }
      samples.append(("f.\(format.name)", joined(pieces)))
    }
    for (format, named) in [(FileFormat.npy, [Sample.named[0]]), (.csv, [Sample.named[0]]), (.npz, Sample.named)] {
      guard let pieces = try? format.written(named, path: "f.\(format.name).gz") else { continue }
      samples.append(("f.\(format.name).gz", joined(pieces)))
    }
    samples.append(("f.csv", Array("# a, b\r\n\"a\"\"b\";c\r\n1,5;NA # note\r\n;\"2\r\n3\"\r\n".utf8)))
    samples.append(("f.idx", [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    if let archive = try? PyTorchFileTests.sample() { samples.append(("f.pt", archive)) }
    samples.append(("f.json", Array(#"{"a":[1,-2.5e3,"\u00e9\n",true,null,{"b":{}}]}"#.utf8)))
    return samples
  }()

  private func survives(_ bytes: [UInt8], _ path: String) {
    do throws(Refusal) {
      if path == "f.json" {
        _ = try JSON(Bytes(bytes))
      } else {
        _ = try tensors(bytes, path, Reading(memoryLimit: 1 << 20))
      }
    } catch {
      #expect(!error.message.isEmpty && error.message.utf8.count < 300)
      #expect(!error.message.contains { $0.isNewline }, "\(error.message)")
    }
  }

  @Test(arguments: samples.indices) func truncated(sample: Int) {
    let (path, bytes) = Self.samples[sample]
    for length in 0..<bytes.count { survives(Array(bytes[..<length]), path) }
  }

  @Test(arguments: samples.indices) func edited(sample: Int) {
    let (path, bytes) = Self.samples[sample]
    var random = SplitMix(sample)
    for _ in 0..<4_000 {
      var bytes = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        guard !bytes.isEmpty else { break }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = [0, 1, 127, 128, 255].randomElement(using: &random) ?? 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: bytes.replaceSubrange(place..<min(place + 4, bytes.count), with: [255, 255, 255, 255])
        }
      }
      survives(bytes, path)
    }
  }

  @Test func lyingHeaders() {
    func message(_ bytes: [UInt8], _ path: String) -> String {
      do throws(Refusal) {
        _ = try tensors(bytes, path, Reading(memoryLimit: 1 << 20))
        return ""
      } catch { return error.message }
    }
    func npy(_ dictionary: String) -> [UInt8] {
      [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(dictionary.utf8.count), 0] + Array(dictionary.utf8)
    }
    #expect(
      message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000)}"), "a.npy").contains(
        "cut short"))
    #expect(
      message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}"), "a.npy").contains("its shape [-1, 4]"))
    #expect(
      message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9)}"), "a.npy").contains(
        "its shape"))
    #expect(
      message(npy("{'descr': '<U5', 'fortran_order': False, 'shape': (1,)}"), "a.npy").contains(
        "it holds '<U5' elements"))
    #expect(
      message(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "a.npy").contains("structured"))
    #expect(message(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "a.npy").contains("'|O'"))
    #expect(message([255, 255, 255, 255, 255, 255, 255, 127, 0x7B], "a.safetensors").contains("its header claims"))
    #expect(message([0, 0, 8, 3] + [UInt8](repeating: 255, count: 12), "a.idx").contains("its shape"))
    func safetensors(_ header: String, _ data: Int) -> [UInt8] {
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: data)
    }
    let overlap =
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#
    #expect(message(safetensors(overlap, 6), "a.safetensors") == "two tensors in it share bytes")
    let long = #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,15]}}"#
    #expect(message(safetensors(long, 16), "a.safetensors").contains("disagree"))
    #expect(
      message(safetensors(#"{"a":{"dtype":"C64","shape":[],"data_offsets":[0,8]}}"#, 8), "a.safetensors")
        == "it holds C64 elements, which can't be read")
    #expect(message(Array("1,2\n3\n".utf8), "a.csv") == "line 2 has 1 column; the lines before have 2")
    #expect(message(Array("1,2\n3,x4\n".utf8), "a.csv") == "'x4' stands where a number should, at line 2, column 2")
    #expect(message(Array("1,2\n,4\n".utf8), "a.csv") == "nothing stands where a number should, at line 2, column 1")
    #expect(message(Array("1,2\n0x10,4\n".utf8), "a.csv").contains("'0x10'"))
    #expect(message([0x1F, 0x8B, 8], "a.gz") == "its compressed data is cut short")
    #expect(message([1, 2, 3], "a.bin") == "its format isn't known")
  }

  @Test func aBombIsRefusedBeforeItIsUnpacked() throws {
    // An archive whose one file claims 2 GiB in 100 bytes.
    var bytes = joined(try FileFormat.npz.written([("w", Sample.single)]))
    let listed = try #require((0..<bytes.count - 4).last { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    bytes[listed + 10] = 8
    bytes.replaceSubrange(listed + 24..<listed + 28, with: [0, 0, 0, 0x80])
    #expect(throws: Refusal.self) { try tensors(bytes, "a.npz") }
  }

  @Test func nestedJSONIsRefused() {
    #expect(throws: Refusal("its JSON is nested more than 100 deep")) {
      try JSON(Bytes(String(repeating: "[", count: 100_000)))
    }
    #expect(throws: Refusal("its JSON has the name 'a' twice")) { try JSON(Bytes(#"{"a":1,"a":2}"#)) }
    #expect(throws: Refusal("its JSON makes no sense at byte 1")) { try JSON(Bytes("01")) }
  }

  @Test func JSONReadsBack() throws {
    let text = #"{"a":[1,-2500,0.1,"é\n\"\\😀",true,null],"b":{"c":{},"d":[]}}"#
    #expect(try JSON(Bytes(text)).text == text)
    #expect(try JSON(Bytes(#" "\ud83d\ude00\u0041\/" "#)) == .string("😀A/"))
    #expect(throws: Refusal("its JSON has half a character, \\ud83d, at byte 2")) { try JSON(Bytes(#""\ud83d""#)) }
  }
}
