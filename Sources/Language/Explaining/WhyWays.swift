import Graphs
import Syntax
import Tensors

/// An entry of a gradient, split by names that the result is made from.
extension Why {
  func split(_ symbol: Symbol, _ place: [Int], _ expression: Expression, _ ways: [String]) throws(Diagnostic) {
    if ways.count == 1, let part = Part(rawValue: ways[0]), evaluator.session.names[ways[0]] == nil {
      return try split(symbol, place, expression, by: part)
    }
    guard let (pass, node) = asked(symbol.reference, expression) else {
      throw Diagnostic(
        "only a gradient is split by names", at: expression.range, help: ":why grad(loss, w)[0] by \(ways[0])")
    }
    let value = evidence.entry(symbol.reference, place)
    var parts: [(name: String, value: Double)] = []
    for way in ways {
      let through = evaluator.origins.names.filter { $0.value == way && pass.adjoints[$0.key] != nil }.keys.max()
      guard let through, let adjoint = pass.adjoints[through] else {
        throw Diagnostic(
          "\(way) does not lie between \(result(pass)) and \(evidence.written(node, []))", at: expression.range,
          help: "name what \(result(pass)) is made from")
      }
      let part = evidence.gradient(of: through, by: node, seed: evaluator.builder.symbol(adjoint))
      parts.append((way, evidence.entry(part.reference, place)))
    }
    let rest = value - parts.reduce(0) { $0 + $1.value }
    let size = parts.reduce(abs(value)) { $0 + abs($1.value) }
    var words = parts.map { "\(evidence.operand($0.value)) from \($0.name)" }
    if abs(rest) > 1e-5 * size { words.append("\(evidence.operand(rest)) from elsewhere") }
    say("\(evidence.number(value)) = \(words.joined(separator: " + "))")
  }
}

/// An entry split by where its terms lie.
extension Why {
  /// What terms are put together by.
  enum Part: String {
    /// The first index: a row of the data, a sample of a batch.
    case row, batch
    /// The whole place: a window of a pooling or a convolution.
    case window
  }

  private struct Piece {
    let place: [Int]
    var value: Double
    /// The largest of its terms, and the words for it.
    var largest: Double
    var words: String
  }

  fileprivate func split(
    _ symbol: Symbol, _ place: [Int], _ expression: Expression, by part: Part
  ) throws(Diagnostic) {
    let value = evidence.entry(symbol.reference, place)
    let terms =
      asked(symbol.reference, expression).flatMap { self.terms(of: $1, place, in: $0) }
      ?? self.terms(of: Provenance.Source(reference: symbol.reference, place: place))
    guard let terms, !terms.isEmpty else {
      throw Diagnostic(
        "\(evidence.question) is no sum over \(part.rawValue == "batch" ? "a batch" : "\(part.rawValue)s")",
        at: expression.range, help: ":why \(expression.description)")
    }
    var pieces: [Piece] = []
    for term in terms {
      let key = part == .window ? term.place : Array(term.place.prefix(1))
      if let known = pieces.firstIndex(where: { $0.place == key }) {
        pieces[known].value += term.value
        if abs(term.value) > abs(pieces[known].largest) {
          (pieces[known].largest, pieces[known].words) = (term.value, term.words)
        }
      } else {
        pieces.append(Piece(place: key, value: term.value, largest: term.value, words: term.words))
      }
    }
    func name(_ piece: Piece) -> String {
      part == .window ? "window \(piece.place.indexText)" : "row \(piece.place.first ?? 0)"
    }
    let order = pieces.sorted { abs($0.value) > abs($1.value) }
    let shown = pieces.count <= 4 ? pieces : Array(order.prefix(3))
    var words = shown.map { "\(evidence.operand($0.value)) from \(name($0))" }
    let rest = pieces.count - shown.count
    if rest > 0 {
      let sum = order.dropFirst(shown.count).reduce(0) { $0 + $1.value }
      words.append("\(evidence.operand(sum)) from \(rest) others")
    }
    say("\(evidence.number(value)) = \(words.joined(separator: " + "))")
    if let most = order.first {
      let why = most.words.contains(Evidence.stepWords) ? "" : ":  \(evidence.number(most.largest)) = \(most.words)"
      if pieces.count > 1 || !why.isEmpty { add("most is from \(name(most))\(why)") }
    }
  }

  private typealias Term = (place: [Int], value: Double, words: String)

  /// The terms of a cotangent's entry: of the first value behind it that it goes into more than once.
  private func terms(of node: Graph.Reference, _ place: [Int], in pass: ReversePass) -> [Term]? {
    var (node, place, scale) = (node, place, 1.0)
    var only: Term?
    while node != pass.result {
      let shares = counting(steps(of: node, place, in: pass))
      guard !shares.isEmpty, shares.allSatisfy({ $0.terms != nil }) else { return nil }
      let terms = shares.flatMap { share in (share.terms ?? []).filter { $0.value != 0 }.map { (share, $0) } }
      if terms.count == 1, let (share, term) = terms.first {
        if only == nil, !term.place.isEmpty, share.value != 0 {
          only = (unmoved(share.reader, term.place, pass).1, share.value, product(term, share, pass))
        }
        (node, place, scale) = (share.reader, term.place, scale * term.slope)
        continue
      }
      return terms.map { share, term in
        let (_, outer) = unmoved(share.reader, term.place, pass)
        return (outer.isEmpty ? term.place : outer, scale * term.value, product(term, share, pass))
      }
    }
    return only.map { [$0] }
  }

  /// The terms of a value's entry: of the first sum behind it.
  private func terms(of source: Provenance.Source) -> [Term]? {
    var (source, scale) = (evidence.moved(source), 1.0)
    while let primitive = graph.primitive(of: source.reference) {
      let terms = evidence.terms(source)
      switch primitive.telling {
      case .total(.sum):
        return terms.compactMap(\.first).map {
          let entry = scale * evidence.entry($0)
          let times = scale == 1 ? "" : " \(evidence.times) \(evidence.number(scale))"
          return ($0.place, entry, evidence.written($0) + times)
        }
      case .sign(let sign):
        guard let factors = terms.first, factors.count == 2 else { return nil }
        let constant = factors.firstIndex { evidence.isConstant($0.reference) }
        guard let constant, sign != "/" || constant == 1, ["*", "/"].contains(sign) else { return nil }
        let number = evidence.entry(factors[constant])
        scale = sign == "/" ? scale / number : scale * number
        source = evidence.moved(factors[1 - constant])
      case .function, .prefix, .total, .products, .choice, .kept, .moved, .constant, .drawn, .whole: return nil
      }
    }
    return nil
  }
}
