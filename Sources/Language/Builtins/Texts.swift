import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// Functions of texts.
extension Builtin {
  static let ofTexts = [text, number, split, lines, join, upper, lower, strip, codes, chars, print]

  static let text = Builtin(
    "text(x)", "A value as it stands in a text in quotes.", examples: ["text([1, 2.5])": "[1, 2.5]"],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "text(x)", range)
      return .text(try evaluator.text(of: given[0].value, given[0].range))
    })

  static let number = Builtin(
    "number(t)", "The number that a text is.", examples: ["number(\"12\") + 1": "13"],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let (text, range) = try evaluator.soleText(arguments, of: "number(t)", range)
      let words = text.stripped
      guard let expression = try? Parser.parseExpression(words), let value = expression.plainNumber else {
        throw Diagnostic("\(Quoting.literal(text)) is no number", at: range)
      }
      return .tensor(evaluator.builder.constant(value))
    })

  static let split = Builtin(
    "split(t, sep=\" \")", "The parts of a text between separators, or of a tensor along an axis, as a tuple.",
    examples: ["size(split(\"a,b\", \",\"))": "2"], traits: [.extendsOperator],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "split(t, sep)", optional: 1, range)
      let text = try evaluator.text(given[0])
      let separator = given.count > 1 ? try evaluator.text(given[1]) : " "
      guard !separator.isEmpty else {
        throw Diagnostic(
          "split needs a separator", at: range, help: "chars(codes(t)), or for c in t, goes letter by letter")
      }
      return .tuple(Entries(text.parts(between: separator).map { .text($0) }))
    })

  static let lines = Builtin(
    "lines(t)", "The lines of a text as a tuple; a last newline ends a line.",
    examples: ["size(lines(\"a\\nb\\n\"))": "2"],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let (text, _) = try evaluator.soleText(arguments, of: "lines(t)", range)
      var parts = text.parts(between: "\n").map { $0.utf8.last == 0x0D ? String($0.unicodeScalars.dropLast()) : $0 }
      if parts.last == "" { parts.removeLast() }
      return .tuple(Entries(parts.map { .text($0) }))
    })

  static let join = Builtin(
    "join(parts, sep=\"\")", "Texts in a row, with a separator between them.",
    examples: ["join((\"a\", \"b\"), \"-\")": "a-b"],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "join(parts, sep)", optional: 1, range)
      let separator = given.count > 1 ? try evaluator.text(given[1]) : ""
      let parts: [Value]
      switch given[0].value {
      case .tuple(let entries): parts = entries.values
      case .list(let entries): parts = entries
      case .text, .tensor, .function:
        throw Diagnostic(
          "join takes a tuple of texts; this is \(given[0].value.kindName)", at: given[0].range,
          help: "join((\"a\", \"b\"), \", \")")
      }
      var texts: [String] = []
      for part in parts { texts.append(try evaluator.text(Evaluator.Evaluated(value: part, range: given[0].range))) }
      return .text(texts.joined(separator: separator))
    })

  static let upper = mapping("upper", "A text in capital letters.", ["upper(\"ab\")": "AB"]) { $0.uppercased() }
  static let lower = mapping("lower", "A text in small letters.", ["lower(\"AB\")": "ab"]) { $0.lowercased() }
  static let strip = mapping("strip", "A text without blanks and line breaks at its ends.", ["strip(\" a \")": "a"]) {
    $0.stripped
  }

  static let codes = Builtin(
    "codes(t)", "The numbers of a text's characters, as a vector.", examples: ["codes(\"AB\")[1]": "66"],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let (text, _) = try evaluator.soleText(arguments, of: "codes(t)", range)
      let numbers = text.unicodeScalars.map { Double($0.value) }
      return .tensor(
        evaluator.builder.constant(
          Tensor(numbers, shape: Shape([numbers.count]), type: evaluator.builder.defaultType)))
    })

  static let chars = Builtin(
    "chars(v)", "The text whose characters have these numbers.", examples: ["chars([72, 105])": "Hi"],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "chars(v)", range)
      let symbol = try evaluator.symbol(given[0].value, given[0].range)
      guard symbol.rank <= 1 else {
        throw Diagnostic("chars takes a vector; this is \(symbol.shape)", at: given[0].range, help: "chars(flatten(x))")
      }
      var text = String.UnicodeScalarView()
      for number in try evaluator.value(of: symbol, given[0].range).values {
        guard let code = Int(whole: number), let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
          throw Diagnostic("\(number.text) is no character's number", at: given[0].range)
        }
        text.append(scalar)
      }
      return .text(String(text))
    })

  static let print = Builtin(
    "print(values…, sep=\" \", end=\"\\n\")", "Writes values on one line, large tensors on lines of their own.",
    traits: [.prints],
    .values { evaluator, arguments, range throws(Diagnostic) in
      try evaluator.print(
        arguments.filter { $0.label == nil }, try evaluator.ends(arguments.filter { $0.label != nil }))
      return .nothing
    })

  private static func mapping(
    _ name: String, _ summary: String, _ examples: KeyValuePairs<String, String>,
    _ body: @escaping @Sendable (String) -> String
  ) -> Builtin {
    Builtin(
      "\(name)(t)", summary, examples: examples,
      .values { evaluator, arguments, range throws(Diagnostic) in
        .text(body(try evaluator.soleText(arguments, of: "\(name)(t)", range).text))
      })
  }
}

extension Evaluator {
  /// The arguments of a builtin that takes values of any kind, in the order of its usage.
  func matched(
    _ arguments: [Evaluated], to usage: String, optional: Int = 0, _ range: SourceRange
  ) throws(Diagnostic) -> [Evaluated] {
    let found = try matchedByName(arguments, to: usage, optional: optional, range)
    return Signature(usage).parameters.compactMap { found[$0.name] }
  }

  /// The same by the names of the parameters, of which the last ones may be left out.
  func matchedByName(
    _ arguments: [Evaluated], to usage: String, optional: Int, _ range: SourceRange
  ) throws(Diagnostic) -> [String: Evaluated] {
    let signature = Signature(usage)
    let names = signature.parameters.map(\.name)
    var found: [String: Evaluated] = [:]
    for (position, argument) in arguments.enumerated() {
      let name = argument.label ?? (position < names.count ? names[position] : nil)
      guard let name, names.contains(name), found[name] == nil else {
        let what = argument.label.map { "has no argument '\($0)', or has it twice" }
        throw Diagnostic(
          "\(signature.name) \(what ?? "takes \(names.count) argument\(names.count == 1 ? "" : "s"), not \(arguments.count)")",
          at: argument.range, help: usage)
      }
      found[name] = argument
    }
    for name in names.dropLast(optional) where found[name] == nil {
      throw Diagnostic("\(signature.name) needs '\(name)'", at: range, help: usage)
    }
    return found
  }

  func text(_ argument: Evaluated) throws(Diagnostic) -> String {
    if case .text(let text) = argument.value { return text }
    throw Diagnostic(
      "a text is wanted here; this is \(argument.value.kindName)", at: argument.range,
      help: "text(x) makes one of a value")
  }

  fileprivate func soleText(
    _ arguments: [Evaluated], of usage: String, _ range: SourceRange
  ) throws(Diagnostic) -> (text: String, range: SourceRange) {
    let given = try matched(arguments, to: usage, range)
    return (try text(given[0]), given[0].range)
  }

  /// What `print` writes between values and behind them.
  func ends(_ keywords: [Evaluated]) throws(Diagnostic) -> PrintEnds {
    var ends = PrintEnds()
    for argument in keywords {
      switch argument.label {
      case "sep": ends.separator = try text(argument)
      case "end": ends.end = try text(argument)
      case let label:
        throw Diagnostic(
          "print has no argument '\(label ?? "")'", at: argument.range, help: "print(a, b, sep=\", \", end=\"\")")
      }
    }
    return ends
  }

  /// Puts values out, unless nobody knows yet whether this is reached.
  fileprivate func print(_ values: [Evaluated], _ ends: PrintEnds) throws(Diagnostic) {
    if session.tracer != nil { builder.demandUnknown() }
    if session.tracer != nil || isFollowing { throw Diagnostic(.unknownValue("print needs each round's values")) }
    if mode.isAbstract || mutedPrints > 0 { return }
    session.effects?.append(try printed(values, ends))
  }
}

extension String {
  /// Without blanks and line breaks at its ends.
  var stripped: String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
    let scalars = unicodeScalars.drop(while: isBlank)
    let end = scalars.lastIndex { !isBlank($0) }.map { scalars.index(after: $0) } ?? scalars.startIndex
    return String(scalars[scalars.startIndex..<end])
  }

  /// What lies between separators, byte by byte.
  func parts(between separator: String) -> [String] {
    let (bytes, mark) = (Array(utf8), Array(separator.utf8))
    var parts: [String] = []
    var (start, index) = (0, 0)
    while index + mark.count <= bytes.count {
      if bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += mark.count
        start = index
      } else {
        index += 1
      }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }
}

extension Expression {
  /// The number that a literal with or without a sign says.
  var plainNumber: Double? {
    switch kind {
    case .number(let value): value
    case .unary(.negative, let inner): if case .number(let value) = inner.kind { -value } else { nil }
    case .unary(.positive, let inner): if case .number(let value) = inner.kind { value } else { nil }
    default: nil
    }
  }
}
