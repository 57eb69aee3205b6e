import Refusals
import Tensors

extension FileFormat {
  /// NumPy's archives: a zip file of `.npy` files.
  package static let npz = FileFormat(
    "npz", "several arrays, as NumPy keeps them", beginnings: [[0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6]],
    .several(
      read: { bytes throws(Refusal) in try NumPyArchive.entries(bytes) },
      write: { tensors throws(Refusal) in
        try ZipFile.written(tensors.map { ($0.name + ".npy", NumPyFile.written($0.tensor)) })
      }))
}

/// What a zip file holds, as NumPy reads it: a member's name is its file's without `.npy`.
enum NumPyArchive {
  static func entries(_ bytes: ByteSource) throws(Refusal) -> [TensorFile.Entry] {
    let members = try ZipFile(bytes).members.filter { !$0.name.hasSuffix("/") }
    let names = members.map { $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : $0.name }
    var counts: [String: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }
    return zip(names, members).map { name, member in
      if counts[name, default: 0] > 1 { return TensorFile.Entry(name: name, flaw: Refusal("its name is there twice")) }
      return TensorFile.Entry(
        name: name,
        listing: { _ throws(Refusal) in
          do throws(Refusal) {
            return try NumPyFile.header(try member.open().stream).listing
          } catch {
            if error.isInterrupt { throw error }
            return TensorFile.Listing(shape: "?", kind: "?", flaw: error)
          }
        },
        contents: { reading throws(Refusal) in TensorFile.Contents(value: .tensor(try tensor(member, reading))) })
    }
  }

  private static func tensor(_ member: ZipFile.Member, _ reading: Reading) throws(Refusal) -> Tensor {
    let (stream, checksum) = try member.open()
    let header = try NumPyFile.header(stream)
    // What the header asks for is compared with what the archive says before anything is unpacked.
    guard let extent = header.extent, extent <= member.size else {
      throw header.cutShort(after: max(member.size - header.length, 0))
    }
    let tensor = try header.code().tensor(stream, shape: header.shape, isFortran: header.isFortran, reading)
    if extent == member.size, checksum.value != member.checksum { throw Refusal("it is damaged") }
    return tensor
  }
}
