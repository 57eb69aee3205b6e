import Graphs
import Syntax
import Text

/// What the word at the cursor can become.
package struct Completion: Equatable, Sendable {
  package struct Candidate: Equatable, Sendable {
    package var text: String
    /// A shape, a signature or the like, shown beside it.
    package var detail: String?

    package init(text: String, detail: String?) {
      self.text = text
      self.detail = detail
    }
  }

  /// The bytes that a candidate replaces.
  package var range: Range<Int>
  package var candidates: [Candidate]
  /// They are words that a text in quotes can be.
  package var isOfText = false
  /// They are spelled as between the quotes of a text, with escapes.
  package var isEscaped = false

  package init(range: Range<Int>, candidates: [Candidate], isOfText: Bool = false, isEscaped: Bool = false) {
    self.isEscaped = isEscaped
    self.range = range
    self.candidates = candidates
    self.isOfText = isOfText
  }
}

extension Session {
  /// The completions of the word that ends at an offset, in UTF-8 bytes.
  package func completions(of text: String, at offset: Int) -> Completion {
    let place = CompletionPlace(Array(text.utf8.prefix(max(0, offset))))
    var details: [String: String?] = [:]
    for (text, detail) in candidates(at: place) where text.hasPrefix(place.word) || place.isSymbol {
      if details[text] == nil { details.updateValue(detail, forKey: text) }
    }
    return Completion(
      range: place.start..<place.end,
      candidates: details.sorted { $0.key < $1.key }.map { Completion.Candidate(text: $0.key, detail: $0.value) },
      isOfText: place.isText && !details.isEmpty)
  }

  private func candidates(at place: CompletionPlace) -> [(String, String?)] {
    switch place.kind {
    case .nothing: return []
    case .member(let base): return members(of: base, isLetterTyped: !place.word.isEmpty)
    case .command: return Command.all.map { ($0.name, $0.summary) }
    case .topic: return helpTopics.map { ($0, nil) }
    case .export: return ExportKind.all.map { ($0.name, $0.summary) }
    case .choice(let callee, let parameter):
      return (Builtin.named[callee]?.choices[parameter] ?? []).map { ($0, nil) }
    case .symbol:
      return NamedSymbol.all.filter { $0.name.hasPrefix(place.word) }.map { ($0.symbol, "\\" + $0.name) }
    case .argument(let name, let before):
      guard let command = Command.named[name] else { return names(at: place, callee: nil) }
      let words = command.words(after: before)
      if !words.isEmpty { return words.map { ($0, nil) } }
      return command.takesNames ? names(at: place, callee: nil) : []
    case .name(let callee): return names(at: place, callee: callee)
    }
  }

  private func names(at place: CompletionPlace, callee: String?) -> [(String, String?)] {
    var found: [(String, String?)] = variableNames.map { ($0, briefShape(of: $0)) }
    if let callee, let signature = Self.signature(of: callee) {
      for parameter in signature.parameters where parameter.isOptional && !parameter.isVariadic {
        found.append((parameter.name + "=", nil))
      }
    }
    // Without a letter the list of all functions would be too long to read.
    if place.word.isEmpty { return found }
    found += functionNames.map { ($0 + "(", "function") }
    for (signature, aliases) in Self.vocabulary where signature.name.isName {
      found.append((signature.name + "(", signature.text))
      found += aliases.filter(\.isName).map { ($0 + "(", "as " + signature.name) }
    }
    return found
  }

  /// The entries of a record, with their shapes, and the functions that take such a value first.
  private func members(of base: String, isLetterTyped: Bool) -> [(String, String?)] {
    guard let expression = try? Parser.parseExpression(base),
      let value = try? Evaluator(self, .preview(standIns: [:])).evaluate(expression)
    else { return [] }
    var found: [(String, String?)] = []
    if case .tuple(let parts) = value, let keys = parts.keys {
      for (key, part) in zip(keys, parts) where key.isName {
        found.append((key, part.shapes(display) ?? part.kindName))
      }
    }
    found += [("T", "transpose"), ("shape", nil), ("size", nil)].filter { _ in value.symbol != nil }
    // Without a letter the list of all functions would be too long to read.
    if !isLetterTyped, !found.isEmpty { return found }
    found += functionNames.map { ($0 + "(", "function") }
    for (signature, _) in Self.vocabulary where signature.name.isName && signature.parameters.first != nil {
      found.append((signature.name + "(", signature.text))
    }
    return found
  }

  /// All functions of the language.
  static var vocabulary: [(signature: Signature, aliases: [String])] {
    Operator.table.map { ($0.signature, $0.aliases) } + Builtin.all.map { ($0.signature, $0.aliases) }
  }

  private static func signature(of name: String) -> Signature? {
    Operator.named[name]?.signature ?? Builtin.named[name]?.signature
  }

  private var helpTopics: [String] {
    Self.vocabulary.flatMap { [$0.signature.name] + $0.aliases }.filter(\.isName) + HelpPage.all.map(\.name)
      + Command.all.map(\.name)
  }
}

/// What stands before the cursor.
private struct CompletionPlace {
  enum Kind: Equatable {
    case nothing, command, topic, export, symbol
    /// Behind the point of what is written so.
    case member(base: String)
    /// Behind a command and the words that follow it.
    case argument(command: String, before: [String])
    /// A name, perhaps where an argument of a call begins.
    case name(callee: String?)
    /// Within the text of an argument that is given by name.
    case choice(callee: String, parameter: String)
  }

  private(set) var kind: Kind = .nothing
  private(set) var word = ""
  private(set) var start: Int
  let end: Int

  var isSymbol: Bool { kind == .symbol }
  var isText: Bool { if case .choice = kind { true } else { false } }

  init(_ bytes: [UInt8]) {
    end = bytes.count
    start = bytes.count
    // What each open bracket was opened behind: the function's name for a call.
    var callees: [String?] = []
    var lineStart = 0
    var isInText = false
    var isInComment = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\n") {
        (isInText, isInComment, lineStart) = (false, false, index + 1)
      } else if isInText {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isInText = false }
      } else if !isInComment {
        switch byte {
        case UInt8(ascii: "\""): isInText = true
        case UInt8(ascii: "#"): isInComment = true
        case UInt8(ascii: "("): callees.append(Self.name(at: index, in: bytes[lineStart...]))
        case UInt8(ascii: "["), UInt8(ascii: "{"): callees.append(nil)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): _ = callees.popLast()
        default: break
        }
      }
      index += 1
    }
    if isInText { readText(callee: callees.last ?? nil, bytes) }
    if isInText || isInComment { return }
    word = Self.word(at: bytes.count, in: bytes[lineStart...])
    start -= word.utf8.count
    let before = bytes[lineStart..<start].drop { $0 == UInt8(ascii: " ") }
    if before.last == UInt8(ascii: "\\") {
      kind = .symbol
      start -= 1
    } else if callees.isEmpty, before.elementsEqual(":".utf8) {
      kind = .command
    } else if before.elementsEqual("?".utf8) || Self.isFirstWord(of: ":help", before) {
      kind = .topic
    } else if Self.isFirstWord(of: ":export", before) {
      kind = .export
    } else if !startsWithDigit, before.last == UInt8(ascii: ".") {
      let base = Self.operand(before: before.dropLast())
      if !base.isEmpty { kind = .member(base: base) }
    } else if callees.isEmpty, before.first == UInt8(ascii: ":"), before.last == UInt8(ascii: " ") {
      let words = before.dropFirst().split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      kind = .argument(command: words.first ?? "", before: Array(words.dropFirst()))
    } else if !startsWithDigit {
      let last = before.last { $0 != UInt8(ascii: " ") }
      let beginsArgument = last == UInt8(ascii: "(") || last == UInt8(ascii: ",") || last == nil
      kind = .name(callee: beginsArgument ? callees.last ?? nil : nil)
    }
  }

  /// `train(loss, using="ad`.
  private mutating func readText(callee: String?, _ bytes: [UInt8]) {
    guard let quote = bytes.lastIndex(of: UInt8(ascii: "\"")), quote > 0, bytes[quote - 1] == UInt8(ascii: "="),
      let parameter = Self.name(at: quote - 1, in: bytes[...]), let callee
    else { return }
    kind = .choice(callee: callee, parameter: parameter)
    start = quote + 1
    word = String(decoding: bytes[start...], as: UTF8.self)
  }

  private var startsWithDigit: Bool { word.utf8.first.map { $0 &- UInt8(ascii: "0") < 10 } ?? false }

  private static func isFirstWord(of command: String, _ before: ArraySlice<UInt8>) -> Bool {
    let words = before.split(separator: UInt8(ascii: " "))
    return words.count == 1 && words[0].elementsEqual(command.utf8) && before.last == UInt8(ascii: " ")
  }

  private static func name(at end: Int, in line: ArraySlice<UInt8>) -> String? {
    let word = word(at: end, in: line)
    return word.isEmpty ? nil : word
  }

  /// The names, points and brackets that end a line: what a point behind it belongs to.
  private static func operand(before line: ArraySlice<UInt8>) -> String {
    var start = line.endIndex
    var depth = 0
    while start > line.startIndex {
      let byte = line[start - 1]
      switch byte {
      case UInt8(ascii: "]"), UInt8(ascii: ")"): depth += 1
      case UInt8(ascii: "["), UInt8(ascii: "("):
        if depth == 0 { return String(decoding: line[start...], as: UTF8.self) }
        depth -= 1
      case UInt8(ascii: "."), UInt8(ascii: "_"): break
      default:
        let isLetter = byte >= 0x80 || Unicode.Scalar(byte).properties.isAlphabetic || byte &- UInt8(ascii: "0") < 10
        if depth == 0, !isLetter { return String(decoding: line[start...], as: UTF8.self) }
      }
      start -= 1
    }
    return depth == 0 ? String(decoding: line[start...], as: UTF8.self) : ""
  }

  /// The letters of names and numbers that end at a place.
  private static func word(at end: Int, in line: ArraySlice<UInt8>) -> String {
    let letters = String(decoding: line[..<end], as: UTF8.self).unicodeScalars.reversed().prefix(while: \.continuesName)
    return String(String.UnicodeScalarView(letters.reversed()))
  }
}

/// What `\name` stands for.
private struct NamedSymbol {
  let name: String
  let symbol: String

  static let all: [NamedSymbol] =
    zip(small, "αβγδεζηθικλμνξοπρστυφχψω").map { NamedSymbol(name: $0, symbol: String($1)) }
    + zip(capital, "ΓΔΘΛΞΠΣΥΦΨΩ").map { NamedSymbol(name: $0, symbol: String($1)) }
    + others.map { NamedSymbol(name: $0.key, symbol: $0.value) }

  private static let small = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
  ]
  private static let capital = [
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
  ]
  /// Signs that the language has, and its spelling of those it doesn't have.
  private static let others: KeyValuePairs = [
    "partial": "∂", "nabla": "grad(", "infty": "inf", "cdot": "*", "times": "*", "ne": "!=", "le": "<=", "ge": ">=",
    "sqrt": "sqrt(", "sum": "sum(", "prod": "prod(", "land": "and", "lor": "or", "lnot": "not",
  ]
}
