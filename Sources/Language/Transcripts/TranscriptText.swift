import Syntax

/// A script or Markdown text cut into steps: the statements of a line with the answer lines below them.
struct TranscriptText {
  enum Entry {
    case statement(Statement)
    case broken(Diagnostic, SourceRange)

    var range: SourceRange {
      switch self {
      case .statement(let statement): statement.range
      case .broken(_, let range): range
      }
    }
  }

  /// Line numbers count from 0; `answers` are the lines that start with `#>`.
  struct Step {
    var entries: [Entry]
    var lines: Range<Int>
    var answers: Range<Int>
    /// The number of the `# case` above, or -1.
    var caseNumber: Int
  }

  let source: Source
  private(set) var steps: [Step] = []
  /// The lines that begin a case.
  private(set) var caseLines: [Int] = []
  /// The text, with what isn't Gradus replaced by blanks.
  private var bytes: [UInt8]
  private let original: [UInt8]
  private var lineStarts: [Int]

  init(_ source: Source) {
    self.source = source
    bytes = Array(source.text.utf8)
    original = bytes
    lineStarts = [0]
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { lineStarts.append(index + 1) }
    if source.name?.hasSuffix(".md") == true { blankProse() }
    caseLines = (0..<lineCount).filter { trimmed(line: $0).starts(with: Self.caseMark) }
    steps = makeSteps(readEntries())
  }

  private static let caseMark = Array("# case ".utf8)
  private static let answerMark = Array("#>".utf8)

  var lineCount: Int { lineStarts.count }

  /// The name of a case, as its comment gives it.
  func caseName(_ number: Int) -> String {
    String(decoding: trimmed(line: caseLines[number]).dropFirst(Self.caseMark.count), as: UTF8.self)
  }

  /// The answer of a step, line by line.
  func answer(of step: Step) -> [String] {
    step.answers.map { line in
      var text = trimmed(line: line).dropFirst(Self.answerMark.count)
      if text.first == UInt8(ascii: " ") { text = text.dropFirst() }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// The first line of a step, short enough for a message.
  func title(of step: Step) -> String {
    let text = String(decoding: trimmed(line: step.lines.lowerBound), as: UTF8.self)
    return text.count > 60 ? text.prefix(59) + "…" : text
  }

  /// A line as it stands in the file, its break included.
  func rawLine(_ line: Int) -> ArraySlice<UInt8> { original[lineStarts[line]..<end(of: line)] }

  /// The number of the line that an offset lies in.
  func line(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  private func end(of line: Int) -> Int { line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count }

  private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private func trimmed(line: Int) -> ArraySlice<UInt8> {
    var text = bytes[lineStarts[line]..<end(of: line)].drop(while: isBlank)
    while let last = text.last, isBlank(last) || last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      text.removeLast()
    }
    return text
  }
}

extension TranscriptText {
  /// Leaves only what stands in fenced blocks tagged `gradus`.
  private mutating func blankProse() {
    var fence: (mark: UInt8, count: Int, isOurs: Bool)?
    for line in 0..<lineCount {
      let text = trimmed(line: line)
      let mark = text.first ?? 0
      let length = text.prefix { $0 == mark }.count
      let rest = text.dropFirst(length).drop(while: isBlank)
      var keeps = false
      if let open = fence {
        if mark == open.mark, length >= open.count, rest.isEmpty { fence = nil } else { keeps = open.isOurs }
      } else if mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~"), length >= 3 {
        let word = String(decoding: rest.prefix { !isBlank($0) }, as: UTF8.self)
        fence = (mark, length, word == "gradus")
      }
      if keeps { continue }
      for index in lineStarts[line]..<end(of: line) where bytes[index] != UInt8(ascii: "\n") {
        bytes[index] = UInt8(ascii: " ")
      }
    }
  }

  /// The statements and syntax errors in order: behind an error, reading goes on at the next line.
  ///
  /// The whole is parsed at once; after an error only up to the next case, then twice as many cases each time.
  private func readEntries() -> [Entry] {
    let borders = caseLines.map { lineStarts[$0] } + [bytes.count]
    var entries: [Entry] = []
    var start = 0
    var span = borders.count
    while start < bytes.count {
      let next = borders.partitioningIndex { $0 > start }
      let stop = borders[min(borders.count - 1, next + span - 1)]
      // Blanks in place of what was read keep the offsets.
      let text = [UInt8](repeating: UInt8(ascii: " "), count: start) + bytes[start..<stop]
      let program = Parser.parse(String(decoding: text, as: UTF8.self))
      guard let error = program.diagnostics.first else {
        entries += program.statements.map { .statement($0) }
        start = stop
        span = min(borders.count, span * 2)
        continue
      }
      if error.range == nil, !error.isUnfinished {
        // The text as a whole is refused.
        entries.append(.broken(error, start..<start))
        break
      }
      let place = error.range?.lowerBound ?? start
      let before = program.statements.prefix { $0.range.upperBound <= place }
      entries += before.map { .statement($0) }
      let first = codeStart(from: before.last?.range.upperBound ?? start)
      let border = borders[min(borders.count - 1, borders.partitioningIndex { $0 > first })]
      if border < stop, place >= border {
        // A bracket left open took in the next case: read again to the end of its own.
        (start, span) = (first, 1)
        continue
      }
      let last = line(of: error.isUnfinished ? first : max(first, place))
      entries.append(.broken(error, first..<max(first, end(of: last) - 1)))
      start = end(of: last)
      span = 1
    }
    return entries
  }

  /// The first offset that is neither blank nor comment nor the end of a statement.
  private func codeStart(from offset: Int) -> Int {
    var index = offset
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "#"): while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: ";"): index += 1
      default: return index
      }
    }
    return max(0, bytes.count - 1)
  }

  private func makeSteps(_ entries: [Entry]) -> [Step] {
    var steps: [Step] = []
    for entry in entries {
      let first = line(of: entry.range.lowerBound)
      let last = line(of: max(entry.range.lowerBound, entry.range.upperBound - 1))
      if let previous = steps.last, first < previous.lines.upperBound {
        steps[steps.count - 1].entries.append(entry)
        steps[steps.count - 1].lines = previous.lines.lowerBound..<max(previous.lines.upperBound, last + 1)
      } else {
        let number = caseLines.partitioningIndex { $0 > first } - 1
        steps.append(Step(entries: [entry], lines: first..<last + 1, answers: 0..<0, caseNumber: number))
      }
    }
    for index in steps.indices {
      let first = steps[index].lines.upperBound
      let limit = index + 1 < steps.count ? steps[index + 1].lines.lowerBound : lineCount
      var last = first
      while last < limit, trimmed(line: last).starts(with: Self.answerMark) { last += 1 }
      steps[index].answers = first..<last
    }
    return steps
  }
}

extension Array {
  /// The first index whose element and all after it satisfy the predicate, in an array sorted that way.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
