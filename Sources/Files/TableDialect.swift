import Refusals
import Text

/// How a table is written, and where its rows begin: as far as it isn't said, recognised from its first rows.
struct TableDialect {
  var separator: UInt8
  var point: UInt8
  /// The names of the columns, where there are some.
  var names: [String]?
  /// The first row behind the names, its line, and how many fields it has to have.
  var start: Int
  var line: Int
  var columns: Int
  /// The beginning of the first row, names or not, for messages.
  var firstLine: String
  /// Rows that were looked at.
  var sample: [TableScanner.Row]
  /// What was guessed, each as a sentence and what would say the same: `separator=";"`.
  var guesses: [(sentence: String, option: String)] = []

  /// A table's rows as one way of writing takes them.
  private struct Trial {
    var separator: UInt8
    var point: UInt8
    var head: TableScanner.Row?
    var comment: Range<Int>?
    var rows: [TableScanner.Row] = []
    var end: (place: Int, line: Int)

    /// How many fields a row has, if there is a row.
    var width: Int? { (head ?? rows.first)?.fields.count }
    var isQuoted: Bool { ([head] + rows).allSatisfy { $0?.fields.allSatisfy(\.isQuoted) ?? true } }
    var isEven: Bool { rows.allSatisfy { $0.fields.count == width && $0.flaw == nil } && head?.flaw == nil }
  }

  private static let (comma, semicolon, tab, blank, dot) = (
    UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: " "), UInt8(ascii: ".")
  )

  /// - Parameter own: what is between fields where nothing speaks against it.
  init(_ bytes: Bytes, own: UInt8, _ options: TableOptions, from start: Int) throws(Refusal) {
    let sample = Self.sample(bytes, from: start)
    let separators =
      options.separator.map { [$0] } ?? [own] + [Self.comma, Self.semicolon, Self.tab, Self.blank].filter { $0 != own }
    let points = options.decimal.map { [$0] } ?? [Self.dot, Self.comma]
    var chosen: Trial?
    var trials: [Trial] = []
    search: for point in points {
      for separator in separators {
        // Decimal commas are guessed where something else than a comma or a blank is between fields.
        let isGuessable = point == Self.dot || separator == Self.semicolon || separator == Self.tab
        guard isGuessable || options.decimal != nil else { continue }
        var trial = try Self.trial(sample, separator: separator, point: point, from: start)
        // Where the sample ends within quotes, its last row isn't whole.
        if sample.count < bytes.count, trial.rows.last?.flaw == .open {
          trial.rows.removeLast()
          if trial.rows.isEmpty { trial = try Self.trial(bytes, separator: separator, point: point, from: start) }
        }
        // Between fields and before decimals at once, a comma can be told apart by quotes alone.
        guard separator != point || trial.isQuoted else { continue }
        let isGuess = separator != separators[0] || options.decimal == nil && point != points[0]
        if Self.isClean(trial, bytes), !isGuess || trial.width ?? 0 > 1 || options.decimal != nil {
          chosen = trial
          break search
        }
        trials.append(trial)
      }
    }
    let trial = chosen ?? Self.likeliest(trials, own: separators[0], bytes)
    separator = trial.separator
    point = trial.point
    let first = trial.rows.first
    self.start = first?.start ?? trial.end.place
    line = first?.line ?? trial.end.line
    columns = trial.width ?? 0
    let scanner = TableScanner(bytes, separator: separator, point: point)
    firstLine = (trial.head ?? first)?.fields.first.map { scanner.text($0, limit: 60) } ?? ""
    self.sample = trial.rows
    names = Self.names(trial, scanner)
    if trial.rows.isEmpty, let head = trial.head {
      let areNames = options.separator != nil || separator == own || head.fields.allSatisfy(\.isQuoted)
      guard areNames, head.fields.allSatisfy({ Self.looksLikeName(scanner.text($0)) || $0.isQuoted }) else {
        throw Refusal("it holds no numbers: it begins with '\(firstLine.shownBriefly)'")
      }
      let list = (names ?? []).prefix(4).map(\.shownBriefly).joined(separator: ", ") + (columns > 4 ? ", …" : "")
      guesses.append(("its first line, \(list), was taken for names; no rows follow", ""))
    }
    if options.separator == nil, separator != own {
      guesses.append(("\(Self.name(of: separator)) separate its columns", "separator=\(Self.literal(separator))"))
    }
    if options.decimal == nil, point == Self.comma {
      guesses.append(("a comma stands before decimals", "decimal=\",\""))
    }
  }

  private static func name(of separator: UInt8) -> String {
    switch separator {
    case comma: "commas"
    case semicolon: "semicolons"
    case tab: "tabs"
    case blank: "blanks"
    default: "'\(Unicode.Scalar(separator))'"
    }
  }

  private static func literal(_ separator: UInt8) -> String {
    separator == tab ? "\"\\t\"" : "\"\(Unicode.Scalar(separator))\""
  }

  // MARK: Trials

  /// The beginning, as far as the last whole line of the first 256 KiB, or all.
  private static func sample(_ bytes: Bytes, from start: Int) -> Bytes {
    let limit = start + 1 << 18
    guard bytes.count > limit else { return bytes }
    var end = limit
    while end > start, bytes[end - 1] != 0x0A, bytes[end - 1] != 0x0D { end -= 1 }
    return end > start ? bytes.part(from: 0, count: end) ?? bytes : bytes
  }

  private static func trial(_ bytes: Bytes, separator: UInt8, point: UInt8, from start: Int) throws(Refusal) -> Trial {
    var scanner = TableScanner(bytes, separator: separator, point: point, from: start)
    var trial = Trial(separator: separator, point: point, end: (start, 1))
    while trial.rows.count < 100, let row = try scanner.next() {
      if trial.rows.isEmpty, trial.head == nil {
        trial.comment = scanner.comment
        if row.flaw == nil, isHead(row.fields, scanner) {
          trial.head = row
          continue
        }
      }
      trial.rows.append(row)
    }
    trial.end = (scanner.place, scanner.line)
    return trial
  }

  /// Numbers and gaps alone, as many in each row.
  private static func isClean(_ trial: Trial, _ bytes: Bytes) -> Bool {
    let scanner = TableScanner(bytes, separator: trial.separator, point: trial.point)
    return trial.isEven
      && (trial.head != nil ? !trial.rows.isEmpty || trial.separator != blank : true)
      && trial.rows.allSatisfy { row in
        row.fields.allSatisfy { scanner.number($0.content) != nil || scanner.isMissing($0.content) }
      } && (!trial.rows.isEmpty || (trial.width ?? 0) > 1 || trial.head == nil)
  }

  /// Where words are among the fields: what splits every row alike, the file's own separator first.
  private static func likeliest(_ trials: [Trial], own: UInt8, _ bytes: Bytes) -> Trial {
    let splitting = trials.filter { $0.isEven && ($0.width ?? 0) > 1 && ($0.separator != blank || $0.head == nil) }
    var best = splitting.first ?? trials.first { $0.separator == own } ?? trials[0]
    // With the same separator, decimal commas where they and no points are seen.
    let scanner = TableScanner(bytes, separator: best.separator, point: best.point)
    let fields = best.rows.flatMap(\.fields)
    func count(_ point: UInt8) -> Int {
      fields.count { field in
        bytes.part(from: field.content.lowerBound, count: field.content.count)?.array.contains(point) ?? false
          && scanner.number(field.content, point: point) != nil
      }
    }
    if best.separator != comma, count(comma) > 0, count(dot) == 0,
      let other = trials.first(where: { $0.separator == best.separator && $0.point == comma })
    {
      best = other
    }
    return best
  }

  // MARK: Names

  /// A row names columns if none of its fields is a number, or could be meant as one everywhere.
  private static func isHead(_ fields: [TableScanner.Field], _ scanner: TableScanner) -> Bool {
    guard !fields.contains(where: { scanner.number($0.content) != nil }) else { return false }
    return fields.contains { !scanner.isMissing($0.content) && !looksLikeNumber(scanner.text($0, limit: 200)) }
  }

  /// Digits, and what else numbers are written with somewhere: other points, units of money, dates, hexadecimal.
  private static func looksLikeNumber(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { $0.properties.numericType != nil }) else { return false }
    if text.lowercased().hasPrefix("0x") { return true }
    return scalars.allSatisfy {
      $0.properties.numericType != nil || "+-−.,'_ eEjJi%$€£¥:/()\u{A0}\0".unicodeScalars.contains($0)
    }
  }

  private static func looksLikeName(_ text: String) -> Bool {
    text.isEmpty || text.unicodeScalars.first.map { $0.properties.isAlphabetic || $0 == "_" } ?? true
  }

  private static func names(_ trial: Trial, _ scanner: TableScanner) -> [String]? {
    if let head = trial.head { return head.fields.map { scanner.text($0) } }
    // A comment before the first row may name the columns: so NumPy and gnuplot have it.
    guard let comment = trial.comment, let width = trial.width,
      let line = scanner.bytes.part(from: comment.lowerBound, count: comment.count),
      let row = try? TableScanner.row(of: line, separator: trial.separator, point: trial.point),
      row.fields.count == width, width > 1 || row.fields.first?.content.count ?? 0 > 0
    else { return nil }
    let inner = TableScanner(line, separator: trial.separator, point: trial.point)
    let names = row.fields.map { inner.text($0) }
    return names.allSatisfy({ !$0.isEmpty && looksLikeName($0) }) ? names : nil
  }
}

extension TableScanner {
  /// The one row of a line.
  static func row(of line: Bytes, separator: UInt8, point: UInt8) throws(Refusal) -> Row? {
    var scanner = TableScanner(line, separator: separator, point: point)
    return try scanner.next()
  }
}
