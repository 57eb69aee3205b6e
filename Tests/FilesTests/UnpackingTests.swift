import Foundation
import Refusals
import Tensors
import TestSupport
import Testing

@testable import Files

/// Members of archives that other methods than deflate have packed.
@Suite struct UnpackingTests {
  /// As zipfile of Python writes them, and xz as 7-Zip does: 5000 numbers, each the rest of its place by 7.
  private static let archives = [
    "bzip2":
      "UEsDBC4AAAAMAAAAIQAr5CAUvgAAAKBOAAAFAAAAdi5ucHlCWmg5MUFZJlNZ1cWmEAAjBl/0cBBA5EYUwQNCIK9F3QpAAAgAQABA"
      + "ADAA2VQiok00AZA0DQB6TahgBk00GQwQ0xGjAUqRQBo9QADIBoaZ6JFMqRTRIpiSKZCRTFVIN76yVSDuxSKabeR06MZQjZ7uhTKD"
      + "TZTt3OfvVvqC9RBSYiClYiFOxIpmkU3JFM0inDs3a9nrt8cPuEa8KLz5iokStjf1nMjPLptLZqIKREQU/sEin+LuSKcKEhq4tMIA"
      + "UEsBAi4DLgAAAAwAAAAhACvkIBS+AAAAoE4AAAUAAAAAAAAAAAAAAIABAAAAAHYubnB5UEsFBgAAAAABAAEAMwAAAOEAAAAAAA==",
    "lzma":
      "UEsDBD8AAgAOAAAAIQAr5CAUoAAAAKBOAAAFAAAAdi5ucHkJBAUAXQAAgAAASZOGpN7TgnlqWw0jODarnZ1MTe7jbcMd62ciZu4c"
      + "pEC6+JnXSScm4hcteWkzOW5HJTa8/PyVCJf4F7G6WRbwwsjURoxoXWuSO32AxLT8r5TY9AgKhPQK8lT9vTMd992Dz4Rvw1xGiGeA"
      + "dqIowqq6RudWCug8Sn9yDX4cFQlIliONEaJYD85iUI6SJKm42NMTZP/HpVAAUEsBAj8DPwACAA4AAAAhACvkIBSgAAAAoE4AAAUA"
      + "AAAAAAAAAAAAAIABAAAAAHYubnB5UEsFBgAAAAABAAEAMwAAAMMAAAAAAA==",
    "xz":
      "UEsDBD8AAABfAAAAIQAr5CAU0AAAAKBOAAAFAAAAdi5ucHn9N3pYWgAABObWtEYCACEBFgAAAHQv5aPgTp8AkF0ASZOGpN7Tgnlq"
      + "Ww0jODarnZ1MTe7jbcMd62ciZu4cpEC6+JnXSScm4hcteWkzOW5HJTa8/PyVCJf4F7G6WRbwwsjURoxoXWuSO32AxLT8r5TY9AgK"
      + "hPQK8lT9vTMd992Dz4Rvw1xGiGeAdqIowqq6RudWCug8Sn9yDX4cFQlIliONEaJYD85iUI6SJKm3eY0AABOADGCh3j1fAAGsAaCd"
      + "AQAfL1AxscRn+wIAAAAABFlaUEsBAj8APwAAAF8AAAAhACvkIBTQAAAAoE4AAAUAAAAAAAAAAAAAAAAAAAAAAHYubnB5UEsFBgAA"
      + "AAABAAEAMwAAAPMAAAAAAA==",
  ]

  private static func bytes(_ name: String) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: archives[name] ?? "")))
  }

  @Test(arguments: archives.keys.sorted()) func isRead(name: String) throws {
    let tensor = try #require(try tensors(try Self.bytes(name), "a.npz")["v"])
    #expect(tensor.values == (0..<5_000).map { Double($0 % 7) } && tensor.type == .float32)
  }

  /// Every row of the table is read, or refused by its name.
  @Test(arguments: ZipMethod.all.map(\.number)) func everyMethodIsReadOrRefused(number: UInt16) throws {
    let row = try #require(ZipMethod.all.first { $0.number == number })
    #expect(ZipMethod.all.count { $0.number == number } == 1)
    guard row.unpack == nil else { return }
    var bytes = try Self.bytes("xz")
    let directory = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    for place in [8, directory + 10] { bytes[place] = UInt8(number) }
    #expect(refusal(bytes, "a.npz").message == "it is compressed by \(row.name), which isn't read")
  }

  /// Nothing of a damaged one is taken for numbers, and none ends the program.
  @Test(arguments: archives.keys.sorted()) func damageIsFound(name: String) throws {
    let whole = try Self.bytes(name)
    let directory = try #require(whole.indices.last { whole[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    for place in 35..<directory {
      for change in [1, 0x80, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[place] ^= change
        let found = try? tensors(bytes, "a.npz")["v"]
        #expect(found == nil || found?.values == (0..<5_000).map { Double($0 % 7) }, "\(place), \(change)")
      }
    }
  }
}
