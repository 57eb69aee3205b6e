import CKernels
import Refusals
import Tensors

extension FileFormat {
  package static let csv = table("csv", "commas", ",")
  package static let tsv = table("tsv", "tabs", "\t")

  private static func table(_ name: String, _ separators: String, _ separator: Unicode.Scalar) -> FileFormat {
    let separator = UInt8(ascii: separator)
    return FileFormat(
      name, "a matrix, or a vector as one column, between \(separators)", isTable: true,
      .one(
        read: { bytes throws(Refusal) in
          TensorFile.Entry(
            name: nil,
            listing: { reading throws(Refusal) in try Table(bytes, separator: separator, reading).listing() },
            contents: { reading throws(Refusal) in try Table(bytes, separator: separator, reading).contents() })
        },
        write: { tensor throws(Refusal) in try TableText.written(tensor, separator: separator) }))
  }
}

/// How a table is to be read, as far as it isn't recognised from the file.
package struct TableOptions: Sendable {
  package enum Column: Sendable {
    case name(String)
    /// From 0 on, or from the end where it is negative.
    case number(Int)
  }

  /// What is between fields; a blank stands for any number of blanks and tabs.
  package var separator: UInt8?
  /// In front of decimals: a point or a comma.
  package var decimal: UInt8?
  /// What takes the place of missing values; nil: they are refused.
  package var missing: Double?
  /// The columns to read; nil: all.
  package var columns: [Column]?
  /// One column is read as a vector.
  package var isOneColumn = false
  /// Lines at the beginning that don't count.
  package var skip = 0

  package init() {}
}

/// Tables as they are written.
enum TableText {
  /// The shortest digits that read back, a line a row, in pieces.
  static func written(_ tensor: Tensor, separator: UInt8) throws(Refusal) -> [Bytes] {
    guard tensor.shape.rank <= 2 else {
      throw Refusal("a table has rows and columns; this is \(tensor.shape)", help: "save(\"….npy\", …)")
    }
    let columns = tensor.shape.rank == 2 ? tensor.shape[1] : 1
    guard columns > 0 else {
      throw Refusal("a table has columns; this is \(tensor.shape)", help: "save(\"….npy\", …)")
    }
    if tensor.count == 0 {
      // Names alone say how many columns there are.
      let names = (0..<columns).map { "x\($0)" }.joined(separator: String(Unicode.Scalar(separator)))
      return [Bytes(names + "\n")]
    }
    var pieces: [Bytes] = []
    var text: [UInt8] = []
    for index in 0..<tensor.count {
      text += numeral(tensor[flat: index], tensor.type).utf8
      text.append((index + 1) % columns == 0 ? UInt8(ascii: "\n") : separator)
      if index & 0xFFFF == 0xFFFF {
        if gk_is_interrupted() != 0 { throw .interrupted }
        pieces.append(Bytes(text))
        text.removeAll(keepingCapacity: true)
      }
    }
    return pieces + [Bytes(text)]
  }

  /// A whole number in digits alone where float32 holds it exactly, so that its type comes back too.
  private static func numeral(_ value: Double, _ type: ElementType) -> String {
    if value.isNaN { return "nan" }
    let isWhole = value == value.rounded() && abs(value) <= (type == .float32 ? 0x1p24 : 1e15)
    if isWhole, value != 0 || value.sign == .plus { return "\(Int(value))" }
    return type == .float32 ? "\(Float(value))" : "\(value)"
  }
}
