import Graphs
import Tensors

/// Strong zeros of values: what removed an entry, or switched it off.
extension Why {
  func tellStrong(_ source: Provenance.Source) {
    var source = source
    for _ in 0..<10_000 {
      let cause = evidence.cause(source)
      let terms = evidence.terms(source)
      guard let primitive = graph.primitive(of: source.reference) else {
        return tellStored(source, cause)
      }
      if let factors = terms.first, decides(primitive, factors, source, cause) { return }
      let next = terms.joined().first { evidence.cause($0) <= .gated && evidence.cause($0) <= cause }
      guard let next else {
        let mark = cause == .structural ? "⋅" : "∘"
        return say(
          terms.isEmpty
            ? "\(mark) 0 for good: no entry comes to \(evidence.written(source))\(evidence.line(of: source))"
            : "\(mark) 0 by \(evidence.written(source))\(evidence.line(of: source))")
      }
      source = next
    }
  }

  /// Zeros that were there when a name was given its value.
  private func tellStored(_ source: Provenance.Source, _ cause: Cause) {
    let words = evidence.written(source)
    let line = evidence.line(of: source)
    say(
      cause == .structural
        ? "⋅ masked: \(words) was removed for good when it was given its value\(line)"
        : "∘ off: \(words) was switched off when it was given its value\(line)")
  }

  /// Says what an operation did to the entry, if it was this one.
  private func decides(
    _ primitive: Primitive, _ factors: [Provenance.Source], _ source: Provenance.Source, _ cause: Cause
  ) -> Bool {
    switch primitive.telling {
    case .kept:
      guard factors.count == 2, evidence.entry(factors[0]) == 0, evidence.cause(factors[1]) >= cause else {
        return false
      }
      // A mask that nobody wrote belongs to a rule.
      let mask = origin(of: factors[0])
      if !evidence.isNamed(mask.reference), graph.primitive(of: mask.reference) != nil, !isByChance(mask) {
        say("\(cause == .structural ? "⋅" : "∘") 0, and so for all values near these")
        return true
      }
      masked(factors[0], fixed: cause == .structural)
      counterfactual([flip(factors[0])], "were it there, this entry would be")
      return true
    case .choice:
      guard factors.count == 3 else { return false }
      let isOn = evidence.entry(factors[0]) != 0
      let chosen = factors[isOn ? 1 : 2]
      guard evidence.cause(chosen) > cause else { return false }
      say(
        "\(cause == .structural ? "⋅" : "∘") 0: \(evidence.written(factors[0])) is \(isOn)\(evidence.line(of: source))")
      return true
    case .function(let name):
      guard let x = factors.first, factors.count == 1, evidence.cause(x) > cause else { return false }
      off(name, [source], [x])
      counterfactual([on(source, x)], "without \(name) there, this entry would be")
      return true
    case .total(let total):
      guard total == .greatest || total == .least, cause == .gated else { return false }
      guard let winner = evidence.terms(source).joined().first(where: { evidence.entry($0) == evidence.entry(source) })
      else { return false }
      say("∘ 0: \(evidence.written(winner)), which is off, \(total.verb) \(evidence.terms(source).count)")
      return true
    case .sign, .prefix, .products, .moved, .constant, .drawn, .whole: return false
    }
  }

  /// Who the mask is.
  func masked(_ mask: Provenance.Source, fixed: Bool) {
    let origin = origin(of: mask)
    if evidence.name(of: origin.reference) == nil, isByChance(origin) {
      return say("⋅ masked by chance in \(evidence.whole(around: origin.reference))")
    }
    if evidence.written(origin).hasPrefix(Evidence.stepWords) {
      return say("\(fixed ? "⋅ masked in" : "∘ off in") \(evidence.whole(around: origin.reference))")
    }
    let words = "\(evidence.written(origin))\(evidence.line(of: origin))"
    say(fixed ? "⋅ masked by \(words)" : "∘ off: \(evidence.written(origin)) is false\(evidence.line(of: origin))")
  }

  /// `relu is off`, once or for several rows.
  ///
  /// - Parameter isAll: no way from the entry to the result ends otherwise.
  func off(_ name: String, _ results: [Provenance.Source], _ operands: [Provenance.Source], isAll: Bool = true) {
    let values = operands.map { evidence.entry($0) }
    guard let nearest = values.indices.max(by: { values[$0] < values[$1] }) else { return }
    let (result, operand) = (results[nearest], operands[nearest])
    let formula = "\(evidence.written(result)) = \(name)(\(evidence.number(values[nearest])))"
    if results.count == 1 {
      say("0 because \(name) is off\(isAll ? "" : " on one of the ways"):  \(formula)\(evidence.line(of: result))")
    } else {
      let isOneUnit = results.allSatisfy { $0.place.dropFirst() == result.place.dropFirst() }
      let places = isOneUnit && results.count == graph[result.reference].shape[0] ? "rows" : "places"
      say(
        "0 because \(name) is off in \(isAll ? "all " : "")\(results.count) \(places) that it goes to\(evidence.line(of: result))"
      )
      add("nearest to being on:  \(formula)")
    }
    if evidence.isNamed(operand.reference), evidence.written(result).contains(evidence.written(operand)) == false {
      add("\(evidence.written(operand)) = \(evidence.number(values[nearest]))")
    }
    if values[nearest] == 0 { add("it sits exactly on the kink: not a statement about its neighbourhood") }
  }

  /// The name that a mask's entry came from.
  func origin(of source: Provenance.Source) -> Provenance.Source {
    var source = source
    while evidence.name(of: source.reference) == nil, let next = evidence.terms(source).first?.first,
      graph[next.reference].type == .bool || evidence.cause(next) == .structural
    {
      source = next
    }
    return source
  }

  /// Whether an entry was drawn, or compared with what was.
  func isByChance(_ source: Provenance.Source) -> Bool {
    var source = source
    while let primitive = graph.primitive(of: source.reference) {
      if primitive.telling == .drawn { return true }
      guard let next = evidence.terms(source).first?.first else { return false }
      source = next
    }
    return false
  }

  // MARK: What would be

  typealias Changes = (reference: Graph.Reference, place: [Int], value: Double)

  /// A mask's entry as it isn't, in the mask that it was read from.
  func flip(_ mask: Provenance.Source) -> Changes {
    var source = mask
    // As far as it only moves: of a comparison the mask is what is flipped.
    while evidence.name(of: source.reference) == nil, let primitive = graph.primitive(of: source.reference),
      primitive.telling == .moved, graph[source.reference].type == .bool,
      let next = evidence.terms(source).first?.first, graph[next.reference].type == .bool
    {
      source = next
    }
    return (source.reference, source.place, evidence.entry(source) == 0 ? 1 : 0)
  }

  /// A function's result as what it was given.
  func on(_ result: Provenance.Source, _ operand: Provenance.Source) -> Changes {
    (result.reference, result.place, evidence.entry(operand))
  }

  /// The entry that was asked about, with some entries changed.
  func would(_ changes: [Changes]) -> Double? {
    var others: [Graph.Reference: [(place: [Int], value: Double)]] = [:]
    for change in changes { others[change.reference, default: []].append((change.place, change.value)) }
    return evidence.entry(top, replacing: others)
  }

  func counterfactual(_ changes: [Changes], _ words: String) {
    guard let value = would(changes) else { return }
    say("\(words) \(evidence.number(value))")
  }
}
