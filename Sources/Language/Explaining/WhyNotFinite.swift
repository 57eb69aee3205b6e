import Graphs
import Tensors

/// NaN and infinity: the operation that first made it, of which numbers, and what made those.
extension Why {
  func tellNotFinite(_ source: Provenance.Source) {
    let first = firstNotFinite(source)
    defer { tellEntry(of: first, to: source) }
    let value = evidence.number(evidence.entry(first))
    if let (pass, node) = reversePass(of: first.reference) { return tellNotFinite(adjointOf: node, first.place, pass) }
    guard let primitive = graph.primitive(of: first.reference), let formula = formula(first) else {
      return say("\(value) \(stored(first))")
    }
    let step =
      " in \(evidence.isNamed(first.reference) ? evidence.written(first) : evidence.whole(around: first.reference))"
    say("\(value) = \(formula)\(step)\(evidence.line(of: first))")
    for part in parts(of: first, primitive).prefix(3) where hasRoom {
      let entry = evidence.entry(part)
      add(evidence.equation(part) + evidence.line(of: part))
      if !entry.isFinite {
        if let condition = choice(behind: part) {
          add("  where \(evidence.equation(condition))\(evidence.line(of: condition))")
          continue
        }
        let cause = firstNotFinite(part)
        if cause != part, !evidence.isConstant(cause.reference) {
          add("  since \(evidence.equation(cause))\(evidence.line(of: cause))")
        }
      }
    }
    remedy(primitive)
  }

  /// The product by which a number that was given comes in: what has masked it nothing could have let through.
  private func tellEntry(of first: Provenance.Source, to source: Provenance.Source) {
    guard hasRoom, graph.primitive(of: first.reference) == nil, first != source else { return }
    var (source, product) = (source, [Provenance.Source]())
    while source != first {
      let isNaN = evidence.entry(source).isNaN
      let terms = evidence.terms(source)
      guard
        let term = terms.first(where: { term in
          term.contains {
            evidence.cause($0) == .live && (isNaN ? evidence.entry($0).isNaN : evidence.entry($0).isInfinite)
          }
        }),
        let next = term.first(where: {
          evidence.cause($0) == .live && (isNaN ? evidence.entry($0).isNaN : evidence.entry($0).isInfinite)
        })
      else { return }
      if term.count == 2, graph.primitive(of: source.reference)?.telling == .products { product = term }
      source = next
    }
    if product.count == 2 { add("by \(factors(product))") }
  }

  private func reversePass(of reference: Graph.Reference) -> (ReversePass, Graph.Reference)? {
    for pass in evaluator.builder.passes.reversed() {
      if let node = pass.owners[reference] { return (pass, node) }
    }
    return nil
  }

  private func stored(_ source: Provenance.Source) -> String {
    let words = evidence.written(source)
    if let name = evidence.name(of: source.reference), let binding = evidence.session.names[ReadPlace(name).name],
      binding.giver?.hasPrefix("step") == true
    {
      return "in \(words) since \(binding.lineText): the loss grew until its numbers ended"
    }
    return words == evidence.number(evidence.entry(source))
      ? "was written" : "was given to \(words)\(evidence.line(of: source))"
  }

  /// The operands' entries that a reader wants to see: those that aren't plain numbers of the program.
  private func parts(of source: Provenance.Source, _ primitive: Primitive) -> [Provenance.Source] {
    let all = evidence.terms(source).joined().filter {
      graph[$0.reference].type.isFloat && !evidence.isConstant($0.reference)
    }
    let odd = all.filter { !evidence.entry($0).isFinite || evidence.entry($0) == 0 }
    return odd.isEmpty ? Array(all) : odd
  }

  /// Back to the first entry that isn't a number of that kind made of ones that are.
  func firstNotFinite(_ source: Provenance.Source) -> Provenance.Source {
    var source = source
    for _ in 0..<100_000 {
      if reversePass(of: source.reference) != nil { return source }
      let isNaN = evidence.entry(source).isNaN
      let next = evidence.terms(source).joined().first { part in
        guard graph[part.reference].type.isFloat, evidence.cause(part) == .live else { return false }
        let value = evidence.entry(part)
        return isNaN ? value.isNaN : value.isInfinite
      }
      guard let next else { return source }
      source = next
    }
    return source
  }

  /// The condition that chose an entry, if one did.
  func choice(behind source: Provenance.Source) -> Provenance.Source? {
    let origin = evidence.moved(source)
    guard case .choice? = graph.primitive(of: origin.reference)?.telling else { return nil }
    return evidence.terms(origin).first?.first
  }

  // MARK: Of cotangents

  func tellNotFinite(adjointOf node: Graph.Reference, _ place: [Int], _ pass: ReversePass) {
    var (node, place) = (node, place)
    let isNaN = adjoint(node, place, pass).isNaN
    for _ in 0..<100_000 {
      let shares = evidence.shares(of: node, place, in: pass)
      let odd = shares.filter { isNaN ? $0.value.isNaN : $0.value.isInfinite }
      guard let share = odd.first else { return tellSum(shares.map(\.value), node, place, pass) }
      guard let terms = share.terms else { return tellOpaque(share, node, place, pass) }
      guard let term = terms.first(where: { isNaN ? $0.value.isNaN : $0.value.isInfinite }) else {
        return tellSum(terms.map(\.value), node, place, pass)
      }
      if isNaN ? term.adjoint.isNaN : term.adjoint.isInfinite && term.slope.isFinite {
        (node, place) = (share.reader, term.place)
        continue
      }
      return tell(term, share, node, place, pass)
    }
  }

  private func tellSum(_ numbers: [Double], _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) {
    let value = evidence.number(adjoint(node, place, pass))
    say("\(value) = \(sum(numbers)) in \(evidence.cotangent(of: node, place, in: pass))")
  }

  private func tellOpaque(_ share: Share, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) {
    say(
      "\(evidence.number(share.value)) first appears behind \(words(for: share.reader))\(evidence.line(of: share.reader))"
    )
    let operand = Provenance.Source(reference: node, place: place)
    add("its derivative at \(evidence.equation(operand)) isn't finite")
  }

  /// NaN or infinity as the product that it is, and where both factors come from.
  private func tell(
    _ term: Share.Term, _ share: Share, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) {
    let operand = Provenance.Source(reference: node, place: place)
    // Where the value itself is none, its gradient needs no other reason.
    if term.slope.isNaN, term.factor == nil, !evidence.entry(operand).isFinite {
      if !evidence.entry(operand).isNaN {
        say(
          "NaN is the slope of \(verb(of: share.reader)) at \(evidence.equation(operand))\(evidence.line(of: share.reader))"
        )
      }
      return tellNotFinite(operand)
    }
    let product = "\(evidence.operand(term.adjoint)) \(evidence.times) \(evidence.operand(term.slope))"
    say("\(evidence.number(term.value)) = \(product) in \(evidence.cotangent(of: node, place, in: pass))")
    let adjoint = evidence.number(term.adjoint)
    if share.reader == pass.result {
      add("\(adjoint)  \(result(pass)) itself")
    } else {
      let (reader, outer) = unmoved(share.reader, term.place, pass)
      add("\(adjoint)  \(reader == pass.result ? result(pass) : evidence.cotangent(of: reader, outer, in: pass))")
      if !term.adjoint.isFinite, let source = firstSlope(share.reader, term.place, pass) { add("     \(source)") }
    }
    let slope = evidence.number(term.slope)
    if let factor = term.factor {
      add("\(slope)  \(evidence.written(factor))\(evidence.line(of: factor))")
    } else {
      add(
        "\(slope)  slope of \(verb(of: share.reader)) at \(evidence.equation(operand))\(evidence.line(of: share.reader))"
      )
      if !term.slope.isFinite, !evidence.entry(operand).isFinite { return tellNotFinite(operand) }
    }
    if let primitive = graph.primitive(of: culprit ?? share.reader) { remedy(primitive) }
  }

  /// The slope that first made an adjoint infinite: `slope of sqrt at sum(x ^ 2) = 0, line 4`.
  private func firstSlope(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) -> String? {
    var (node, place) = (node, place)
    for _ in 0..<100_000 {
      let shares = evidence.shares(of: node, place, in: pass).filter { !$0.value.isFinite }
      guard let share = shares.first, let term = share.terms?.first(where: { !$0.value.isFinite }) else { return nil }
      if !term.adjoint.isFinite, term.slope.isFinite {
        (node, place) = (share.reader, term.place)
        continue
      }
      culprit = share.reader
      let operand = Provenance.Source(reference: node, place: place)
      return
        "slope of \(verb(of: share.reader)) at \(evidence.equation(operand)) is \(evidence.number(term.slope))\(evidence.line(of: share.reader))"
    }
    return nil
  }

  /// What to write instead of an operation that isn't finite there.
  private func remedy(_ primitive: Primitive) {
    if hasRoom, let text = Remedy.text[primitive.name] { say(text) }
  }
}

/// What keeps numbers where an operation has none.
enum Remedy {
  /// By the operation's name.
  static let text: [String: String] = [
    "sqrt": "norm(x) has gradient 0 there; or where(s > 0, sqrt(s), 0) with s under the root",
    "root": "norm(x) has gradient 0 there; or where(s > 0, sqrt(s), 0) with s under the root",
    "log": "log(maximum(x, 1e-6)), or xlogy(x, x) for x log(x); cross_entropy for a loss",
    "log2": "log2(maximum(x, 1e-6)) keeps away from 0",
    "log10": "log10(maximum(x, 1e-6)) keeps away from 0",
    "acos": "acos(clip(x, -0.9999, 0.9999)) keeps off the ends, where its slope is infinite",
    "asin": "asin(clip(x, -0.9999, 0.9999)) keeps off the ends, where its slope is infinite",
    "divide": "where(b != 0, a / b, 0) where b can be 0",
    "exp": "exp(clip(x, -80, 80)); softmax and logsumexp don't overflow",
    "atan2": "atan2 has no direction at (0, 0): where(abs(a) + abs(b) > 0, atan2(a, b), 0)",
  ]
}
