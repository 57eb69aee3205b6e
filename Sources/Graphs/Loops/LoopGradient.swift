import CKernels
import Tensors

extension Primitive {
  /// A loop's zeros are known by its body, result by result.
  public static let loop: Family<GraphLoop> = Family("loop", { .loop($0) }, told: .whole, zero: .lost) {
    g, _, x, kernel in
    guard let loop = kernel.loop else { preconditionFailure("a loop has a body") }
    return LoopAdjoint(loop, operands: x, g).adjoints
  }
}

/// The adjoints of a loop's operands: another loop, which goes back over the states that the rounds began with.
private struct LoopAdjoint {
  private let loop: GraphLoop
  private let x: [Symbol]
  private let g: Symbol
  private let body: LoopBody
  private let parameters: [Graph.Node]

  init(_ loop: GraphLoop, operands x: [Symbol], _ g: Symbol) {
    (self.loop, self.x, self.g, body) = (loop, x, g, loop.body)
    parameters = loop.body.parameters.compactMap { $0.map { loop.body.graph[$0] } }
  }

  var adjoints: [Symbol?] {
    let builder = g.builder
    var seeds: [GraphLoop.Result: Symbol] = [:]
    for part in loop.parts where part.type.isFloat {
      guard let adjoint = adjoint(of: part) else { continue }
      seeds[part.result] = adjoint
    }
    if seeds.isEmpty { return x.map { _ in nil } }
    // After no round everything is as it was.
    if loop.count == 0 { return x.indices.map { seeds[.last($0)] } }
    if let stretches = LoopStretches(loop, free: builder.memoryLimit) { return adjoints(by: stretches, seeds) }
    let floats = parameters.indices.filter { parameters[$0].type.isFloat }
    let carried = floats.filter { $0 < body.carriedCount }
    let rows = floats.filter { body.rows.contains($0) }
    let invariants = floats.filter { body.invariants.contains($0) }
    let states = builder.parts(of: loop.keeping((0..<body.carriedCount).map(GraphLoop.Result.states)), x)
    func nothing(_ number: Int) -> Symbol {
      builder.nothing(shape: parameters[number].shape, type: parameters[number].type)
    }
    let starts = carried.map { seeds[.last($0)] ?? nothing($0) } + invariants.map(nothing)
    let result = builder.loop(loop.count, from: starts, isReversed: !loop.isReversed) { trace, adjoints in
      var given: [Symbol] = []
      for (number, parameter) in parameters.enumerated() {
        let isLiteral = parameter.type == .literal
        if number < body.carriedCount {
          given.append(trace.row(of: states[number], isLiteral: isLiteral))
        } else if body.rows.contains(number) {
          given.append(trace.row(of: x[number], isLiteral: isLiteral))
        } else {
          given.append(builder.apart(x[number]))
        }
      }
      let nodes = builder.copied(body.graph, parameters: given)
      var results: [(value: Symbol, adjoint: Symbol)] = []
      for (position, number) in carried.enumerated() {
        results.append((nodes[body.next[number].index], adjoints[position]))
      }
      for (number, output) in body.outputs.enumerated() {
        guard let seed = seeds[.outputs(number)] else { continue }
        let type = body.graph[output].type
        results.append((nodes[output.index], trace.row(of: seed, isLiteral: type == .literal)))
      }
      var next = builder.gradient(of: results, withRespectTo: floats.map { given[$0] })
      for (position, number) in carried.enumerated() {
        guard let seed = seeds[.states(number)] else { continue }
        next[position] = next[position] + trace.row(of: seed, isLiteral: parameters[number].type == .literal)
      }
      let outputs = Array(next[carried.count..<carried.count + rows.count])
      next.removeSubrange(carried.count..<carried.count + rows.count)
      for position in invariants.indices {
        next[carried.count + position] = adjoints[carried.count + position] + next[carried.count + position]
      }
      for (position, adjoint) in adjoints.enumerated() { next[position] = next[position].converted(to: adjoint.type) }
      return Builder.Round(next: next, outputs: outputs)
    }
    guard let result else { preconditionFailure("adjoints have the shapes of what they are adjoints of") }
    var adjoints = [Symbol?](repeating: nil, count: x.count)
    for (position, number) in (carried + invariants).enumerated() { adjoints[number] = result.next[position] }
    for (position, number) in rows.enumerated() { adjoints[number] = result.outputs[position] }
    return adjoints
  }

  /// The same where the states of all rounds would take much of the memory.
  private func adjoints(by stretches: LoopStretches, _ seeds: [GraphLoop.Result: Symbol]) -> [Symbol?] {
    let builder = g.builder
    let own = x.map(builder.apart)
    let results = zip(loop.kept, stretches.results(own)).compactMap { result, value in
      seeds[result].map { (value: value, adjoint: $0) }
    }
    let floats = x.indices.filter { x[$0].type.isFloat }
    var adjoints = [Symbol?](repeating: nil, count: x.count)
    for (number, adjoint) in zip(floats, builder.gradient(of: results, withRespectTo: floats.map { own[$0] })) {
      adjoints[number] = adjoint
    }
    return adjoints
  }

  /// A result's part of the adjoint; nil where nothing flows back to it.
  ///
  /// The adjoint of several results is a sum of vectors with zeros everywhere else: there it is taken apart again.
  private func adjoint(of part: GraphLoop.Part) -> Symbol? {
    let builder = g.builder
    var sum: Symbol?
    var waiting = [g.reference]
    while let next = waiting.popLast() {
      let term = builder.symbol(next)
      if case .apply(let primitive, let operands) = term.node.kind {
        if primitive == .nothing { continue }
        switch primitive.kernel {
        case .zip(.add) where operands.allSatisfy({ builder.graph[$0].shape == g.shape }):
          waiting += operands.reversed()
          continue
        case .embed(let cut) where cut.steps == [1]:
          let places = cut.starts[0]..<cut.starts[0] + builder.graph[operands[0]].shape.count
          if !places.overlaps(part.places) { continue }
          if places == part.places {
            let own = builder.symbol(operands[0])
            sum = sum.map { $0 + own } ?? own
            continue
          }
        default: break
        }
      }
      let own = term.sliced(axis: 0, from: part.offset, count: part.shape.count)
      sum = sum.map { $0 + own } ?? own
    }
    return sum?.reshaped(part.shape).converted(to: part.type)
  }
}
