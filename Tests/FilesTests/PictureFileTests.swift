import Foundation
import Refusals
import Tensors
import TestSupport
import Testing

@testable import Files

/// Pictures as tensors: height, width, channels.
@Suite struct PictureFileTests {
  // MARK: PNG

  private static func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + content
    let checksum = (try? Checksum.of([Bytes(body)])) ?? 0
    return UInt32(content.count).bigEndianBytes + body + checksum.bigEndianBytes
  }

  /// A picture whose rows aren't compressed.
  static func png(
    width: Int, height: Int, kind: UInt8, depth: UInt8 = 8, rows: [UInt8], besides: [(String, [UInt8])] = []
  ) -> [UInt8] {
    let header = UInt32(width).bigEndianBytes + UInt32(height).bigEndianBytes + [depth, kind, 0, 0, 0]
    let stride = rows.count / height
    let lines = (0..<height).flatMap { [0] + rows[$0 * stride..<($0 + 1) * stride] }
    var (a, b) = (1, 0)
    for byte in lines {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let length = UInt16(lines.count)
    let stored = [0x78, 1, 1] + length.littleEndianBytes + (~length).littleEndianBytes + lines
    let data = stored + UInt32(b << 16 | a).bigEndianBytes
    return [0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A] + chunk("IHDR", header)
      + besides.flatMap { chunk($0.0, $0.1) } + chunk("IDAT", data) + chunk("IEND", [])
  }

  private func read(_ bytes: [UInt8], _ path: String) throws -> Tensor { try #require(try tensors(bytes, path)[""]) }

  @Test func samplesOfEveryKind() throws {
    let grey = try read(Self.png(width: 3, height: 2, kind: 0, rows: [0, 10, 20, 30, 40, 255]), "a.png")
    #expect(grey.shape.extents == [2, 3] && grey.values == [0, 10, 20, 30, 40, 255])
    let colours = Array(0..<12 as Range<UInt8>)
    let colour = try read(Self.png(width: 2, height: 2, kind: 2, rows: colours), "a.png")
    #expect(colour.shape.extents == [2, 2, 3] && colour.values == colours.map(Double.init))
    let both = try read(Self.png(width: 2, height: 1, kind: 4, rows: [7, 255, 9, 0]), "a.png")
    #expect(both.shape.extents == [1, 2, 2] && both.values == [7, 255, 9, 0])
    let four = try read(Self.png(width: 1, height: 2, kind: 6, rows: [1, 2, 3, 255, 5, 6, 7, 128]), "a.png")
    #expect(four.shape.extents == [2, 1, 4] && four.values == [1, 2, 3, 255, 5, 6, 7, 128])
    let palette = Self.png(
      width: 2, height: 1, kind: 3, rows: [1, 0], besides: [("PLTE", [9, 8, 7, 30, 20, 10])])
    #expect(try read(palette, "a.png").values == [30, 20, 10, 9, 8, 7])
    let wide = Self.png(width: 1, height: 1, kind: 0, depth: 16, rows: [255, 255])
    let file = try TensorFile(Bytes(wide), path: "a.png")
    #expect(try file.entries[0].contents(Reading()).notes == ["its samples of 16 bits were made ones of 8"])
  }

  @Test func whatLiesOrIsCutShort() {
    let whole = Self.png(width: 2, height: 2, kind: 0, rows: [1, 2, 3, 4])
    for length in 8..<whole.count - 12 {
      #expect(!refusal(Array(whole[..<length]), "a.png").message.isEmpty, "\(length)")
    }
    var large = Self.png(width: 2, height: 2, kind: 0, rows: [1, 2, 3, 4])
    large.replaceSubrange(16..<24, with: [0, 8, 0, 0, 0, 8, 0, 0])
    #expect(refusal(large, "a.png", Reading(memoryLimit: 1 << 20)).message.contains("don't fit into memory"))
    #expect(refusal(Array("P5 3 3 255\n".utf8) + [1, 2], "a.pgm").message == "it is cut short")
    #expect(refusal(Array("P2 2 1 9 4 12".utf8), "a.pgm").message == "sample 1 is no number up to 9")
    #expect(refusal(Array("P2 99999999999 1 9 4".utf8), "a.pgm").message == "its header makes no sense")
  }

  @Test func plainPictures() throws {
    let text = try read(Array("P2 # grey\n3 1\n# most\n255\n0 128 255\n".utf8), "a.pgm")
    #expect(text.shape.extents == [1, 3] && text.values == [0, 128, 255])
    let colour = try read(Array("P6\n1 2\n255\n".utf8) + [1, 2, 3, 4, 5, 6], "a.ppm")
    #expect(colour.shape.extents == [2, 1, 3] && colour.values == [1, 2, 3, 4, 5, 6])
    let wide = try read(Array("P5 2 1 1000 ".utf8) + [1, 0, 3, 232], "a.pgm")
    #expect(wide.values == [256, 1000])
  }

  // MARK: JPEG

  private static let (grey, colour) = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
      + "AQEBAQEBAQEBAQEBAQH/wAALCAADAAQBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
      + "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
      + "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
      + "4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APzt/Zt+BHwg/wCFTeH/APigdB/j/wCWM/8Azxtv+m9f/9k=",
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
      + "AQEBAQEBAQEBAQEBAQH/2wBDAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
      + "AQEBAQEBAQH/wAARCAADAAQDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
      + "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
      + "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
      + "4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC"
      + "AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm"
      + "Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq"
      + "8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDtv2bfgR8IP+FTeH/+KB0H+P8A5Yz/APPG2/6b1/oQfwuf/9k="
  )

  private func jpeg(_ text: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: text))) }

  @Test func compressedSamples() throws {
    for (text, channels) in [(Self.grey, 1), (Self.colour, 3)] {
      let picture = try read(try jpeg(text), "a.jpg")
      #expect(picture.shape.extents == (channels == 1 ? [3, 4] : [3, 4, 3]))
      var place = 0
      for y in 0..<3 {
        for x in 0..<4 {
          for c in 0..<channels {
            #expect(abs(picture[flat: place] - Double(x * 20 + y * 30 + c * 50)) <= 3)
            place += 1
          }
        }
      }
    }
  }

  // MARK: Damage

  @Test func damagedPicturesAreRefusedOrRead() throws {
    let palette = Self.png(width: 2, height: 1, kind: 3, rows: [1, 0], besides: [("PLTE", [9, 8, 7, 30, 20, 10])])
    let samples = [
      ("a.png", Self.png(width: 3, height: 2, kind: 0, rows: [0, 10, 20, 30, 40, 255])), ("a.png", palette),
      ("a.jpg", try jpeg(Self.grey)), ("a.jpg", try jpeg(Self.colour)), ("a.pgm", Array("P2 3 1 255 0 128 255".utf8)),
    ]
    var random = SplitMix(3)
    for (path, whole) in samples {
      for _ in 0..<1_500 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
          case 1: bytes.remove(at: place)
          default: bytes.removeSubrange(place...)
          }
        }
        _ = try? tensors(bytes, path, Reading(memoryLimit: 1 << 24))
      }
    }
  }
}

extension FixedWidthInteger {
  fileprivate var bigEndianBytes: [UInt8] { littleEndianBytes.reversed() }
}
