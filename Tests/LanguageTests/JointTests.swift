import Graphs
import Plans
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Every operator on every kind of operand, in every place where an expression may stand: one meaning, one type.
@Suite struct JointTests {
  /// What an operand may be, in words of the setting below.
  static let kinds: [(name: String, text: String)] = [
    ("number", "0.75"), ("computed number", "size(h) / 4"), ("float32 number", "float32(0.75)"),
    ("float64 number", "float64(0.75)"), ("truth", "(h[0] > 0.5)"), ("mask", "m"), ("mask row", "mask([1, 0, 1])"),
    ("comparison", "(x > 0.5)"), ("gated", "relu(x - 0.5)"), ("gated mask", "(relu(x - 0.5) > 0.1)"),
    ("masked", "x * m"), ("vector", "h"), ("matrix", "x"), ("float64 matrix", "float64(x)"),
    ("empty", "zeros(0, 3)"),
  ]

  /// Two at once where an operator may take them for the same thing.
  private static let pairs = [
    ("0.75", "m"), ("m", "0.75"), ("size(h) / 4", "(x > 0.5)"), ("(x > 0.5)", "size(h) / 4"), ("m", "(x > 0.5)"),
    ("0.75", "size(h) / 4"), ("m", "relu(x - 0.5)"), ("float64(0.75)", "m"), ("x * m", "relu(x - 0.5)"),
  ]

  /// A call with its operands still open, `a` and `b` first.
  static func calls(of operation: Operator) -> [String] {
    let parameters = operation.signature.parameters.filter { !$0.isOptional }
    let operands = ["a", "b", "c"].prefix(parameters.count)
    let plain = "\(operation.name)(\(operands.joined(separator: ", ")))"
    let signs = operation.aliases.filter { $0.first?.isLetter == false && operands.count == 2 }
    return (operation.trials?.isEmpty == false ? operation.trials ?? [] : [plain]) + signs.map { "a \($0) b" }
  }

  private static func setting(of operation: Operator, _ precision: String) -> String {
    let (low, high) = (operation.domain.lowerBound, operation.domain.upperBound)
    var text = ":precision \(precision)\nm = mask([[1, 0, 1], [0, 1, 1]])\n"
    for (name, shape) in [
      ("x", "2, 3"), ("a", "2, 3"), ("b", "2, 3"), ("c", "2, 3"), ("s", "3, 3"), ("v", "3"), ("h", "3"),
    ] {
      text += "\(name) = uniform(\(shape), low=\(low), high=\(high))\n"
    }
    return text
  }

  /// The words of an expression replaced, each as a whole.
  static func replacing(_ words: [String: String], in text: String) -> String {
    var (result, word) = ("", "")
    for character in text + "\n" {
      if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
      } else {
        result += words[word] ?? word
        result.append(character)
        word = ""
      }
    }
    return String(result.dropLast())
  }

  // MARK: Values

  private enum Outcome: Equatable {
    case value(Shape, ElementType, [Double])
    case other(String)
    case refused

    static func == (a: Outcome, b: Outcome) -> Bool {
      switch (a, b) {
      case (.value(let shape, let type, let x), .value(let otherShape, let otherType, let y)):
        shape == otherShape && type == otherType && zip(x, y).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
      case (.other(let a), .other(let b)): a == b
      case (.refused, .refused): true
      default: false
      }
    }
  }

  /// What `r` is after a program in a copy of the session.
  private func outcome(of program: String, in session: Session, compilesLoops: Bool = true) -> Outcome {
    var session = session
    session.surroundings.compilesLoops = compilesLoops
    if printed(program, in: &session).contains("error: ") { return .refused }
    guard let held = session.held("r") else { return .other(printed("r", in: &session)) }
    return .value(held.tensor.shape, held.tensor.type, held.tensor.values)
  }

  /// A call with some operands given: inline, through names, in functions, in loops.
  private func places(_ call: String, _ operands: [(name: String, text: String)]) -> [(name: String, program: String)] {
    let names = operands.map { ($0.name, "\($0.name)q") }
    let inline = Self.replacing(Dictionary(uniqueKeysWithValues: operands.map { ($0.name, "(\($0.text))") }), in: call)
    let named = Self.replacing(Dictionary(uniqueKeysWithValues: names), in: call)
    let list = names.map(\.1).joined(separator: ", ")
    let given = operands.map(\.text).joined(separator: ", ")
    func assigned(_ sign: String) -> String {
      zip(names, operands).map { "\($0.1) \(sign) \($1.text)\n" }.joined()
    }
    return [
      ("inline", "r = \(inline)"), ("names", assigned("=") + "r = \(named)"),
      ("live names", assigned(":=") + "r = \(named)"), ("a live result", assigned(":=") + "y := \(named)\nr = y"),
      ("a function", "f(\(list)) = \(named)\nr = f(\(given))"),
      ("a block", "f(\(list)) = { y = \(named); y }\nr = f(\(given))"),
      ("a loop", assigned("=") + "repeat 4 { r = \(named) }"),
    ]
  }

  @Test(.slow, arguments: Operator.table.map(\.name), ["float32", "float64"])
  func aPlaceChangesNoValue(name: String, precision: String) throws {
    let operation = try #require(Operator.named[name])
    var session = Session()
    #expect(printed(Self.setting(of: operation, precision), in: &session).isEmpty)
    for call in Self.calls(of: operation) {
      for operands in Self.operands(of: call) { try compare(call, operands, in: session) }
    }
  }

  /// Each operand in each kind, the others as they are, and both in the pairs.
  private static func operands(of call: String) -> [[(name: String, text: String)]] {
    let used = ["a", "b", "s", "v"].filter { replacing([$0: "!"], in: call) != call }
    guard let first = used.first else { return [] }
    let single = used.prefix(2).flatMap { name in kinds.map { [(name: name, text: $0.text)] } }
    guard used.count > 1 else { return single }
    return single + pairs.map { [(first, $0.0), (used[1], $0.1)] }
  }

  private func compare(_ call: String, _ operands: [(name: String, text: String)], in session: Session) throws {
    let places = places(call, operands)
    let first = outcome(of: places[0].program, in: session)
    let comment: Comment = "\(places[0].program)"
    if case .value(let shape, let type, _) = first { #expect(type != .literal || shape.rank == 0, comment) }
    // What is drawn anew each time can't be compared.
    if try compareWithInterpretation(places[0].program, first, in: session) { return }
    for (place, program) in places.dropFirst() {
      for compiles in place == "a loop" ? [true, false] : [true] {
        let other = outcome(of: program, in: session, compilesLoops: compiles)
        #expect(other == first, "\(comment), \(place), compiled \(compiles): \(other) for \(first)")
      }
    }
  }

  /// The slow twin; whether anything was drawn.
  private func compareWithInterpretation(_ program: String, _ outcome: Outcome, in session: Session) throws -> Bool {
    let evaluator = Evaluator(session)
    guard let value = try? evaluator.evaluate(try Parser.parseExpression(String(program.dropFirst(4)))),
      case .tensor(let symbol) = value, case .value(let shape, let type, let fast) = outcome
    else { return false }
    let builder = evaluator.builder
    let slow = try builder.graph.interpret([symbol.reference], parameters: builder.parameters.map(\.value))[0]
    #expect(slow.shape == shape && slow.type == type, "\(program)")
    let bound = builder.graph.nodes.contains { $0.type == .float32 } ? 1e-4 : 1e-9
    for (x, y) in zip(fast, slow.values) {
      #expect(
        x == y || x.isNaN && y.isNaN || abs(x - y) <= bound * max(abs(y), 1), "\(program): \(fast) for \(slow.values)")
    }
    return evaluator.draw != session.draw
  }

  // MARK: Gradients

  /// What a gradient is asked by.
  private static let leaves: [(name: String, text: String)] = [
    ("mask", "m"), ("comparison", "x > 0.5"), ("matrix", "x + 0"), ("float64 matrix", "float64(x)"),
    ("mask row", "mask([1, 0, 1])"),
    ("number", "0.75"),
  ]

  /// What stands between it and the call.
  private static let ways = ["l", "l[::-1]", "relu(l)", "l * 1", "broadcast_to(l, 2, 3)"]

  @Test(.slow, arguments: Operator.table.map(\.name)) func aNameChangesNoGradient(name: String) throws {
    let operation = try #require(Operator.named[name])
    var session = Session()
    #expect(printed(Self.setting(of: operation, "float64"), in: &session).isEmpty)
    for call in Self.calls(of: operation) {
      guard let operand = ["a", "b", "s", "v"].first(where: { Self.replacing([$0: "!"], in: call) != call }) else {
        continue
      }
      for (number, leaf) in Self.leaves.enumerated() {
        for way in [Self.ways[0], Self.ways[1 + number % (Self.ways.count - 1)]] {
          var session = session
          _ = printed("l = \(leaf.text)", in: &session)
          compareGradients(call, operand, way, leaf.name, in: session)
        }
      }
    }
  }

  private func compareGradients(
    _ call: String, _ operand: String, _ way: String, _ leaf: String, in session: Session
  ) {
    func loss(_ text: String) -> String { "sum(sin(\(Self.replacing([operand: text], in: call))))" }
    let first = outcome(of: "r = grad(\(loss("(\(way))")), l)", in: session)
    let programs = [
      "k = \(way)\nr = grad(\(loss("k")), l)", "k := \(way)\nr = grad(\(loss("k")), l)",
      "y := \(way)\nk = y\nr = grad(\(loss("k")), l)", "k = \(way)\nloss = \(loss("k"))\nr = grad(loss, l)",
      "g(q) = { y = \(Self.replacing(["l": "q"], in: way)); \(loss("y")) }\nr = grad(g(l), l)",
    ]
    for program in programs {
      let other = outcome(of: program, in: session)
      #expect(other == first, "\(leaf), \(way): \(program): \(other) for \(first)")
    }
  }

  @Test func wordsAreReplacedWhole() {
    #expect(Self.replacing(["a": "(1)"], in: "max(a, axis=-1) + a.T") == "max((1), axis=-1) + (1).T")
  }
}
