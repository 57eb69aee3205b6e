import CKernels
import Refusals
import Tensors
import Text

/// A table of numbers, its way of writing recognised.
struct Table {
  private let bytes: Bytes
  private let dialect: TableDialect
  private let options: TableOptions
  private let reading: Reading

  /// - Parameter separator: what the kind of file has between fields.
  init(_ source: ByteSource, separator: UInt8, _ reading: Reading) throws(Refusal) {
    guard source.count <= reading.memoryLimit else { throw Refusal("it doesn't fit into memory") }
    let text = try source.bytes()
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      throw Refusal("it is UTF-16 text", help: "save it as UTF-8")
    }
    bytes = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text
    options = reading.table
    self.reading = reading
    dialect = try TableDialect(bytes, own: separator, options, from: Self.place(afterLines: options.skip, bytes))
  }

  private static func place(afterLines count: Int, _ bytes: Bytes) throws(Refusal) -> Int {
    var place = 0
    for line in 0..<count {
      guard place < bytes.count else { throw Refusal("it has \(line) lines; skip=\(count) leaves nothing") }
      while place < bytes.count, bytes[place] != 0x0A, bytes[place] != 0x0D { place += 1 }
      place += place + 1 < bytes.count && bytes[place] == 0x0D && bytes[place + 1] == 0x0A ? 2 : 1
    }
    return min(place, bytes.count)
  }

  // MARK: What is asked for

  func listing() throws(Refusal) -> TensorFile.Listing {
    var listing = TensorFile.Listing(shape: "?", kind: "text", columns: dialect.names ?? [])
    do throws(Refusal) {
      let contents = try contents()
      if case .tensor(let tensor) = contents.value { listing.shape = "\(tensor.shape)" }
    } catch {
      if error.isInterrupt { throw error }
      listing.flaw = error
    }
    return listing
  }

  func contents() throws(Refusal) -> TensorFile.Contents {
    let notes = dialect.guesses.map { $0.option.isEmpty ? $0.sentence : "\($0.sentence); \($0.option) says so" }
    guard let wanted = try options.columns.map(places) else {
      let tensor = try numbers(Array(0..<dialect.columns))
      let isVector = dialect.columns == 1
      return TensorFile.Contents(
        value: .tensor(isVector ? tensor.reshaped(Shape([tensor.shape[0]])) : tensor), notes: notes)
    }
    if options.isOneColumn, let column = wanted.first {
      if isText(column) { return TensorFile.Contents(value: .texts(try texts(column)), notes: notes) }
      let tensor = try numbers([column])
      return TensorFile.Contents(value: .tensor(tensor.reshaped(Shape([tensor.shape[0]]))), notes: notes)
    }
    return TensorFile.Contents(value: .tensor(try numbers(wanted)), notes: notes)
  }

  private func places(of columns: [TableOptions.Column]) throws(Refusal) -> [Int] {
    try columns.map { column throws(Refusal) in
      switch column {
      case .number(let number):
        let place = number < 0 ? number + dialect.columns : number
        guard place >= 0, place < dialect.columns else {
          throw Refusal("there is no column \(number): there are \(dialect.columns), counted from 0")
        }
        return place
      case .name(let name):
        guard let names = dialect.names else {
          throw Refusal("its columns have no names", help: "columns=0 is the first one")
        }
        let places = names.indices.filter { names[$0] == name }
        if places.count > 1 {
          throw Refusal(
            "\(places.count) columns are called '\(name.shownBriefly)'",
            help: "columns=\(places[0]) is the first of them")
        }
        guard let place = places.first else {
          let close = Spelling.nearest(to: name, among: names).map { "did you mean '\($0.shownBriefly)'?" }
          throw Refusal("there is no column '\(name.shownBriefly)' in it", help: close ?? Self.list(of: names))
        }
        return place
      }
    }
  }

  private static func list(of names: [String]) -> String {
    "it has " + names.prefix(8).map(\.shownBriefly).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }

  // MARK: Numbers

  private func numbers(_ columns: [Int]) throws(Refusal) -> Tensor {
    let sorted = Set(columns).sorted()
    let rows = try TableRows(bytes, dialect, columns: sorted, missing: options.missing)
    let tensor: Tensor
    switch try rows.read(reading) {
    case .tensor(let found): tensor = found
    case .odd(let place): throw try refusal(of: place, among: Set(columns))
    }
    if sorted == columns { return tensor }
    // They were asked for in another order.
    let shape = Shape([tensor.shape[0], columns.count])
    let storage = try reading.storage(for: shape, tensor.type)
    let index = columns.map { Int64(sorted.firstIndex(of: $0) ?? 0) }
    unsafe gk_take(
      tensor.type.stride, tensor.storage.bytes, index, shape[0], sorted.count, 1, columns.count, storage.bytes)
    if gk_is_interrupted() != 0 { throw .interrupted }
    return Tensor(shape: shape, type: tensor.type, storage: storage)
  }

  private func scanner(from place: Int? = nil, line: Int? = nil) -> TableScanner {
    TableScanner(
      bytes, separator: dialect.separator, point: dialect.point, fills: options.missing != nil,
      from: place ?? dialect.start, line: line ?? dialect.line)
  }

  /// Why a row is none.
  private func refusal(of place: Int, among wanted: Set<Int>) throws(Refusal) -> Refusal {
    let line = 1 + TableScanner.lineEnds(bytes, 0..<place)
    var scanner = scanner(from: place, line: line)
    guard let row = try scanner.next() else { return Refusal("line \(line) makes no sense") }
    switch row.flaw {
    case .open: return Refusal("the quote in line \(row.line), column \(row.fields.count), is never closed")
    case .followed:
      return Refusal(
        "more follows the closing quote in line \(row.line), column \(row.fields.count)",
        help: "a quote within quotes is written twice")
    case nil: break
    }
    guard row.fields.count == dialect.columns else {
      let count = row.fields.count
      return Refusal(
        "line \(row.line) has \(count) \(count == 1 ? "column" : "columns"); the lines before have \(dialect.columns)",
        help: row.start == dialect.start ? "skip=1 leaves the first line out" : nil)
    }
    for (column, field) in row.fields.enumerated() where wanted.contains(column) {
      let name = dialect.names.map { ", '\($0[column].shownBriefly)'" } ?? ""
      let place = "line \(row.line), column \(column + 1)" + name
      if let number = scanner.number(field.content) {
        guard number.isRounded else { continue }
        return Refusal(
          "'\(scanner.text(field, limit: 100).shownBriefly)' is a whole number that float64 can't hold exactly, at \(place)"
        )
      }
      let isMissing = scanner.isMissing(field.content)
      if isMissing, options.missing != nil { continue }
      let text = scanner.text(field, limit: 100)
      let what = text.isEmpty ? "nothing stands" : "'\(text.shownBriefly)' stands"
      return Refusal(
        "\(what) where a number should, at \(place)",
        help: isMissing ? "missing=nan reads it as NaN" : help(for: field, at: column, row, scanner))
    }
    return Refusal("line \(row.line) makes no sense")
  }

  /// What to type where a word stands.
  private func help(
    for field: TableScanner.Field, at column: Int, _ row: TableScanner.Row, _ scanner: TableScanner
  ) -> String? {
    let other: UInt8 = dialect.point == UInt8(ascii: ".") ? UInt8(ascii: ",") : UInt8(ascii: ".")
    if options.decimal == nil, scanner.number(field.content, point: other) != nil {
      return "decimal=\"\(Unicode.Scalar(other))\" reads it as a number"
    }
    let columns = (0..<dialect.columns).filter { !isText($0) }
    if isText(column), !columns.isEmpty { return "columns=\(written(columns)) reads the numbers" }
    if row.start == dialect.start, dialect.names == nil { return "skip=1 leaves the first line out" }
    return nil
  }

  private func written(_ columns: [Int]) -> String {
    if let names = dialect.names, columns.count <= 4, Set(names).count == names.count {
      let list = columns.map { Quoting.literal(names[$0]) }
      let text = list.count == 1 ? list[0] : "(" + list.joined(separator: ", ") + ")"
      if text.count <= 60, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) { return text }
    }
    if columns.count == 1 { return "\(columns[0])" }
    if columns.count > 1, columns[columns.count - 1] - columns[0] == columns.count - 1 {
      return "\(columns[0]):\(columns[columns.count - 1] + 1)"
    }
    return "[" + columns.map(String.init).joined(separator: ", ") + "]"
  }

  // MARK: Words

  /// Whether no field of a column is a number among the first rows, and some are words.
  private func isText(_ column: Int) -> Bool {
    let scanner = scanner()
    let fields = dialect.sample.compactMap { $0.fields.count > column ? $0.fields[column] : nil }
    return !fields.contains { scanner.number($0.content) != nil } && fields.contains { !scanner.isMissing($0.content) }
  }

  private func texts(_ column: Int) throws(Refusal) -> [String] {
    var scanner = scanner()
    var texts: [String] = []
    while let row = try scanner.next() {
      guard row.flaw == nil, row.fields.count == dialect.columns else {
        throw try refusal(of: row.start, among: [column])
      }
      texts.append(scanner.text(row.fields[column]))
    }
    return texts
  }
}
