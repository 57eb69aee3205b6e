import Refusals

extension FileFormat {
  /// NumPy's archives: a zip file of `.npy` files.
  package static let npz = FileFormat(
    "npz", "several arrays, as NumPy keeps them", beginnings: [[0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6]],
    .several(
      read: { bytes throws(Refusal) in
        var entries: [TensorFile.Entry] = []
        for file in try ZipFile(bytes).entries where file.name.hasSuffix(".npy") {
          let header = try NumPyFile.header(try file.prefix(1 << 16))
          entries.append(
            TensorFile.Entry(
              name: String(file.name.dropLast(4)), shape: header.shape, kind: header.code.kind.rawValue
            ) { reading throws(Refusal) in try NumPyFile.read(try file.bytes(reading), reading) })
        }
        return entries
      },
      write: { tensors throws(Refusal) in
        try ZipFile.written(tensors.map { ($0.name + ".npy", NumPyFile.written($0.tensor)) })
      }))
}
