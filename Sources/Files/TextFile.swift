import Refusals
import Tensors

extension FileFormat {
  package static let csv = table("csv", "commas", UInt8(ascii: ","))
  package static let tsv = table("tsv", "tabs", UInt8(ascii: "\t"))

  private static func table(_ name: String, _ separators: String, _ separator: UInt8) -> FileFormat {
    FileFormat(
      name, "a matrix, or a vector as one column, between \(separators)",
      .one(
        read: { bytes throws(Refusal) in
          // A table's shape is known only once it has been read.
          let table = try TextFile.read(bytes, separator: separator, Reading(defaultType: .float64))
          return TensorFile.Entry(name: nil, shape: table.shape, kind: "text") { reading throws(Refusal) in
            guard table.count <= reading.memoryLimit / 8 else { throw Refusal("it doesn't fit into memory") }
            return table.converted(to: reading.defaultType)
          }
        },
        write: { tensor throws(Refusal) in [try TextFile.written(tensor, separator: separator)] }))
  }
}

/// Numbers in rows, separated by commas or tabs: a matrix, or a vector where there is one column.
enum TextFile {
  static func read(_ bytes: Bytes, separator: UInt8, _ reading: Reading) throws(Refusal) -> Tensor {
    var scanner = Scanner(
      bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes, separator: separator)
    var values: [Double] = []
    var columns: Int?
    var rows = 0
    while let fields = scanner.row() {
      if fields.count == 1, scanner.isBlank(fields[0]) { continue }
      if columns == nil, fields.contains(where: { scanner.isWord($0) }) {
        // The first line names the columns.
        columns = fields.count
        continue
      }
      guard columns == nil || columns == fields.count else {
        throw Refusal("line \(scanner.line) has \(fields.count) columns; the lines before have \(columns ?? 0)")
      }
      columns = fields.count
      for (column, field) in fields.enumerated() {
        guard let number = scanner.number(field) else {
          let text = scanner.text(field)
          let what = text.isEmpty ? "nothing stands" : "'\(text.shown)' stands"
          throw Refusal("\(what) where a number should, at line \(scanner.line), column \(column + 1)")
        }
        values.append(number)
      }
      rows += 1
      guard values.count <= reading.memoryLimit / 8 else { throw Refusal("it doesn't fit into memory") }
    }
    let width = columns ?? 0
    let shape = width == 1 ? Shape([rows]) : Shape([rows, width])
    return Tensor(values, shape: shape, type: reading.defaultType)
  }

  /// The shortest digits that read back, a line a row.
  static func written(_ tensor: Tensor, separator: UInt8) throws(Refusal) -> Bytes {
    guard tensor.shape.rank <= 2 else {
      throw Refusal("a table has rows and columns; this is \(tensor.shape)", help: "save(\"….npy\", …)")
    }
    let columns = tensor.shape.rank == 2 ? tensor.shape[1] : 1
    var text: [UInt8] = []
    for index in 0..<tensor.count {
      text += tensor.type.text(tensor[flat: index]).utf8
      text.append((index + 1) % columns == 0 ? UInt8(ascii: "\n") : separator)
    }
    return Bytes(text)
  }
}

/// Walks over the rows of a table.
private struct Scanner {
  let bytes: Bytes
  let separator: UInt8
  private var place = 0
  /// The number of the line that was read last.
  private(set) var line = 0

  init(bytes: Bytes, separator: UInt8) {
    self.bytes = bytes
    self.separator = separator
  }

  /// The next line's fields, without blanks or quotes around them.
  mutating func row() -> [Range<Int>]? {
    guard place < bytes.count else { return nil }
    line += 1
    var fields: [Range<Int>] = []
    var start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "\n") {
      if bytes[place] == separator {
        fields.append(trimmed(start..<place))
        start = place + 1
      }
      place += 1
    }
    fields.append(trimmed(start..<place))
    place += 1
    return fields
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0D || byte == 0x09 }
    while start < end, isBlank(bytes[start]) { start += 1 }
    while start < end, isBlank(bytes[end - 1]) { end -= 1 }
    if end - start >= 2, bytes[start] == UInt8(ascii: "\""), bytes[end - 1] == UInt8(ascii: "\"") {
      return start + 1..<end - 1
    }
    return start..<end
  }

  func isBlank(_ field: Range<Int>) -> Bool { field.isEmpty }

  func text(_ field: Range<Int>) -> String {
    String(decoding: bytes.part(from: field.lowerBound, count: field.count)?.array.prefix(100) ?? [], as: UTF8.self)
  }

  /// Neither a number nor empty.
  func isWord(_ field: Range<Int>) -> Bool { !field.isEmpty && number(field) == nil }

  func number(_ field: Range<Int>) -> Double? { exact(field) ?? general(field) }

  /// Up to 15 digits and a small power of ten: one operation, rightly rounded.
  private func exact(_ field: Range<Int>) -> Double? {
    var place = field.lowerBound
    guard place < field.upperBound else { return nil }
    let isNegative = bytes[place] == UInt8(ascii: "-")
    if isNegative || bytes[place] == UInt8(ascii: "+") { place += 1 }
    var (digits, count, decimals) = (0, 0, 0)
    var hasPoint = false
    while place < field.upperBound {
      let byte = bytes[place]
      if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), count < 15 {
        digits = digits * 10 + Int(byte - UInt8(ascii: "0"))
        count += 1
        if hasPoint { decimals += 1 }
      } else {
        return nil
      }
      place += 1
    }
    guard count > 0 else { return nil }
    let value = Double(digits) / Self.powers[decimals]
    return isNegative ? -value : value
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  private func general(_ field: Range<Int>) -> Double? {
    guard field.count <= 400 else { return nil }
    let text = text(field)
    let isPlain = text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || ".eE+-".utf8.contains($0)
    }
    if isPlain, text.utf8.contains(where: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      return text.utf8.count == field.count ? Double(text) : nil
    }
    switch text.lowercased() {
    case "nan", "+nan", "-nan": return .nan
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: return nil
    }
  }
}
