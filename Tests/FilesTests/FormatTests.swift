import Files
import Refusals
import Tensors
import Testing

/// The table of formats.
@Suite struct FormatTests {
  @Test func endingsTellFormats() {
    for format in FileFormat.all {
      for ending in format.endings {
        #expect(FileFormat(path: "a.b/x\(ending)")?.name == format.name)
        #expect(FileFormat(path: "X\(ending.uppercased())")?.name == format.name)
      }
    }
    #expect(Set(FileFormat.all.map(\.name)).count == FileFormat.all.count)
    #expect(FileFormat(path: "npy") == nil && FileFormat(path: "x.npy/y") == nil && FileFormat(path: "") == nil)
  }

  /// Whatever a file is called, its beginning tells where the format has one.
  @Test func whatIsWrittenIsRecognised() throws {
    for format in FileFormat.all {
      let one = [(name: "w", tensor: Tensor([1, 2], shape: Shape([2]), type: .float32))]
      guard format.isWritten else {
        do throws(Refusal) {
          _ = try format.written(one)
          Issue.record("\(format.name) is not written")
        } catch { #expect(error.message == "\(format.name) files are read, not written") }
        continue
      }
      let file = Bytes(joined(try format.written(one)))
      #expect(try TensorFile(file, path: "x\(format.endings[0])").format.name == format.name)
      #expect(
        try TensorFile(file, path: "x\(format.endings[0])").entries.map(\.name) == [format.holdsSeveral ? "w" : nil])
      if !format.holdsSeveral {
        do throws(Refusal) {
          _ = try format.written(one + one)
          Issue.record("\(format.name) holds one tensor")
        } catch { #expect(error.message == "it holds one tensor, not 2") }
      }
    }
  }
}
