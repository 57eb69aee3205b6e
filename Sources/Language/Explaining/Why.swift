import Graphs
import Plans
import Printing
import Refusals
import Syntax
import Tensors

/// The reason for one entry of a value: a walk from the entry to the factor that decides it, a sentence a step.
final class Why {
  private static let lineLimit = 6
  private let evidence: Evidence
  private var lines: [String] = []
  private var top: Graph.Reference?
  private var topPlace: [Int] = []

  init(_ session: Session) { evidence = Evidence(session) }

  private var evaluator: Evaluator { evidence.evaluator }
  private var graph: Graph { evidence.graph }

  /// At most six lines about `expression[i, j]`.
  func explain(_ expression: Expression) throws(Diagnostic) -> String {
    var base = expression
    var entries: [Index] = []
    if case .index(let inner, let written) = expression.kind { (base, entries) = (inner, written) }
    let leaves = evaluator.leaves(of: base)
    let symbol = try evaluator.withTargets(leaves) { () throws(Diagnostic) in try evaluator.tensor(base) }
    let place = try self.place(entries, in: symbol, expression.range)
    (top, topPlace) = (symbol.reference, place)
    describe(symbol.reference, place)
    return lines.prefix(Self.lineLimit).joined(separator: "\n")
  }

  private func place(_ entries: [Index], in symbol: Symbol, _ range: SourceRange) throws(Diagnostic) -> [Int] {
    guard entries.count == symbol.shape.rank else {
      throw Diagnostic(
        "one entry is wanted: \(symbol.shape.rank) indices for \(symbol.shape)", at: range,
        help: ":why grad(loss, w)[0, 1]")
    }
    var place: [Int] = []
    for (axis, entry) in entries.enumerated() {
      guard case .at(let expression) = entry else { throw Diagnostic("one entry is wanted, not a slice", at: range) }
      let index = try evaluator.wholeNumber(expression)
      let extent = symbol.shape[axis]
      guard index >= -extent, index < extent else {
        throw Diagnostic("index \(index) is out of range: axis \(axis) has \(extent) entries", at: expression.range)
      }
      place.append(index < 0 ? index + extent : index)
    }
    return place
  }

  private func say(_ sentence: String) { lines.append(sentence) }

  // MARK: The walk

  private func describe(_ reference: Graph.Reference, _ place: [Int]) {
    switch evidence.cause(reference, place) {
    case .structural: removed(reference, place, depth: 0)
    case .gated: gated(reference, place, depth: 0)
    case .exact: exact(reference, place, depth: 0)
    case .live:
      let value = evidence.entry(reference, place)
      value.isFinite ? live(reference, place) : notFinite(reference, place, value)
    }
  }

  /// Zero for every value: the mask, the constant condition or the missing path behind it.
  private func removed(_ reference: Graph.Reference, _ place: [Int], depth: Int) {
    guard depth < 1_000, case .apply(let primitive, let operands) = graph[reference].kind else {
      return say(
        "⋅ removed: \(evidence.written(reference, place)) was zero for good when it was assigned\(evidence.line(of: reference))"
      )
    }
    let terms = evidence.terms(reference, place)
    if primitive.name == "keep", let sources = terms.first, evidence.entry(sources[0].reference, sources[0].place) == 0,
      evidence.cause(sources[1].reference, sources[1].place) != .structural
    {
      let mask = origin(of: sources[0])
      say("⋅ removed by \(evidence.written(mask.reference, mask.place))\(evidence.line(of: mask.reference))")
      return counterfactual(reference, sources[0], "were it there")
    }
    if case .embed = primitive.kernel, terms.isEmpty { return say("⋅ no path leads here: no index selects this entry") }
    if case .fill = primitive.kernel { return say("⋅ no path leads from the result to this entry") }
    let next = terms.first?.first { evidence.cause($0.reference, $0.place) == .structural }
    guard let next else {
      let source = terms.first?.first ?? Provenance.Source(reference: operands.first ?? reference, place: place)
      return say(
        "⋅ removed: nothing that \(evidence.written(source.reference, source.place)) can be reaches this entry")
    }
    removed(next.reference, next.place, depth: depth + 1)
  }

  /// Switched off for now: the condition behind it.
  private func gated(_ reference: Graph.Reference, _ place: [Int], depth: Int) {
    let terms = evidence.terms(reference, place)
    guard depth < 1_000, let primitive = graph.primitive(of: reference) else {
      return say(
        "∘ \(evidence.written(reference, place)) was switched off when it was computed\(evidence.line(of: reference))")
    }
    if primitive.name == "relu", let source = terms.first?.first { return off(reference, place, source) }
    if primitive.name == "keep", let sources = terms.first, evidence.entry(sources[0].reference, sources[0].place) == 0
    {
      let condition = condition(sources[0])
      if let relu = evidence.consumer(named: "relu", of: condition.reference) {
        off(relu, condition.place, condition)
      } else {
        say(
          "∘ switched off: \(evidence.written(condition.reference, condition.place)) = \(evidence.number(evidence.entry(condition.reference, condition.place)))"
        )
      }
      return counterfactual(reference, sources[0], "were it on")
    }
    let flat = terms.flatMap { $0 }
    guard let next = flat.first(where: { evidence.cause($0.reference, $0.place) <= .gated }) else {
      return say("∘ \(evidence.written(reference, place)) is switched off for all values close to these")
    }
    gated(next.reference, next.place, depth: depth + 1)
  }

  private func off(_ relu: Graph.Reference, _ place: [Int], _ input: Provenance.Source) {
    let value = evidence.entry(input.reference, input.place)
    say("0 because relu is off:  \(evidence.written(relu, place)) = relu(\(evidence.number(value)))")
    if evidence.isNamed(input.reference) {
      say("\(evidence.written(input.reference, input.place)) = \(evidence.number(value))")
    }
    if value == 0 { say("it sits exactly on the kink: not a statement about its neighbourhood") }
  }

  /// The result if one condition had let its value through, everything computed before it left as it is.
  private func counterfactual(_ reference: Graph.Reference, _ condition: Provenance.Source, _ words: String) {
    guard let top, let current = evidence.value(condition.reference) else { return }
    var elements = current.values
    elements[current.shape.offset(of: condition.place)] = 1
    var overrides = [condition.reference: Tensor(elements, shape: current.shape, type: .bool)]
    for other in evaluator.builder.choices(by: condition.reference, before: reference) {
      overrides[other] = evidence.value(other)
    }
    let parameters = evaluator.builder.parameters.map(\.value)
    let results = try? graph.interpret([top], parameters: parameters, overriding: overrides)
    guard let result = results?.first else { return }
    say("\(words), this entry would be \(evidence.number(result[flat: result.shape.offset(of: topPlace)]))")
  }

  /// The name a mask's entry came from.
  private func origin(of source: Provenance.Source) -> Provenance.Source {
    var source = source
    while evidence.name(of: source.reference) == nil,
      let next = evidence.terms(source.reference, source.place).first?.first
    {
      source = next
    }
    return source
  }

  /// The number that a condition asks about.
  private func condition(_ source: Provenance.Source) -> Provenance.Source {
    var source = source
    while graph[source.reference].type == .bool, let next = evidence.terms(source.reference, source.place).first {
      source = next.first { graph[$0.reference].type.isFloat } ?? next[0]
    }
    return source
  }

  // MARK: Numbers

  private func exact(_ reference: Graph.Reference, _ place: [Int], depth: Int) {
    let terms = evidence.terms(reference, place)
    if depth > 0, evidence.isNamed(reference) || terms.isEmpty || lines.isEmpty == false {
      return say("0 because \(evidence.written(reference, place)) is 0\(evidence.line(of: reference))")
    }
    let factors = terms.flatMap { $0 }.filter { graph[$0.reference].type.isFloat }
    let zeros = factors.filter { evidence.entry($0.reference, $0.place) == 0 }
    if factors.isEmpty {
      return say("0 because \(evidence.written(reference, place)) is 0\(evidence.line(of: reference))")
    }
    if zeros.isEmpty {
      let shown = factors.prefix(3).map { evidence.number(evidence.entry($0.reference, $0.place)) }.joined(
        separator: " and ")
      return say("0 because it cancels or vanishes here: \(shown)")
    }
    let isEveryTerm = terms.allSatisfy { term in term.contains { evidence.entry($0.reference, $0.place) == 0 } }
    guard isEveryTerm, let first = zeros.first else { return say("0 because its \(terms.count) terms cancel") }
    exact(first.reference, first.place, depth: depth + 1)
  }

  private func notFinite(_ reference: Graph.Reference, _ place: [Int], _ value: Double) {
    var (reference, place, value) = (reference, place, value)
    for _ in 0..<10_000 {
      let sources = evidence.terms(reference, place).flatMap { $0 }.filter { graph[$0.reference].type.isFloat }
      guard
        let next = sources.first(where: {
          !evidence.entry($0.reference, $0.place).isFinite && evidence.cause($0.reference, $0.place) == .live
        })
      else { break }
      (reference, place) = (next.reference, next.place)
      value = evidence.entry(reference, place)
    }
    let kind = value.isNaN ? "NaN" : value > 0 ? "inf" : "-inf"
    let operands = evidence.terms(reference, place).first ?? []
    if operands.isEmpty {
      return say("\(kind) comes from \(evidence.written(reference, place))\(evidence.line(of: reference))")
    }
    say("\(kind) first appears in \(evidence.written(reference, place))\(evidence.line(of: reference))")
    for operand in operands.prefix(3) where graph[operand.reference].type.isFloat {
      say(
        "of \(evidence.written(operand.reference, operand.place)) = \(evidence.number(evidence.entry(operand.reference, operand.place)))"
      )
    }
  }

  private func live(_ reference: Graph.Reference, _ place: [Int]) {
    let value = evidence.entry(reference, place)
    let origin = evidence.moved(Provenance.Source(reference: reference, place: place))
    let terms = evidence.terms(origin.reference, origin.place)
    guard terms.count > 1 else {
      say("\(evidence.written(reference, place)) = \(evidence.number(value))\(evidence.line(of: reference))")
      for source in terms.first ?? []
      where graph[source.reference].type.isFloat && !evidence.isConstant(source.reference) {
        say(
          "of \(evidence.written(source.reference, source.place)) = \(evidence.number(evidence.entry(source.reference, source.place)))"
        )
      }
      return
    }
    let contributions = terms.map { term in term.reduce(1) { $0 * evidence.entry($1.reference, $1.place) } }
    let order = contributions.indices.sorted { abs(contributions[$0]) > abs(contributions[$1]) }
    say("\(evidence.number(value)) is a sum of \(terms.count) terms; the largest:")
    for index in order.prefix(3) {
      let factors = terms[index].map {
        "\(evidence.written($0.reference, $0.place)) = \(evidence.number(evidence.entry($0.reference, $0.place)))"
      }
      say("\(evidence.number(contributions[index])) from \(factors.joined(separator: ", "))")
    }
  }
}
