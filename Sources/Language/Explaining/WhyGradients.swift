import Graphs
import Tensors

/// Entries of cotangents: what each reader of a value adds, and how much the value counts in it.
extension Why {
  func tell(adjointOf node: Graph.Reference, _ place: [Int], in pass: ReversePass) {
    let reference = pass.answers[node] ?? pass.adjoints[node] ?? node
    let source = Provenance.Source(reference: reference, place: place)
    switch evidence.cause(source) {
    case .structural, .gated, .exact: tellZero(adjointOf: node, place, in: pass)
    case .live:
      evidence.entry(source).isFinite ? tellLive(node, place, pass) : tellNotFinite(adjointOf: node, place, pass)
    }
  }

  /// The value that a node's adjoint has at a place.
  func adjoint(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) -> Double {
    guard let reference = pass.adjoints[node] ?? pass.answers[node] else { return 0 }
    return evidence.entry(reference, place)
  }

  private func tellLive(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) {
    var (node, place) = (node, place)
    while hasRoom {
      (node, place) = passedOn(node, place, pass)
      let value = evidence.number(adjoint(node, place, pass))
      if node == pass.result {
        if lines.isEmpty { say("\(value): it is added to \(evidence.written(pass.result, [])) as it is") }
        return
      }
      let shares = counting(steps(of: node, place, in: pass))
      let ways = merged(shares)
      if ways.count > 1 {
        bySeveral(ways, value, node, place, pass)
        return
      }
      guard let share = shares.first else { return }
      // What is passed on as it is, or only moved, needs no line of its own.
      if !lines.isEmpty, abs(adjoint(node, place, pass)) == 1 { return }
      guard let terms = share.terms?.filter({ $0.value != 0 }), let first = terms.largest else {
        return throughAll(share, value, node, place, pass)
      }
      if shares.count > 1 {
        say(
          "\(value) = \(sum(shares.map(\.value))), by way of \(words(for: landing(of: share.reader, pass) ?? share.reader)) more than once"
        )
        for share in shares.prefix(3) {
          if let term = share.terms?.largest {
            add("\(evidence.number(share.value)) = \(product(term, share, pass))")
          }
        }
        return
      }
      if terms.count > 1 {
        several(terms, share, value, place, pass)
        return
      }
      // How a mean counts what it adds needs no line of its own.
      if !lines.isEmpty, isScaled(share.reader), isResult(share.reader, first.place, pass) { return }
      let product = product(first, share, pass)
      if product == value {
        let operand = Provenance.Source(reference: graph.operands(of: share.reader)[share.operand], place: share.place)
        say("\(value) is what \(evidence.written(operand)) is multiplied by\(evidence.line(of: share.reader))")
        return
      }
      say("\(value) = \(product)\(evidence.line(of: share.reader))")
      (node, place) = (share.reader, first.place)
    }
  }

  /// The shares that are seen in the sum.
  func counting(_ shares: [Share]) -> [Share] {
    let largest = shares.map { abs($0.value) }.max() ?? 0
    let least = largest.isFinite ? largest * (evaluator.builder.defaultType == .float64 ? 1e-17 : 1e-9) : 0
    return shares.filter { $0.value.isNaN || abs($0.value) > least }
  }

  /// Through readers that take the entry as it is, to the first that doesn't.
  func passedOn(
    _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) -> (Graph.Reference, [Int]) {
    var (node, place) = (node, place)
    while node != pass.result {
      let shares = steps(of: node, place, in: pass).filter { $0.value != 0 }
      guard shares.count == 1, let terms = shares[0].terms?.filter({ $0.value != 0 }), terms.count == 1,
        terms[0].slope == 1, terms[0].factor == nil, shares[0].derivedBy == nil, isSum(shares[0].reader)
      else { break }
      (node, place) = (shares[0].reader, terms[0].place)
    }
    return (node, place)
  }

  /// Shares by the reader that they come by.
  private func merged(_ shares: [Share]) -> [[Share]] {
    var ways: [[Share]] = []
    for share in shares {
      if let known = ways.firstIndex(where: { $0[0].reader == share.reader }) {
        ways[known].append(share)
      } else {
        ways.append([share])
      }
    }
    return ways
  }

  private func bySeveral(
    _ ways: [[Share]], _ value: String, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) {
    let numbers = ways.map { $0.reduce(0) { $0 + $1.value } }
    let order = ways.indices.sorted { abs(numbers[$0]) > abs(numbers[$1]) }
    if let rest = cancellation(numbers) {
      hasCancelled = true
      return say("0 but for rounding: \(numbers.count) ways cancel, \(sum(numbers)) (rest \(rest) of the largest)")
    }
    let parts = order.prefix(3).map { "\(evidence.operand(numbers[$0])) by way of \(way(ways[$0][0], pass))" }
    let more = order.count > 3 ? " + \(order.count - 3) more" : ""
    say("\(value) = \(parts.joined(separator: " + "))\(more)")
    for index in order.prefix(3) {
      let way = ways[index]
      if way.count == 1, let terms = way[0].terms?.filter({ $0.value != 0 }), let term = terms.largest {
        let of = terms.count > 1 ? ", the largest of \(terms.count) terms" : ""
        add(
          "\(evidence.number(terms.count > 1 ? term.value : numbers[index])) = \(product(term, way[0], pass))\(of)"
        )
      }
    }
  }

  /// One reader, in several of its entries.
  private func several(
    _ terms: [Share.Term], _ share: Share, _ value: String, _ place: [Int], _ pass: ReversePass
  ) {
    let numbers = terms.map(\.value)
    let order = terms.indices.sorted { abs(numbers[$0]) > abs(numbers[$1]) }
    if let rest = cancellation(numbers) {
      hasCancelled = true
      say("0 but for rounding: \(terms.count) terms cancel, \(sum(numbers)) (rest \(rest) of the largest)")
    } else {
      say("\(value) is a sum of \(terms.count) terms\(terms.count > 3 ? "; the largest:" : ":")")
    }
    for index in order.prefix(3) {
      add("\(evidence.number(numbers[index])) = \(product(terms[index], share, pass))")
    }
  }

  /// How small a sum is beside its largest term, if rounding alone explains what is left.
  private func cancellation(_ numbers: [Double]) -> String? {
    guard numbers.count > 1, let largest = numbers.map(abs).max(), largest.isFinite else { return nil }
    let rest = abs(numbers.reduce(0, +)) / largest
    let isDouble = evaluator.builder.defaultType == .float64
    guard rest < (isDouble ? 1e-13 : 1e-5) else { return nil }
    return evidence.number(rest)
  }

  private func throughAll(
    _ share: Share, _ value: String, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) {
    say("\(value) through \(words(for: share.reader))\(evidence.line(of: share.reader)): all its entries have a say")
    guard let adjoint = pass.adjoints[share.reader], let tensor = evidence.value(adjoint), tensor.count > 0 else {
      return
    }
    let largest = (0..<tensor.count).max { abs(tensor[flat: $0]) < abs(tensor[flat: $1]) } ?? 0
    let place = tensor.shape.place(of: largest)
    let words = evidence.cotangent(of: share.reader, place, in: pass)
    add("the largest that arrives there: \(words) = \(evidence.number(tensor[flat: largest]))")
  }

  /// `∂loss/∂z[0, 0] · x[0, 2] = 18 · 3`.
  func product(_ term: Share.Term, _ share: Share, _ pass: ReversePass) -> String {
    let times = " \(evidence.times) "
    let (reader, outer) = unmoved(share.reader, term.place, pass)
    let adjoint = isResult(reader, outer, pass) ? nil : evidence.cotangent(of: reader, outer, in: pass)
    let numbers = evidence.operand(term.adjoint) + times + evidence.operand(term.slope)
    let slope = slopeWords(term, share, pass)
    if term.factor == nil, share.derivedBy == nil, isSum(share.reader) {
      if term.slope == 1 { return adjoint ?? "1" }
      if term.slope == -1 { return "-" + (adjoint ?? "1, subtracted in \(words(for: share.reader))") }
    }
    if share.derivedBy == nil, isExtreme(share.reader) {
      let operand = graph.operands(of: share.reader)[share.operand]
      let count = Int((1 / term.slope).rounded())
      let arriving = adjoint ?? "slope of \(words(for: share.reader))"
      return count == 1
        ? "\(arriving), as \(evidence.equation(.init(reference: operand, place: share.place))) is taken"
        : "\(arriving)\(adjoint == nil ? "" : " / \(count)"), as \(count) are equal in \(words(for: share.reader))"
    }
    guard let adjoint else { return slope }
    return "\(adjoint)\(times)\(slope) = \(numbers)"
  }

  /// Whether an operation adds what it reads, or takes it as it is.
  func isSum(_ reader: Graph.Reference) -> Bool {
    switch graph.primitive(of: reader)?.telling {
    case .moved?, .total(.sum)?, .kept?, .choice?, .sign("+")?, .sign("-")?, .prefix("-")?: true
    default: false
    }
  }

  /// Whether an operation divides by a number of the program.
  func isScaled(_ reader: Graph.Reference) -> Bool {
    guard graph.primitive(of: reader)?.telling == .sign("/") else { return isSum(reader) }
    return evidence.isConstant(graph.operands(of: reader)[1])
  }

  /// Whether an operation takes the greatest of what it reads, or the least.
  private func isExtreme(_ reader: Graph.Reference) -> Bool {
    switch graph.primitive(of: reader)?.telling {
    case .total(.greatest)?, .total(.least)?: true
    default: false
    }
  }

  /// The result, or what is nothing but the result under another name.
  private func isResult(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) -> Bool {
    if node == pass.result { return true }
    let shares = evidence.shares(of: node, place, in: pass).filter { $0.value != 0 }
    guard shares.count == 1, shares[0].reader == pass.result, let terms = shares[0].terms, terms.count == 1 else {
      return false
    }
    return terms[0].slope == 1 && graph.primitive(of: pass.result)?.telling == .moved
  }

  /// `x[0, 2]` where it is an entry, `∂p[1]/∂z[0]` through a call, else `slope of tanh at 0.3`.
  private func slopeWords(_ term: Share.Term, _ share: Share, _ pass: ReversePass) -> String {
    if let factor = term.factor { return evidence.written(factor).bracketedFormula }
    if let node = share.derivedBy {
      let operand = Provenance.Source(reference: node, place: share.place)
      if share.reader == pass.result {
        let formula = evaluator.origins.text(of: share.reader) ?? words(for: share.reader)
        return "slope of \(formula.count <= 40 ? formula : words(for: share.reader)) at \(evidence.equation(operand))"
      }
      let end = evidence.plain(share.reader) ?? Evidence.Label(text: words(for: share.reader))
      let by = evidence.written(operand).bracketedFormula
      guard end.text.count + by.count <= 40 else { return "its slope there" }
      return "∂\(evidence.indexed(end, term.place))/∂\(by)"
    }
    let operand = Provenance.Source(reference: graph.operands(of: share.reader)[share.operand], place: share.place)
    let at = evidence.number(evidence.entry(operand))
    switch graph.primitive(of: share.reader)?.telling {
    case .sign("/")? where share.operand == 0:
      let divisor = Provenance.Source(
        reference: graph.operands(of: share.reader)[1],
        place: evidence.stretched(graph.operands(of: share.reader)[1], term.place))
      return "1 / \(evidence.written(divisor).bracketedFormula)"
    default: return "slope of \(verb(of: share.reader)) at \(at)"
    }
  }

  /// `tanh`, `x ^ 2`: an operation by its own name where that says it all.
  func verb(of reader: Graph.Reference) -> String {
    guard let primitive = graph.primitive(of: reader), case .function(let name) = primitive.telling else {
      return words(for: reader)
    }
    let text = evaluator.origins.text(of: reader)
    return text.map { $0.hasPrefix(name + "(") || $0.count > 40 ? name : $0 } ?? name
  }

  /// A reader as a way: by its name or its expression.
  func words(for reader: Graph.Reference) -> String {
    evidence.label(reader)?.text ?? evidence.written(reader, [])
  }
}

extension Why {
  /// The way that a share comes by: the first value with words of its own that is more than the entry moved.
  private func way(_ share: Share, _ pass: ReversePass) -> String {
    guard let term = share.terms?.largest else { return words(for: share.reader) }
    if share.reader != pass.result, evidence.isNamed(share.reader) { return words(for: share.reader) }
    if share.terms?.count == 1 {
      let (moved, place) = unmoved(share.reader, term.place, pass)
      if moved != pass.result, evidence.isNamed(moved) { return evidence.written(moved, place) }
    }
    // The value with words that it goes through; of the result its formula says more than its name.
    guard let (ends, _) = ends(of: share.reader, pass), ends.count == 1, let end = ends.first else {
      return words(for: share.reader)
    }
    return end == pass.result ? evaluator.origins.text(of: end) ?? words(for: end) : words(for: end)
  }

  /// Past readers without words that take an entry as it is, and are all that does: the adjoint is the same.
  func unmoved(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) -> (Graph.Reference, [Int]) {
    var (node, place) = (node, place)
    while node != pass.result, !evidence.isNamed(node), let primitive = graph.primitive(of: node) {
      let next = evidence.shares(of: node, place, in: pass).filter { $0.value != 0 }
      guard next.count == 1, let terms = next[0].terms?.filter({ $0.value != 0 }), terms.count == 1, terms[0].slope == 1
      else { return (node, place) }
      switch primitive.telling {
      case .moved, .total: break
      case .function, .sign, .prefix, .products, .choice, .kept, .constant, .drawn, .whole:
        guard graph.primitive(of: next[0].reader)?.telling == .moved else { return (node, place) }
      }
      (node, place) = (next[0].reader, terms[0].place)
    }
    return (node, place)
  }
}

extension String {
  /// In brackets where a sign in it would meet others outside.
  var bracketedFormula: String {
    var depth = 0
    for character in self {
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      if character == " ", depth == 0 { return "(\(self))" }
    }
    return self
  }
}

extension [Share.Term] {
  var largest: Share.Term? { self.max { abs($0.value) < abs($1.value) } }
}
