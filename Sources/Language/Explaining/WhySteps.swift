import Graphs
import Tensors

/// Calls of the library as one step each: nobody who asks has written what is inside of them.
extension Why {
  /// What readers add to a cotangent's entry.
  ///
  /// Where all that a reader gives goes through one call, `softmax(z)`, it is the call that reads the entry; what only
  /// moves the entry on the way is passed.
  func steps(of node: Graph.Reference, _ place: [Int], in pass: ReversePass, depth: Int = 0) -> [Share] {
    var steps: [Share] = []
    var (groups, landed) = ([Graph.Reference: [Share]](), [Graph.Reference: [Share]]())
    for share in evidence.shares(of: node, place, in: pass) {
      guard share.value != 0, depth < 8 else {
        steps.append(share)
        continue
      }
      if let inner = passed(share, pass, depth) {
        steps += inner
      } else if let end = end(of: share, pass) {
        groups[end, default: []].append(share)
      } else if let end = share.terms == nil ? nil : landing(of: share.reader, pass) {
        landed[end, default: []].append(share)
      } else {
        steps.append(share)
      }
    }
    // What one call reads in several ways it reads as a whole.
    for (end, group) in landed.sorted(by: { $0.key > $1.key }) {
      if group.count > 1 || groups[end] != nil { groups[end, default: []] += group } else { steps += group }
    }
    for (end, group) in groups.sorted(by: { $0.key > $1.key }) {
      if let step = collapsed(group, to: end, node, place, pass) { steps.append(step) } else { steps += group }
    }
    return steps
  }

  /// What comes after a reader that nobody wrote and that only moves the entry; nil where that is a call as a whole.
  private func passed(_ share: Share, _ pass: ReversePass, _ depth: Int) -> [Share]? {
    guard !evidence.isNamed(share.reader), graph.primitive(of: share.reader)?.telling == .moved,
      let terms = share.terms, terms.count == 1, terms[0].slope == 1
    else { return nil }
    let inner = steps(of: share.reader, terms[0].place, in: pass, depth: depth + 1)
    return inner.contains { $0.derivedBy != nil } ? nil : inner
  }

  /// The value with words that a reader nobody wrote is nothing but a move away from.
  func landing(of reader: Graph.Reference, _ pass: ReversePass) -> Graph.Reference? {
    var node = reader
    while node != pass.result, !evidence.isNamed(node) {
      guard let parts = pass.parts[node], parts.count == 1, evidence.isPlainMove(parts[0].reader) else { return nil }
      node = parts[0].reader
    }
    return node == reader ? nil : node
  }

  /// The call that all of a share goes through; nil where the reader itself is what was written.
  private func end(of share: Share, _ pass: ReversePass) -> Graph.Reference? {
    let reader = share.reader
    if reader == pass.result || evidence.isNamed(reader) { return share.terms == nil ? reader : nil }
    // What ends in words at once has its own.
    if share.terms != nil, landing(of: reader, pass) != nil { return nil }
    guard let (ends, count) = ends(of: reader, pass), ends.count == 1, let end = ends.first else { return nil }
    // A mean of squares up to the result says no more than its steps do.
    return end == pass.result && count <= 8 && share.terms != nil && isMean(from: reader, pass) ? nil : end
  }

  /// Whether a reader is added up, squared and scaled at most on its way to the result.
  private func isMean(from reader: Graph.Reference, _ pass: ReversePass) -> Bool {
    var waiting = [reader]
    var seen: Set<Graph.Reference> = []
    while let next = waiting.popLast() {
      guard next != pass.result, seen.insert(next).inserted else { continue }
      switch graph.primitive(of: next)?.telling {
      case .function("square")?, .function("abs")?, .products?: break
      default: guard isSum(next) || isScaled(next) else { return false }
      }
      waiting += (pass.parts[next] ?? []).map(\.reader)
    }
    return true
  }

  /// The first values with words that a reader goes to, and how many steps lie in between; nil where it is too many.
  func ends(of reader: Graph.Reference, _ pass: ReversePass) -> (Set<Graph.Reference>, Int)? {
    var ends: Set<Graph.Reference> = []
    var seen: Set<Graph.Reference> = []
    var waiting = [reader]
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      guard seen.count <= 400 else { return nil }
      if next == pass.result || evidence.isNamed(next) {
        ends.insert(next)
      } else {
        waiting += (pass.parts[next] ?? []).map(\.reader)
      }
    }
    return (ends, seen.count)
  }

  /// Several shares as one, of the call that they go through; nil where it isn't all that it gives.
  private func collapsed(
    _ group: [Share], to end: Graph.Reference, _ node: Graph.Reference, _ place: [Int], _ pass: ReversePass
  ) -> Share? {
    guard graph[end].shape.count <= 4_096, let slopes = evidence.derivative(of: end, by: node, place) else {
      return nil
    }
    let adjoint = pass.adjoints[end]
    var terms: [Share.Term] = []
    for flat in 0..<slopes.count where slopes[flat: flat] != 0 {
      let outer = graph[end].shape.place(of: flat)
      let arriving = end == pass.result ? 1 : adjoint.map { evidence.entry($0, outer) } ?? 0
      guard arriving != 0 else { continue }
      terms.append(
        Share.Term(
          place: outer, adjoint: arriving, adjointCause: .live, slope: slopes[flat: flat], slopeCause: .live,
          factor: nil))
    }
    let value = group.reduce(0) { $0 + $1.value }
    guard Evidence.adds(terms, to: value, of: group.map(\.value)) else { return nil }
    return Share(
      reader: end, operand: 0, node: group[0].node, value: value, cause: .live, terms: terms, place: place,
      derivedBy: node)
  }
}

extension Evidence {
  /// What the entries of a node gain from one entry of another: the reverse of the reverse, which is linear in a dummy.
  func derivative(of end: Graph.Reference, by node: Graph.Reference, _ place: [Int]) -> Tensor? {
    let builder = evaluator.builder
    guard graph[end].type.isFloat, graph[node].type.isFloat else { return nil }
    let dummy = builder.generic(graph[end].shape, type: graph[end].type).separated
    let back = gradient(of: end, by: node, seed: dummy)
    let index = graph[node].shape.offset(of: place)
    let entry = back.reshaped(Shape([back.shape.count])).sliced(axis: 0, from: index, count: 1).reshaped(.scalar)
    return value(gradient(of: entry.reference, by: dummy.reference).reference)
  }
}
