import Syntax
import Tensors
import Text

/// A record as the text of a file: a header, settings and a line for each entry.
extension Record {
  /// The first line of every saved session; the number is that of the format.
  static let mark = "gradus session "
  /// The second has lines about what had begun, too.
  private static let (plain, withBegun) = (1, 2)

  /// The whole text, a line break at its end, without values.
  package var text: String { text(keptAt: []) }

  /// The same with lines about the values, which lie at these places, and about what has begun.
  package func text(keptAt places: [[Kept.Stored]], begun: Begun? = nil) -> String {
    var text = Self.mark + "\(begun == nil ? Self.plain : Self.withBegun)\n"
    text += "set precision \(head.precision.name)\n"
    text += "set digits \(head.digits.map(String.init) ?? "full")\n"
    text += "set seed \(head.seed)\nset draw \(head.draw)\n"
    text += "set broadcast \(head.refusesMutualBroadcast ? "error" : "allow")\n"
    for argument in head.arguments { text += "argument \(Quoting.line(argument))\n" }
    for (place, entry) in entries.enumerated() {
      if let begun, begun.place == place { text += begun.line }
      text += entry.line
    }
    if let begun, begun.place >= entries.count { text += begun.line }
    for (kept, places) in zip(kept, places) { text += kept.line(places) }
    return text
  }

  /// Reads such a text; a last line without its line break is one that was never finished.
  package init(text: String) throws(Diagnostic) {
    self.init()
    guard text.hasPrefix(Self.mark) else { throw Diagnostic("it is no saved session") }
    // By bytes: what follows a separator may be a combining mark.
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { Substring($0) }
    lines.removeLast()
    guard let first = lines.first, let version = Int(first.dropFirst(Self.mark.count)) else {
      throw Diagnostic("it is no saved session")
    }
    guard Self.plain...Self.withBegun ~= version else {
      throw Diagnostic("it is of format \(version); this program reads formats \(Self.plain) to \(Self.withBegun)")
    }
    for (number, line) in lines.enumerated().dropFirst() {
      guard read(line) else { throw Diagnostic("line \(number + 1) of it can't be understood") }
    }
  }

  private mutating func read(_ line: Substring) -> Bool {
    if line == Begun.ended.dropLast() {
      begun = nil
      return true
    }
    let parts = Self.parts(line, 2, at: " ")
    guard parts.count == 2 else { return false }
    switch parts[0] {
    case "set":
      let words = Self.parts(parts[1], 2, at: " ")
      return words.count == 2 && set(String(words[0]), String(words[1]))
    case "argument":
      guard let argument = Quoting.text(ofLine: parts[1]) else { return false }
      head.arguments.append(argument)
    case "file":
      let halves = Self.parts(parts[1], 2, at: "\t")
      guard halves.count == 2, let name = Quoting.text(ofLine: halves[0]), let text = Quoting.text(ofLine: halves[1])
      else {
        return false
      }
      append(.file(name: name, text: text))
    case "do":
      guard let text = Quoting.text(ofLine: parts[1]) else { return false }
      append(.statement(text))
    case "part":
      let words = Self.parts(parts[1], 3, at: " ")
      guard words.count == 3, let steps = Int(words[0]), let draw = Int(words[1]),
        let text = Quoting.text(ofLine: words[2])
      else { return false }
      append(.part(text, steps: steps, draw: draw))
    case "once":
      let words = Self.parts(parts[1], 2, at: " ")
      guard words.count == 2, let draw = Int(words[0]), let text = Quoting.text(ofLine: words[1]) else { return false }
      append(.unrepeatable(text, draw: draw))
    case "kept":
      // Where it can't be read, its statements are done again.
      if let stored = Kept(text: parts[1]), stored.entries.upperBound <= entries.count { note(stored) }
    case "began":
      guard let text = Quoting.text(ofLine: parts[1]) else { return false }
      begun = Begun(text, after: self)
    case "gave":
      guard let text = Quoting.text(ofLine: parts[1]) else { return false }
      append(.outcome(text))
    default: return false
    }
    return true
  }

  private static func parts(_ text: Substring, _ count: Int, at separator: Unicode.Scalar) -> [Substring] {
    let byte = UInt8(ascii: separator)
    return text.utf8.split(separator: byte, maxSplits: count - 1, omittingEmptySubsequences: false).map {
      Substring($0)
    }
  }

  private mutating func set(_ key: String, _ value: String) -> Bool {
    switch key {
    case "precision" where value == "float32": head.precision = .float32
    case "precision" where value == "float64": head.precision = .float64
    case "digits" where value == "full": head.digits = nil
    case "digits":
      guard let digits = Int(value), 1...17 ~= digits else { return false }
      head.digits = digits
    case "seed":
      guard let seed = UInt64(value) else { return false }
      head.seed = seed
    case "draw":
      guard let draw = Int(value), draw >= 0 else { return false }
      head.draw = draw
    case "broadcast" where ["allow", "error"].contains(value): head.refusesMutualBroadcast = value == "error"
    default: return false
    }
    return true
  }
}

extension Record.Entry {
  /// The entry's line in a file, with its line break.
  package var line: String {
    switch self {
    case .file(let name, let text): "file \(Quoting.line(name))\t\(Quoting.line(text))\n"
    case .statement(let text): "do \(Quoting.line(text))\n"
    case .part(let text, let steps, let draw): "part \(steps) \(draw) \(Quoting.line(text))\n"
    case .unrepeatable(let text, let draw): "once \(draw) \(Quoting.line(text))\n"
    case .outcome(let text): "gave \(Quoting.line(text))\n"
    }
  }
}

extension Begun {
  /// Its line in a file, with its line break.
  package var line: String { "began \(Quoting.line(text))\n" }

  /// What follows once it has ended, however it did.
  package static let ended = "ended\n"
}
