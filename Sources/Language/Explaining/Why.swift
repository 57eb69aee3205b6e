import Graphs
import Plans
import Printing
import Refusals
import Syntax
import Tensors

/// The reason for one entry of a value: a walk from the entry to the factors that decide it, a sentence a step.
final class Why {
  static let lineLimit = 6
  let evidence: Evidence
  private(set) var lines: [String] = []
  /// The operation whose slope first was infinite, once it is known.
  var culprit: Graph.Reference?
  /// What was told is nothing but the rest of terms that cancel.
  var hasCancelled = false
  /// The entry that is asked about, as it is computed.
  private(set) var top = Provenance.Source(reference: Graph.Reference(index: 0), place: [])

  init(_ session: Session) { evidence = Evidence(session) }

  var evaluator: Evaluator { evidence.evaluator }
  var graph: Graph { evidence.graph }

  /// Sentences about `expression[i, j]`, or about all entries of what isn't one entry.
  func explain(_ question: WhyQuestion) throws(Diagnostic) -> [String] {
    let expression = question.expression
    evidence.question = expression.description
    noteRead(expression)
    let leaves = evaluator.leaves(of: expression)
    try evaluator.withTargets(leaves) { () throws(Diagnostic) in
      if case .index(let inner, let written) = expression.kind,
        case .tensor(let whole) = try evaluator.evaluate(inner), whole.shape.rank == written.count,
        let place = try self.place(written, in: whole)
      {
        return try tell(whole, place, of: inner, by: question.ways)
      }
      switch try evaluator.evaluate(expression) {
      case .tensor(let symbol) where symbol.shape.count == 1:
        try tell(symbol, [Int](repeating: 0, count: symbol.shape.rank), of: expression, by: question.ways)
      case .tensor(let symbol): summarise(symbol, expression)
      case .tuple(let parts) where !parts.symbolsInside.isEmpty:
        for (position, symbol) in parts.symbolsInside.prefix(Self.lineLimit).enumerated() {
          summarise(symbol, expression, isBrief: true, position: position)
        }
      case let other: throw evaluator.notTensor(other, expression.range)
      }
    }
    return lines
  }

  /// Notes which names the first argument of a gradient reads.
  func noteRead(_ expression: Expression) {
    guard case .call(_, let arguments) = expression.innermost.kind, let loss = arguments.first?.value else { return }
    evidence.read = evaluator.reachable(from: Names.read(in: loss))
  }

  private func tell(
    _ symbol: Symbol, _ place: [Int], of expression: Expression, by ways: [String]
  ) throws(Diagnostic) {
    evidence.settle(symbol)
    if !ways.isEmpty { return try split(symbol, place, expression, ways) }
    describe(symbol.reference, place, expression)
  }

  /// The place that indices name; nil where they pick more than one entry.
  private func place(_ entries: [Index], in symbol: Symbol) throws(Diagnostic) -> [Int]? {
    var place: [Int] = []
    for (axis, entry) in entries.enumerated() {
      guard case .at(let expression) = entry else { return nil }
      guard case .tensor(let number) = try evaluator.evaluate(expression), number.shape.rank == 0,
        number.type != .bool
      else { return nil }
      let index = try evaluator.wholeNumber(number, expression.range)
      let extent = symbol.shape[axis]
      guard index >= -extent, index < extent else {
        throw Diagnostic(
          "index \(index) is out of range: axis \(axis) has \(extent) entries", at: expression.range,
          help: extent > 0 ? "0 to \(extent - 1)" : nil)
      }
      place.append(index < 0 ? index + extent : index)
    }
    return place
  }

  func say(_ sentence: String) { lines.append(sentence) }

  func drop(from start: Int) { lines.removeSubrange(start...) }

  func replace(_ number: Int, by sentence: String) { lines[number] = sentence }

  /// What belongs to the sentence before.
  func add(_ sentence: String) { lines.append("  " + sentence) }

  /// Whether there is room for more than what is needed.
  var hasRoom: Bool { lines.count < Self.lineLimit }

  // MARK: The walk

  func describe(_ reference: Graph.Reference, _ place: [Int], _ expression: Expression) {
    top = Provenance.Source(reference: reference, place: place)
    if let (pass, node) = asked(reference, expression) { return tell(adjointOf: node, place, in: pass) }
    if let left = leftOut(of: reference, expression) { return tell(left, place) }
    tell(top)
  }

  /// The reverse pass that a gradient came from, and what it was taken by.
  ///
  /// Equal gradients are one node: what the question names comes first.
  func asked(_ reference: Graph.Reference, _ expression: Expression) -> (ReversePass, Graph.Reference)? {
    guard case .call(let callee, let arguments) = expression.innermost.kind, case .name(let function) = callee.kind,
      Builtin.gradientNames.contains(function)
    else { return owner(of: reference) }
    let names = Set(arguments.dropFirst().map(\.value.description))
    for pass in evaluator.builder.passes.reversed() {
      let nodes = pass.answers.filter { $0.value == reference }.keys.sorted()
      guard let first = nodes.first else { continue }
      return (pass, nodes.first { evidence.name(of: $0).map(names.contains) ?? false } ?? first)
    }
    return owner(of: reference)
  }

  private func owner(of reference: Graph.Reference) -> (ReversePass, Graph.Reference)? {
    for pass in evaluator.builder.passes.reversed() {
      if let node = pass.owners[reference] { return (pass, node) }
    }
    return nil
  }

  /// An entry of a value, or of a cotangent within one.
  func tell(_ source: Provenance.Source) {
    if let (pass, node) = owner(of: source.reference) { return tell(adjointOf: node, source.place, in: pass) }
    switch evidence.cause(source) {
    case .structural, .gated: tellStrong(source)
    case .exact: tellExact(source)
    case .live: evidence.entry(source).isFinite ? tellLive(source) : tellNotFinite(source)
    }
  }
}

extension Expression {
  /// Without the indices behind it.
  fileprivate var innermost: Expression {
    if case .index(let base, _) = kind { base.innermost } else { self }
  }
}

extension Entries where Element == Value {
  fileprivate var symbolsInside: [Symbol] { values.flatMap(\.leaves) }
}
