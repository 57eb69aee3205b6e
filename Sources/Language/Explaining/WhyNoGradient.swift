import Graphs
import Syntax
import Tensors

/// Why a cotangent is 0: every way back from the result to the entry ends somewhere.
extension Why {
  /// Where a way ends.
  enum Ending {
    /// The result doesn't read it.
    case notRead
    /// The result reads it where nothing is computed with it: as an index, a count or a condition.
    case counted
    /// An operation that picks others.
    case unpicked(Graph.Reference)
    /// An operation whose derivative is 0 everywhere, or an operand that none belongs to.
    case blocked(Graph.Reference, operand: Int, [Int])
    case frozen(Graph.Reference, [Int])
    /// A mask's false entry, for good or for now.
    case masked(Provenance.Source, reader: Graph.Reference, isFixed: Bool)
    /// The other factor is 0 for good.
    case removed(Provenance.Source)
    /// `where` takes the other one.
    case unchosen(Provenance.Source, reader: Graph.Reference, [Int], isFixed: Bool)
    case off(String, reader: Graph.Reference, [Int])
    /// A bound is taken in its place.
    case cut(reader: Graph.Reference, [Int], operand: Provenance.Source, number: Int)
    /// Another one is the greatest, or the least.
    case loses(reader: Graph.Reference, [Int], operand: Provenance.Source)
    /// The other factor is 0.
    case zero(Provenance.Source)
    /// The slope is 0 there.
    case flat(reader: Graph.Reference, operand: Provenance.Source)
    /// The terms cancel.
    case cancels([Double], at: Provenance.Source)
    /// The result itself counts 0 times.
    case unknown(Graph.Reference, [Int])
  }

  /// The ends of all ways, as far as they are few enough to be read.
  private final class Search {
    var endings: [Ending] = []
    var seen: Set<Provenance.Source> = []
    var isFull: Bool { endings.count >= 4_096 || seen.count >= 20_000 }
  }

  func tellZero(adjointOf node: Graph.Reference, _ place: [Int], in pass: ReversePass) {
    let endings = endings(of: node, place, in: pass)
    if evidence.shares(of: node, place, in: pass).contains(where: { $0.value != 0 }) {
      let shares = steps(of: node, place, in: pass)
      let all: [Double] = shares.flatMap { share in share.terms?.map(\.value) ?? [share.value] }
      let numbers = all.filter { $0 != 0 }
      if numbers.count == 1, let share = shares.first(where: { $0.value != 0 }), let term = share.terms?.largest {
        let type = evaluator.builder.defaultType.name
        return say("0: \(product(term, share, pass)) is too small for \(type)")
      }
      if numbers.isEmpty, let share = shares.first(where: { $0.derivedBy != nil }) {
        let operand = Provenance.Source(reference: node, place: place)
        return say(
          "0: the slope of \(words(for: share.reader)) is 0 at \(evidence.equation(operand))\(evidence.line(of: share.reader))"
        )
      }
      return say("0: \(numbers.count) terms cancel, \(sum(numbers))")
    }
    tell(endings, of: cause(node, place, pass), node, place, pass)
  }

  /// Where all ways back from the result to an entry end.
  func endings(of node: Graph.Reference, _ place: [Int], in pass: ReversePass) -> [Ending] {
    let search = Search()
    follow(node, place, pass, search)
    return search.endings
  }

  private func cause(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) -> Cause {
    (pass.answers[node] ?? pass.adjoints[node]).map { evidence.cause($0, place) } ?? .structural
  }

  /// Without recursion: ways may be long.
  private func follow(_ node: Graph.Reference, _ place: [Int], _ pass: ReversePass, _ search: Search) {
    var waiting = [Provenance.Source(reference: node, place: place)]
    while let next = waiting.popLast(), !search.isFull {
      guard search.seen.insert(next).inserted, next.reference != pass.result else { continue }
      let shares = evidence.shares(of: next.reference, next.place, in: pass)
      if shares.contains(where: { $0.value != 0 }) {
        search.endings.append(cancellation(next, pass))
        continue
      }
      for share in shares {
        guard let terms = share.terms else {
          search.endings.append(.unknown(share.reader, next.place))
          continue
        }
        if terms.isEmpty { search.endings.append(.unpicked(share.reader)) }
        for term in terms.prefix(4_096) {
          if let ending = ending(of: term, share, next) {
            search.endings.append(ending)
          } else {
            waiting.append(Provenance.Source(reference: share.reader, place: term.place))
          }
        }
      }
      waiting += withoutShares(next, shares, pass, search)
    }
  }

  /// A cotangent that is 0 though what it is made of isn't: terms cancel, or a call stands still.
  private func cancellation(_ source: Provenance.Source, _ pass: ReversePass) -> Ending {
    let steps = steps(of: source.reference, source.place, in: pass)
    if let still = steps.first(where: { $0.derivedBy != nil && $0.terms?.isEmpty == true }) {
      return .flat(reader: still.reader, operand: source)
    }
    let numbers = steps.flatMap { step in step.terms?.map(\.value) ?? [step.value] }
    return .cancels(numbers.filter { $0 != 0 }, at: source)
  }

  /// Readers that gave nothing back: they block it, or what reads them does.
  private func withoutShares(
    _ source: Provenance.Source, _ shares: [Share], _ pass: ReversePass, _ search: Search
  ) -> [Provenance.Source] {
    var further: [Provenance.Source] = []
    var isRead = !shares.isEmpty
    for read in evidence.readers(of: source.reference, upTo: pass.result) {
      let (reader, number) = (read.reference, read.operand)
      guard let primitive = graph.primitive(of: reader),
        !shares.contains(where: { $0.reader == reader && $0.operand == number })
      else { continue }
      // What a rule goes by has a reader of its own.
      if evidence.slope(of: reader, by: number) == nil, isCopy(primitive, operand: number) { continue }
      isRead = true
      let places = evidence.places(of: reader, reading: source.place, operand: number)
      let outer = places?.first ?? []
      if primitive === Primitive.stopGradient {
        // Those within the library's functions stop what doesn't count.
        if !evidence.isNamed(reader) { continue }
        search.endings.append(.frozen(reader, outer))
      } else if places?.isEmpty == true {
        search.endings.append(.unpicked(reader))
      } else if primitive.gradient == nil || evidence.slope(of: reader, by: number) == nil {
        search.endings.append(.blocked(reader, operand: number, outer))
      } else {
        further += (places ?? []).prefix(256).map { Provenance.Source(reference: reader, place: $0) }
      }
    }
    if !isRead { search.endings.append(isCounted(source.reference) ? .counted : .notRead) }
    return further
  }

  /// Whether the result reads a name, though no operation does: an extent, an index or a branch was chosen by it.
  private func isCounted(_ node: Graph.Reference) -> Bool {
    guard let name = evidence.name(of: node).map({ ReadPlace($0).name }) else { return false }
    return evidence.read.contains(name)
      && graph.nodes.indices.contains { index in
        graph.operands(of: Graph.Reference(index: index)).contains(node)
      }
  }

  /// The operand that only holds the value of a node whose rule goes by the others.
  private func isCopy(_ primitive: Primitive, operand: Int) -> Bool {
    if case .reshape = primitive.kernel {
      primitive !== Primitive.stopGradient && primitive.gradient != nil
    } else {
      false
    }
  }

  /// What makes a term 0 by itself; nil where only the reader's own adjoint does.
  private func ending(of term: Share.Term, _ share: Share, _ source: Provenance.Source) -> Ending? {
    guard term.slopeCause != .live, term.slopeCause <= term.adjointCause,
      case .apply(let primitive, let operands) = graph[share.reader].kind
    else {
      return nil
    }
    let isFixed = term.slopeCause == .structural
    func condition() -> Provenance.Source {
      Provenance.Source(reference: operands[0], place: evidence.stretched(operands[0], term.place))
    }
    if let factor = term.factor { return zero(factor) }
    switch primitive.telling {
    case .kept: return .masked(condition(), reader: share.reader, isFixed: isFixed)
    case .choice: return .unchosen(condition(), reader: share.reader, term.place, isFixed: isFixed)
    case .function where term.slopeCause == .gated && operands.count > 1:
      return .loses(reader: share.reader, term.place, operand: source)
    case .function(let name) where term.slopeCause == .gated: return .off(name, reader: share.reader, term.place)
    case .total(.greatest), .total(.least): return .loses(reader: share.reader, term.place, operand: source)
    case .sign where term.slopeCause == .gated: return .loses(reader: share.reader, term.place, operand: source)
    case .moved where term.slopeCause == .gated:
      return .cut(reader: share.reader, term.place, operand: source, number: share.operand)
    case .function, .sign, .prefix, .total, .products, .moved, .constant, .drawn, .whole:
      return .flat(reader: share.reader, operand: source)
    }
  }

  /// A factor that is 0, told by the operation that made it so.
  private func zero(_ factor: Provenance.Source) -> Ending {
    var source = evidence.moved(factor)
    for _ in 0..<1_000 {
      guard evidence.cause(source) <= .gated, let primitive = graph.primitive(of: source.reference) else { break }
      let terms = evidence.terms(source)
      if case .kept = primitive.telling, let factors = terms.first, factors.count == 2, evidence.entry(factors[0]) == 0
      {
        return .masked(factors[0], reader: source.reference, isFixed: evidence.cause(source) == .structural)
      }
      if case .function(let name) = primitive.telling, terms.first?.count == 1,
        let x = terms.first?.first, evidence.cause(x) > .gated
      {
        return .off(name, reader: source.reference, source.place)
      }
      guard let next = terms.joined().first(where: { evidence.cause($0) <= .gated }) else { break }
      source = evidence.moved(next)
    }
    return evidence.cause(source) == .structural ? .removed(factor) : .zero(factor)
  }
}
