import Graphs
import Syntax
import Tensors

/// Entries of values: what they were made of, by the verb of the operation that made them.
extension Why {
  /// A number: its operation's own sentence, then what its largest part was made of.
  func tellLive(_ source: Provenance.Source) {
    var source = source
    var isFirst = true
    while hasRoom {
      let origin = evidence.moved(source)
      guard let primitive = graph.primitive(of: origin.reference) else {
        if isFirst { tellLeaf(source, origin) }
        return
      }
      let start = lines.count
      let next = sentence(origin, primitive, isFirst ? source : origin)
      if lines[start...].contains(where: { $0.contains(Evidence.stepWords) }) {
        drop(from: start)
        if isFirst { call(origin, source) }
        return
      }
      guard let next else { return }
      // What has a name stands for itself; who wants more asks for it.
      guard evidence.name(of: next.reference) == nil, !evidence.isConstant(next.reference),
        evidence.entry(next).isFinite, evidence.cause(next) == .live
      else { return }
      (source, isFirst) = (next, false)
      if owner(ofAdjoint: evidence.moved(next).reference) { return tell(evidence.moved(next)) }
    }
  }

  /// What a call of the library made of the entries that it reads: its steps are nobody's words.
  private func call(_ source: Provenance.Source, _ shown: Provenance.Source) {
    var inputs: [Provenance.Source] = []
    var waiting = [source]
    var seen: Set<Provenance.Source> = [source]
    while let next = waiting.popLast(), seen.count < 4_096 {
      for part in evidence.terms(next).joined() where seen.insert(part).inserted {
        guard graph[part.reference].type.isFloat, !evidence.isConstant(part.reference) else { continue }
        if evidence.isNamed(part.reference) || graph.primitive(of: part.reference) == nil {
          inputs.append(part)
        } else {
          waiting.append(part)
        }
      }
    }
    let value = evidence.shown(source)
    let name = evidence.name(of: shown.reference) == nil ? "" : "\(evidence.written(shown)) = "
    let order = inputs.sorted { abs(evidence.entry($0)) > abs(evidence.entry($1)) }
    let of = order.prefix(3).map { evidence.equation($0) }.joined(separator: ";  ")
    let more = order.count > 3 ? ";  and \(order.count - 3) more" : ""
    let words = evidence.whole(around: source.reference)
    let index = shown.place.isEmpty ? "" : shown.place.indexText
    say("\(name)\(value) = \(words)\(index)\(evidence.line(of: source)), of \(of)\(more)")
  }

  private func owner(ofAdjoint reference: Graph.Reference) -> Bool {
    evaluator.builder.passes.contains { $0.owners[reference] != nil }
  }

  private func tellLeaf(_ source: Provenance.Source, _ origin: Provenance.Source) {
    let value = evidence.number(evidence.entry(source))
    let words = evidence.written(origin)
    let line = evidence.line(of: origin.reference)
    let from = evidence.written(source) == words || source == origin ? "" : "\(evidence.written(source)) = "
    let formula = evidence.name(of: origin.reference).flatMap { evidence.session.names[ReadPlace($0).name]?.formula }
    var made = ""
    if let expression = formula?.expression, case .call = expression.kind { made = ", \(expression.description)" }
    say(
      words == value
        ? "\(from)\(value), as it was written"
        : "\(from)\(words) = \(value)\(line)\(made.count <= 60 ? made : "")")
  }

  /// Says what an entry was made of; the part of it that counts most, where there is one.
  private func sentence(
    _ source: Provenance.Source, _ primitive: Primitive, _ shown: Provenance.Source
  ) -> Provenance.Source? {
    let value = evidence.shown(source)
    let terms = evidence.terms(source)
    let factors = terms.first ?? []
    let head = head(shown, value)
    switch primitive.telling {
    case .function(let name):
      guard let x = factors.first else { return nil }
      say("\(head)\(name)(\(factors.map(argument).joined(separator: ", ")))\(evidence.line(of: source))")
      return x
    case .prefix(let sign):
      guard let x = factors.first else { return nil }
      say("\(head)\(sign)\(argument(x))\(evidence.line(of: source))")
      return x
    case .sign(let sign):
      guard factors.count == 2 else { return nil }
      let words = factors.map { evidence.written($0) }
      let numbers = factors.map {
        graph[$0.reference].type == .bool ? evidence.shown($0) : evidence.operand(evidence.entry($0))
      }
      let formula = "\(numbers[0]) \(sign) \(numbers[1])"
      let isPlain = zip(words, factors).allSatisfy { $0 == evidence.number(evidence.entry($1)) }
      let named = isPlain ? "" : " = \(words[0].bracketedFormula) \(sign) \(words[1].bracketedFormula)"
      say("\(head)\(formula)\(named)\(evidence.line(of: source))")
      return factors.max { abs(evidence.entry($0)) < abs(evidence.entry($1)) }
    case .total(let total): return self.total(source, total, terms, value)
    case .products: return products(source, terms, value)
    case .choice:
      guard factors.count == 3 else { return nil }
      let isOn = evidence.entry(factors[0]) != 0
      let chosen = factors[isOn ? 1 : 2]
      say(
        "\(head)\(argument(chosen)): \(evidence.written(factors[0])) is \(isOn ? "true" : "false")\(evidence.line(of: source))"
      )
      return chosen
    case .kept:
      guard factors.count == 2 else { return nil }
      if isByChance(factors[0]) {
        say("\(head)\(argument(factors[1])), kept by chance in \(evidence.whole(around: source.reference))")
        return nil
      }
      say("\(head)\(argument(factors[1])): \(evidence.written(factors[0])) keeps it\(evidence.line(of: factors[0]))")
      return factors[1]
    case .moved: return factors.last
    case .constant: say("\(value), as it was written or counted")
    case .drawn: say("\(head)drawn at random by \(primitive.name)\(evidence.line(of: source))")
    case .whole: whole(source, primitive, head)
    }
    return nil
  }

  /// `y[0, 1] = 3 = `, without what would only repeat the formula.
  private func head(_ source: Provenance.Source, _ value: String) -> String {
    guard evidence.name(of: source.reference) != nil else { return "\(value) = " }
    return "\(evidence.written(source)) = \(value) = "
  }

  /// `z[0] = 0.3` where it has a name, else the number.
  private func argument(_ source: Provenance.Source) -> String { evidence.equation(source) }

  private func total(
    _ source: Provenance.Source, _ total: Telling.Total, _ terms: [[Provenance.Source]], _ value: String
  ) -> Provenance.Source? {
    let entries = terms.compactMap(\.first)
    guard entries.count > 1 else {
      if let only = entries.first { say("\(value) = \(argument(only)), the only entry of \(evidence.written(source))") }
      return entries.first
    }
    let numbers = entries.map { evidence.entry($0) }
    let words = "\(value) \(total.verb) \(entries.count)"
    switch total {
    case .any, .all:
      let isOn = evidence.entry(source) != 0
      guard (total == .any) == isOn, let decisive = entries.first(where: { (evidence.entry($0) != 0) == isOn }) else {
        say(
          "\(isOn): \(isOn ? "all" : "none") of \(entries.count) \(isOn ? "are" : "is") true in \(evidence.written(entries[0].reference, []))"
        )
        return nil
      }
      say("\(isOn): \(argument(decisive))")
      return decisive
    case .sum, .product, .length:
      let isProduct = total == .product
      let order = entries.indices.sorted { a, b in
        isProduct ? abs(log2Size(numbers[a])) > abs(log2Size(numbers[b])) : abs(numbers[a]) > abs(numbers[b])
      }
      let shown = order.prefix(3)
      say(
        "\(words)\(entries.count > 3 ? "; the largest:" : ":")  "
          + shown.map { argument(entries[$0]) }.joined(separator: ";  "))
      return order.first.map { entries[$0] }
    case .greatest, .least:
      let best = evidence.entry(source)
      let winners = entries.indices.filter { numbers[$0] == best }
      let losers = entries.indices.filter { numbers[$0] != best }.sorted {
        abs(numbers[$0] - best) < abs(numbers[$1] - best)
      }
      var parts = winners.prefix(2).map { argument(entries[$0]) }
      if winners.count > 2 { parts.append("and \(winners.count - 2) more that equal it") }
      if let next = losers.first { parts.append("\(argument(entries[next])) loses") }
      say("\(words):  " + parts.joined(separator: ";  "))
      return winners.first.map { entries[$0] }
    }
  }

  private func log2Size(_ value: Double) -> Double { value == 0 ? -.infinity : abs(value).exponentDistance }

  private func products(
    _ source: Provenance.Source, _ terms: [[Provenance.Source]], _ value: String
  ) -> Provenance.Source? {
    let all = terms.filter { $0.count == 2 }
    let counting = all.filter { product($0) != 0 }
    let pairs = counting.isEmpty ? all : counting
    let numbers = pairs.map { product($0) }
    let order = pairs.indices.sorted { abs(numbers[$0]) > abs(numbers[$1]) }
    guard let first = order.first else { return nil }
    if pairs.count == 1 {
      say("\(value) = \(factors(pairs[first]))\(all.count > 1 ? ", all that isn't 0 of \(all.count) products" : "")")
    } else {
      say("\(value) is a sum of \(pairs.count) products\(pairs.count > 3 ? "; the largest:" : ":")")
      for index in order.prefix(3) { add("\(evidence.number(numbers[index])) = \(factors(pairs[index]))") }
    }
    return pairs[first].first { evidence.name(of: evidence.moved($0).reference) == nil }
  }

  /// A strong zero decides a product.
  func product(_ factors: [Provenance.Source]) -> Double {
    factors.contains { evidence.cause($0) <= .gated } ? 0 : factors.reduce(1) { $0 * evidence.entry($1) }
  }

  /// `a[0, 3] · b[3, 0] = 4 · 1000`.
  func factors(_ pair: [Provenance.Source]) -> String {
    let words = pair.map { evidence.written($0) }.map(\.bracketedFormula).joined(separator: " \(evidence.times) ")
    let numbers = pair.map { evidence.operand(evidence.entry($0)) }.joined(separator: " \(evidence.times) ")
    return "\(words) = \(numbers)"
  }

  private func whole(_ source: Provenance.Source, _ primitive: Primitive, _ head: String) {
    let operands = graph.operands(of: source.reference)
    let names = operands.compactMap { evidence.label($0)?.text }
    let of = names.isEmpty ? "what it reads" : names.joined(separator: " and ")
    say("\(head)\(primitive.name) of \(of)\(evidence.line(of: source)): all entries have a say")
  }

  // MARK: Zeros

  /// 0 here, but not nearby: the zero that it was made of.
  func tellExact(_ source: Provenance.Source) {
    var origin = evidence.moved(source)
    for _ in 0..<1_000 {
      let terms = evidence.terms(origin)
      let factors = terms.flatMap { $0 }.filter { graph[$0.reference].type.isFloat }
      guard let primitive = graph.primitive(of: origin.reference), !factors.isEmpty else { break }
      let isEveryTerm = terms.allSatisfy { term in term.contains { evidence.entry($0) == 0 } }
      let zero = factors.first { evidence.entry($0) == 0 }
      guard isEveryTerm, let zero, !evidence.isConstant(zero.reference) else {
        return cancels(origin, primitive, terms)
      }
      origin = evidence.moved(zero)
      if evidence.cause(origin) <= .gated { return tellStrong(origin) }
      if evidence.name(of: origin.reference) != nil { break }
    }
    let words = evidence.written(origin)
    say(words == "0" ? "0, as it was written" : "0 because \(words) is 0\(evidence.line(of: origin))")
  }

  private func cancels(_ source: Provenance.Source, _ primitive: Primitive, _ terms: [[Provenance.Source]]) {
    let contributions = terms.count > 1 ? terms.map { product($0) } : []
    let shown = contributions.isEmpty ? (terms.first ?? []).map { evidence.entry($0) } : contributions
    if terms.count > 1 {
      say("0: its \(terms.count) terms cancel, " + sum(shown))
    } else {
      say("0 = \(formula(source) ?? evidence.written(source))\(evidence.line(of: source))")
      var told: [Provenance.Source] = []
      for factor in (terms.first ?? []).prefix(2)
      where !evidence.isConstant(factor.reference) && !told.contains(factor) {
        told.append(factor)
        let cause = evidence.entry(factor).isInfinite ? named(factor) : factor
        add(evidence.equation(cause) + evidence.line(of: cause))
        if let condition = choice(behind: cause) {
          add("  where \(evidence.equation(condition))\(evidence.line(of: condition))")
        }
      }
    }
  }

  /// Back to the first infinity with words of its own.
  private func named(_ source: Provenance.Source) -> Provenance.Source {
    var source = source
    while !evidence.isNamed(source.reference),
      let next = evidence.terms(source).joined().first(where: {
        evidence.entry($0).isInfinite && !evidence.isConstant($0.reference)
      })
    {
      source = next
    }
    return source
  }

  /// `0.86 - 0.57 - 0.29 …`.
  func sum(_ numbers: [Double]) -> String {
    let order = numbers.sorted { abs($0) > abs($1) }
    var text = ""
    for (position, number) in order.prefix(4).enumerated() {
      let size = evidence.number(abs(number))
      text += position == 0 ? (number < 0 ? "-" : "") + size : (number < 0 ? " - " : " + ") + size
    }
    return text + (order.count > 4 ? " …" : "")
  }

  /// An entry as the formula that it is, of numbers: `log(-0.25)`, `inf - inf`.
  func formula(_ source: Provenance.Source) -> String? {
    guard let primitive = graph.primitive(of: source.reference) else { return nil }
    let terms = evidence.terms(source)
    let numbers = (terms.first ?? []).map { evidence.operand(evidence.entry($0)) }
    switch primitive.telling {
    case .function(let name): return "\(name)(\(numbers.map(bare).joined(separator: ", ")))"
    case .prefix(let sign): return numbers.first.map { sign + $0 }
    case .sign(let sign): return numbers.count == 2 ? "\(numbers[0]) \(sign) \(numbers[1])" : nil
    case .total(let total):
      let values = terms.compactMap(\.first).map { evidence.entry($0) }
      switch total {
      case .sum: return sum(values)
      case .product: return values.prefix(4).map { evidence.operand($0) }.joined(separator: " \(evidence.times) ")
      case .greatest, .least, .length, .any, .all:
        return "\(total.name)(\(values.prefix(4).map { evidence.number($0) }.joined(separator: ", ")))"
      }
    case .products:
      return sum(terms.filter { $0.count == 2 }.map { product($0) })
    case .choice, .kept, .moved, .constant, .drawn, .whole: return nil
    }
  }

  private func bare(_ number: String) -> String {
    number.hasPrefix("(") && number.hasSuffix(")") ? String(number.dropFirst().dropLast()) : number
  }
}

extension Double {
  /// How far from 1, in powers of 2.
  fileprivate var exponentDistance: Double { self.isFinite ? Double(exponent) + significand - 1 : .infinity }
}
