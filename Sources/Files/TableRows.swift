import CKernels
import Refusals
import Tensors

/// The rows of a table, read in parts by two threads.
struct TableRows {
  enum Result {
    case tensor(Tensor)
    /// The row that begins here is none.
    case odd(Int)
  }

  private let bytes: Bytes
  private let dialect: TableDialect
  private let missing: Double?
  /// The columns that are read, in their order.
  private let columns: [Int]
  private let start: Int

  private static let partSize = 1 << 20

  init(_ bytes: Bytes, _ dialect: TableDialect, columns: [Int], missing: Double?) throws(Refusal) {
    self.bytes = bytes
    self.dialect = dialect
    self.columns = columns
    self.missing = missing
    start = dialect.start
  }

  func read(_ reading: Reading) throws(Refusal) -> Result {
    guard !columns.isEmpty else {
      return .tensor(Tensor([], shape: Shape([0, 0]), type: reading.defaultType))
    }
    let types: [ElementType] = reading.defaultType == .float32 ? [.float32, .float64] : [.float64]
    for type in types {
      // A quote that stands where none should leads parts astray: then all is read as one.
      for size in [Self.partSize, bytes.count] {
        switch try read(try parts(ofSize: size), as: type, reading) {
        case .rows(let tensor): return .tensor(tensor)
        case .odd(let place): return .odd(place)
        case .narrow: break
        case .astray: continue
        }
        break
      }
    }
    throw Refusal("it makes no sense")
  }

  // MARK: Parts

  /// Parts that begin behind the end of a line that doesn't lie in quotes, as far as that can be told.
  private func parts(ofSize size: Int) throws(Refusal) -> [gk_table_part] {
    var parts: [gk_table_part] = []
    var place = start
    while place < bytes.count {
      var part = gk_table_part()
      part.from = place
      part.to = lineStart(from: min(place + max(size, 1), bytes.count))
      parts.append(part)
      place = part.to
    }
    count(&parts)
    // What begins within quotes goes to the part before it.
    var merged: [gk_table_part] = []
    var isQuoted = false
    for part in parts {
      if isQuoted, let last = merged.indices.last {
        merged[last].to = part.to
        merged[last].lines += part.lines
      } else {
        merged.append(part)
      }
      if part.quotes % 2 == 1 { isQuoted.toggle() }
    }
    if let last = merged.indices.last { merged[last].lines += 1 }
    var row = 0
    for place in merged.indices {
      merged[place].row = row
      row += capacity(merged[place])
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    return merged
  }

  private func lineStart(from place: Int) -> Int {
    var place = place
    while place < bytes.count {
      if bytes[place - 1] == 0x0A || bytes[place - 1] == 0x0D && bytes[place] != 0x0A { break }
      place += 1
    }
    return place
  }

  private func count(_ parts: inout [gk_table_part]) {
    unsafe bytes.withUnsafePointer { text in
      unsafe gk_table_count(text.assumingMemoryBound(to: CChar.self), bytes.count, &parts, Int32(parts.count))
    }
  }

  /// As many rows as there are lines, but none without a byte for each field.
  private func capacity(_ part: gk_table_part) -> Int {
    min(part.lines, (part.to - part.from) / dialect.columns + 1)
  }

  // MARK: Reading

  private enum Outcome {
    case rows(Tensor)
    case odd(Int)
    case narrow
    case astray
  }

  private func read(
    _ parts: [gk_table_part], as type: ElementType, _ reading: Reading
  ) throws(Refusal) -> Outcome {
    var parts = parts
    let room = parts.last.map { $0.row + capacity($0) } ?? 0
    let storage = try reading.storage(for: Shape([room, columns.count]), type)
    run(&parts, storage, type)
    if gk_is_interrupted() != 0 { throw .interrupted }
    var (rows, place) = (0, start)
    for part in parts {
      guard part.from == place else { return .astray }
      switch part.state {
      case GK_TABLE_NARROW: return .narrow
      case GK_TABLE_ODD: return .odd(part.at)
      default: break
      }
      place = part.at
      // Blank lines and comments leave room behind the rows before them.
      if part.row != rows {
        let width = columns.count * type.stride
        unsafe gk_move(storage.bytes + part.row * width, storage.bytes + rows * width, part.rows * width)
      }
      rows += part.rows
    }
    return .rows(Tensor(shape: Shape([rows, columns.count]), type: type, storage: storage))
  }

  private func run(_ parts: inout [gk_table_part], _ storage: Storage, _ type: ElementType) {
    var wanted = [UInt8](repeating: 0, count: dialect.columns)
    for column in columns { wanted[column] = 1 }
    unsafe bytes.withUnsafePointer { text in
      unsafe wanted.withUnsafeBufferPointer { wanted in
        let text = unsafe text.assumingMemoryBound(to: CChar.self)
        var table = unsafe gk_table(
          separator: CChar(bitPattern: dialect.separator), point: CChar(bitPattern: dialect.point),
          fills: missing == nil ? 0 : 1, missing: missing ?? 0, columns: dialect.columns, taken: columns.count,
          wanted: columns.count == dialect.columns ? nil : wanted.baseAddress)
        let count = Int32(parts.count)
        if type == .float32 {
          unsafe gk_table_read_f32(
            text, bytes.count, &table, &parts, count, storage.bytes.assumingMemoryBound(to: Float.self))
        } else {
          unsafe gk_table_read_f64(
            text, bytes.count, &table, &parts, count, storage.bytes.assumingMemoryBound(to: Double.self))
        }
      }
    }
  }
}
