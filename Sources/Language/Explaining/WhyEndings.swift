import Graphs
import Syntax
import Tensors

/// What is said of the ends that ways back come to.
extension Why {
  func tell(_ endings: [Ending], of cause: Cause, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass) {
    let groups = Dictionary(grouping: endings, by: \.kind)
    let order = Ending.Kind.order(for: cause).filter { groups[$0] != nil }
    guard let first = order.first, let group = groups[first] else {
      return say("0: nothing flows back to \(evidence.written(node, place))")
    }
    let start = lines.count
    tell(first, group, of: endings.count, node, place, pass)
    // What other values would let through isn't removed for good.
    if cause == .gated { mark(from: start) }
    // Who asks why it isn't 0 in some rows asks for all of the reasons.
    guard let next = order.dropFirst().first, next.isSaid(beside: first), hasRoom else { return }
    add("and in \(groups[next]?.count ?? 0) of \(endings.count) ways it is \(next.rawValue)")
  }

  private func tell(
    _ kind: Ending.Kind, _ group: [Ending], of count: Int, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) {
    switch group[0] {
    case .notRead:
      say("⋅ not read: \(result(pass)) doesn't read \(evidence.written(node, place))")
    case .unpicked(let reader):
      say(
        "⋅ not read: \(whole(reader)) takes other entries than \(evidence.written(node, place))\(evidence.line(of: reader))"
      )
    case .blocked(let reader, let operand, let outer): blocked(reader, operand, outer, node, pass)
    case .frozen(let reader, let outer): frozen(reader, outer, node, place, pass)
    case .masked(let mask, let reader, let isFixed):
      masked(mask, fixed: isFixed)
      whatIf(mask, reader, node, place)
    case .removed(let factor): say("⋅ masked by \(evidence.written(factor))\(evidence.line(of: factor))")
    case .unchosen(let condition, let reader, let outer, let isFixed):
      let chosen = evidence.entry(condition) != 0
      say(
        "\(isFixed ? "⋅ masked" : "∘ off"): \(evidence.indexed(evidence.label(reader) ?? .init(text: "where"), outer)) takes the other branch, \(evidence.written(condition)) is \(chosen)\(evidence.line(of: reader))"
      )
      counterfactual([flip(condition)], "were it \(!chosen), this entry would be")
    case .off: off(group, of: count)
    case .cut(let reader, let outer, let operand, let number):
      let result = Provenance.Source(reference: reader, place: outer)
      say("∘ off: \(evidence.equation(operand)) is cut to \(evidence.equation(result))\(evidence.line(of: reader))")
      if let open = opening(reader, outer, by: number) { counterfactual([open], "uncut, this entry would be") }
    case .loses(let reader, let outer, let operand): loses(reader, outer, operand)
    case .zero(let factor) where evidence.cause(top) == .structural && evidence.written(factor) != "0":
      say("⋅ masked by \(evidence.written(factor)), which is 0\(evidence.line(of: factor))")
    case .zero(let factor) where evidence.written(factor) == "0":
      say("0: it is multiplied by 0")
    case .counted:
      say(
        "⋅ blocked: \(result(pass)) reads \(evidence.written(node, place)) only as an index, a count or a condition, derivative 0 everywhere"
      )
    case .zero(let factor):
      let more = group.count > 1 ? " (and so in \(group.count) terms)" : ""
      say("0 because \(evidence.written(factor)) is 0\(evidence.line(of: factor))\(more)")
    case .flat(let reader, let operand):
      let isWritten = evidence.isNamed(evidence.movedToWords(operand).reference)
      let operand = isWritten ? operand : Provenance.Source(reference: node, place: place)
      say(
        "0: the slope of \(evidence.isNamed(reader) ? verb(of: reader) : whole(reader)) is 0 at \(evidence.equation(operand))\(evidence.line(of: reader))"
      )
    case .cancels(let numbers, let source):
      let words =
        evidence.isNamed(source.reference)
        ? evidence.cotangent(of: source.reference, source.place, in: pass) : evidence.whole(around: source.reference)
      say("0: \(numbers.count) terms cancel in \(words), \(sum(numbers))")
    case .unknown(let reader, _):
      say("0 through \(words(for: reader))\(evidence.line(of: reader)): what arrives there cancels")
    }
  }

  private func mark(from start: Int) {
    guard lines.indices.contains(start), lines[start].hasPrefix("⋅ ") else { return }
    replace(start, by: "∘ " + lines[start].dropFirst(2))
  }

  /// A reader, or the call that it is a step of.
  func whole(_ reader: Graph.Reference) -> String {
    evidence.isNamed(reader) ? words(for: reader) : evidence.whole(around: reader)
  }

  func result(_ pass: ReversePass) -> String { evidence.label(pass.result)?.text ?? evidence.question }

  private func blocked(
    _ reader: Graph.Reference, _ operand: Int, _ outer: [Int], _ node: Graph.Reference, _ pass: ReversePass
  ) {
    let words = words(for: reader)
    let primitive = graph.primitive(of: reader)
    let isStep = primitive?.gradient == nil
    let why: String
    switch primitive?.telling {
    case .whole?: why = "an index or a place, derivative 0 everywhere"
    case .moved?: why = "an index picks, it has no derivative"
    default: why = isStep ? "a step, derivative 0 everywhere" : "it chooses, and has no derivative itself"
    }
    say("⋅ blocked by \(words)\(evidence.line(of: reader)): \(why)")
    if let smooth = smooth(reader, operand) { return say("to let it through:  \(smooth)") }
    guard isStep, primitive?.telling != .whole, graph[reader].type.isFloat, graph[reader].shape == graph[node].shape
    else { return }
    let arriving = evidence.gradient(of: pass.result, by: reader)
    let value = evidence.number(evidence.entry(arriving.reference, outer))
    say("\(evidence.cotangent(of: reader, outer, in: pass)) = \(value) arrives there and goes no further")
    if let x = evidence.label(graph.operands(of: reader)[operand]) {
      say("to let it through:  \(x.bracketed) + stop_gradient(\(words) - \(x.bracketed))")
    }
  }

  /// A smooth function in place of one that blocks.
  private func smooth(_ reader: Graph.Reference, _ operand: Int) -> String? {
    guard let primitive = graph.primitive(of: reader) else { return nil }
    let operands = graph.operands(of: reader).map { evidence.label($0) }
    switch primitive.kernel {
    case .argument(let isLargest, _):
      return operands.first?.map { "softmax(\(isLargest ? $0.text : "-" + $0.bracketed))" }
    case .compare:
      guard let a = operands[0], let b = operands[1], case .sign(let sign) = primitive.telling else { return nil }
      func above(_ a: Evidence.Label, _ b: Evidence.Label) -> String {
        "sigmoid(10 * \(b.text == "0" ? a.bracketed : "(\(a.bracketed) - \(b.bracketed))"))"
      }
      return sign.hasPrefix(">") ? above(a, b) : sign.hasPrefix("<") ? above(b, a) : nil
    default: return nil
    }
  }

  private func frozen(
    _ reader: Graph.Reference, _ outer: [Int], _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) {
    let words = evidence.indexed(evidence.label(reader) ?? .init(text: "stop_gradient"), outer)
    say("⋅ frozen by \(words)\(evidence.line(of: reader)): its value counts, no gradient goes through")
    guard
      evidence.moved(Provenance.Source(reference: reader, place: outer)).reference
        == evidence.moved(Provenance.Source(reference: node, place: place)).reference
    else { return }
    let arriving = evidence.gradient(of: pass.result, by: reader)
    say("without stop_gradient there: \(evidence.number(evidence.entry(arriving.reference, outer)))")
  }

  /// Two numbers where the entry itself is a weight that the mask is on: with 0 there, and with what it holds.
  private func whatIf(_ mask: Provenance.Source, _ reader: Graph.Reference, _ node: Graph.Reference, _ place: [Int]) {
    let flipped = flip(mask)
    guard graph.operands(of: reader).last == node, evidence.entry(node, place) != 0, top.reference != node,
      let without = would([flipped, (node, place, 0)]), let with = would([flipped])
    else { return counterfactual([flipped], "were it there, this entry would be") }
    let held = evidence.equation(Provenance.Source(reference: node, place: place))
    say("were it there: \(evidence.number(with)) with \(held), \(evidence.number(without)) with a 0 there")
  }

  private func off(_ group: [Ending], of count: Int) {
    var (results, operands, name): ([Provenance.Source], [Provenance.Source], String) = ([], [], "")
    var changes: [Changes] = []
    for case .off(let function, let reader, let place) in group where name.isEmpty || function == name {
      name = function
      let result = Provenance.Source(reference: reader, place: place)
      guard !results.contains(result), let x = evidence.terms(result).first?.first else { continue }
      results.append(result)
      operands.append(x)
      changes.append(on(result, x))
      if let slope = opening(reader, place) { changes.append(slope) }
      if results.count >= 1_024 { break }
    }
    let isAll = group.count == count && !isCut(group, besides: name)
    off(name, results, operands, isAll: isAll)
    let there =
      results.count == 1 ? "without \(name) there" : "without \(name) in \(isAll ? "all" : "these") \(results.count)"
    counterfactual(changes, "\(there), this entry would be")
  }

  /// Whether some of the ends are other functions'.
  private func isCut(_ group: [Ending], besides name: String) -> Bool {
    group.contains { if case .off(let function, _, _) = $0 { function != name } else { true } }
  }

  /// The condition that a rule goes by on the way back, set to let the adjoint through.
  private func opening(_ reader: Graph.Reference, _ place: [Int], by operand: Int = 0) -> Changes? {
    guard let slope = evidence.slope(of: reader, by: operand),
      case .apply(let primitive, let operands) = graph[slope.reference].kind,
      primitive === Primitive.keep
    else { return nil }
    return (operands[0], evidence.stretched(operands[0], place), 1)
  }

  private func loses(_ reader: Graph.Reference, _ outer: [Int], _ operand: Provenance.Source) {
    let result = Provenance.Source(reference: reader, place: outer)
    let value = evidence.entry(result)
    let winner = evidence.terms(result).joined().first { $0 != operand && evidence.entry($0) == value }
    let over = winner.map { evidence.equation($0) } ?? evidence.number(value)
    say(
      "∘ off: \(evidence.equation(operand)) loses in \(words(for: reader)); \(over) is taken\(evidence.line(of: reader))"
    )
  }
}

extension Why.Ending {
  enum Kind: String, CaseIterable {
    case frozen, masked, blocked, counted, off
    case unchosen = "not chosen"
    case cut = "cut off"
    case loses = "beaten by another"
    case zero = "multiplied by 0"
    case flat = "at a slope of 0"
    case cancels = "cancelled"
    case unpicked = "not picked"
    case unknown = "spread over all entries"
    case notRead = "not read"

    /// The cause that an entry has by it, where it is the only one.
    private var cause: Cause {
      switch self {
      case .frozen, .masked, .blocked, .counted, .unpicked, .notRead: .structural
      case .off, .unchosen, .cut, .loses: .gated
      case .zero, .flat, .cancels, .unknown: .exact
      }
    }

    /// What is said first first: the greatest cause of the ways decides.
    static func order(for cause: Cause) -> [Kind] {
      allCases.filter { $0.cause == cause } + allCases.filter { $0.cause != cause }
    }

    /// Whether it says something of its own beside another: a way that doesn't exist doesn't.
    func isSaid(beside first: Kind) -> Bool {
      cause != .structural && first.cause != .structural
    }
  }

  var kind: Kind {
    switch self {
    case .notRead: .notRead
    case .unpicked: .unpicked
    case .blocked: .blocked
    case .counted: .counted
    case .frozen: .frozen
    case .masked, .removed: .masked
    case .unchosen: .unchosen
    case .off: .off
    case .cut: .cut
    case .loses: .loses
    case .zero: .zero
    case .flat: .flat
    case .cancels: .cancels
    case .unknown: .unknown
    }
  }
}
