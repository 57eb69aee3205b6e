import Refusals

/// A format that isn't read: how its files begin, and what to do with them.
struct ForeignFormat {
  let name: String
  let beginning: [UInt8]
  /// Where in the file that stands.
  let place: Int
  let help: String?

  private init(_ name: String, _ beginning: String, at place: Int = 0, help: String? = nil) {
    self.init(name, Array(beginning.utf8), at: place, help: help)
  }

  private init(_ name: String, _ beginning: [UInt8], at place: Int = 0, help: String? = nil) {
    (self.name, self.beginning, self.place, self.help) = (name, beginning, place, help)
  }

  private static let asTable = "save it as csv"

  static let all: [ForeignFormat] = [
    ForeignFormat("a Parquet table", "PAR1", help: "df.to_csv(\"a.csv\", index=False) in Python writes a table"),
    ForeignFormat("an Arrow table", "ARROW1", help: "df.to_csv(\"a.csv\", index=False) in Python writes a table"),
    ForeignFormat("a MATLAB file", "MATLAB 5.0", help: "writematrix(x, \"x.csv\") in MATLAB writes a table"),
    ForeignFormat("GGUF", "GGUF", help: "its weights as safetensors can be read"),
    ForeignFormat("a PDF", "%PDF"),
    ForeignFormat("an R file", "RDX", help: "write.csv(x, \"x.csv\", row.names=FALSE) in R writes a table"),
    ForeignFormat("a Python pickle", [0x80, 2], help: pickleHelp),
    ForeignFormat("a Python pickle", [0x80, 3], help: pickleHelp),
    ForeignFormat("a Python pickle", [0x80, 4], help: pickleHelp),
    ForeignFormat("a Python pickle", [0x80, 5], help: pickleHelp),
    ForeignFormat("compressed with zstd", [0x28, 0xB5, 0x2F, 0xFD], help: "zstd -d unpacks it; .gz is read as it is"),
    ForeignFormat("compressed with bzip2", "BZh", help: "bunzip2 unpacks it; .gz is read as it is"),
    ForeignFormat(
      "compressed with xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], help: "unxz unpacks it; .gz is read as it is"),
    ForeignFormat("an old spreadsheet", [0xD0, 0xCF, 0x11, 0xE0], help: asTable),
  ]

  static let pickleHelp = "safetensors.torch.save_file(model.state_dict(), \"m.safetensors\") in Python writes weights"

  static func refusal(of start: Bytes, path: String) -> Refusal {
    let found = all.first { format in
      start.part(from: format.place, count: format.beginning.count)?.starts(with: format.beginning) ?? false
    }
    if let found { return Refusal("it is \(found.name), which isn't read", help: found.help) }
    return Refusal("its format isn't known", help: FileFormat.list(FileFormat.all) + " are read")
  }
}
