import Tensors

/// A loop under construction: its round is followed once, with values of which only the shape is known.
///
/// What the round computes from them becomes the body; what it computes from anything else is computed before.
public final class LoopTrace {
  public let builder: Builder
  public let count: Int
  let isReversed: Bool
  /// Nodes from here on may depend on the round.
  private let first: Int
  private var depends: [Graph.Reference: Bool] = [:]
  private var starts: [Symbol] = []
  private var carried: [Symbol] = []
  private var rows: [(whole: Symbol, row: Symbol)] = []

  init(_ builder: Builder, count: Int, isReversed: Bool) {
    (self.builder, self.count, self.isReversed) = (builder, count, isReversed)
    first = builder.graph.nodes.count
  }

  // MARK: What a round is given

  private func variable(shape: Shape, type: ElementType, isFixed: Bool) -> Symbol {
    let symbol = builder.variable(shape: shape, type: type, isFixed: isFixed)
    depends[symbol.reference] = true
    return symbol
  }

  func carry(_ start: Symbol, isFixed: Bool) -> Symbol {
    let symbol = variable(shape: start.shape, type: start.type, isFixed: isFixed)
    carry(start, as: symbol)
    return symbol
  }

  func carry(_ start: Symbol, as variable: Symbol) {
    starts.append(start)
    carried.append(variable)
  }

  /// A mask that says something of another value of the round.
  func mask(shape: Shape) -> Symbol { variable(shape: shape, type: .bool, isFixed: true) }

  /// A row of a tensor, another one in each round; as a literal where the rows are numbers in double precision.
  public func row(of whole: Symbol, isLiteral: Bool = false) -> Symbol {
    let type = isLiteral ? .literal : whole.type
    let shape = whole.shape.removing([0])
    let symbol = variable(shape: shape, type: type, isFixed: builder.isFixed(whole.reference))
    rows.append((whole, symbol))
    let masks = builder.pattern(of: whole)
    guard masks.structural != nil || masks.strong != nil || masks.quiet != nil else { return symbol }
    builder.patterns[symbol.reference] = masks.map { mask in
      let part = self.mask(shape: shape)
      rows.append((mask, part))
      return part.reference
    }
    return symbol
  }

  /// Another tensor in the place of one whose row was given out.
  public func exchange(rowsOf row: Symbol, for whole: Symbol) {
    for position in rows.indices where rows[position].row.reference == row.reference { rows[position].whole = whole }
  }

  /// The tensor that a row comes from.
  func whole(of row: Symbol) -> Symbol? { rows.first { $0.row.reference == row.reference }?.whole }

  // MARK: What it makes of it

  /// Whether a value is another one from round to round.
  public func depends(_ symbol: Symbol) -> Bool { depends(symbol.reference) }

  private func depends(_ reference: Graph.Reference) -> Bool {
    var waiting = [reference]
    while let next = waiting.last {
      if next.index < first || depends[next] != nil {
        waiting.removeLast()
        continue
      }
      let operands = builder.graph.operands(of: next)
      if operands.contains(where: { depends[$0] == true }) {
        depends[next] = true
      } else if let unknown = operands.first(where: { $0.index >= first && depends[$0] == nil }) {
        waiting.append(unknown)
        continue
      } else {
        depends[next] = false
      }
      waiting.removeLast()
    }
    return depends[reference] ?? false
  }

  /// A value of each round, along a new first axis, if it follows from the rows alone.
  public func series(of symbol: Symbol) -> Symbol? {
    if let whole = whole(of: symbol) { return whole }
    let extraction = Extraction(self, [symbol])
    guard extraction.carried.isEmpty else { return nil }
    let body = extraction.body(next: [], outputs: [symbol], [], [LoopFacts(isFixed: builder.isFixed(symbol.reference))])
    let loop = GraphLoop(body, count: count, isReversed: isReversed, kept: [.outputs(0)])
    return builder.parts(of: loop, extraction.operands)[0]
  }

  /// A value that takes the place of nothing: after the loop it is what the last round made it.
  func carry(onlyOut next: Symbol) {
    _ = carry(builder.nothing(shape: next.shape, type: next.type), isFixed: builder.isFixed(next.reference))
  }

  /// The body, and the operands of a loop with it.
  func finished(
    next: [Symbol], outputs: [Symbol], _ carriedFacts: [LoopFacts], _ outputFacts: [LoopFacts]
  ) -> (body: LoopBody, operands: [Symbol]) {
    let extraction = Extraction(self, next + outputs, carrying: Array(carried.indices))
    return (extraction.body(next: next, outputs: outputs, carriedFacts, outputFacts), extraction.operands)
  }

  /// What of the builder's graph some values of a round are made of.
  private struct Extraction {
    private(set) var carried: [Int] = []
    private(set) var operands: [Symbol] = []
    private var rows: [Int] = []
    private var graph = Graph()
    private var places: [Graph.Reference: Graph.Reference] = [:]
    private var invariantCount = 0

    /// - Parameter carrying: the carried values that there are to be; without it, those that are read.
    init(_ trace: LoopTrace, _ results: [Symbol], carrying: [Int]? = nil) {
      let builder = trace.builder
      // Everything that the results need of what the round has made, and what that reads from outside, in order.
      var met: Set<Graph.Reference> = []
      var waiting = results.map(\.reference)
      while let next = waiting.popLast() {
        guard met.insert(next).inserted, trace.depends(next) || Self.isConstant(next, in: builder.graph) else {
          continue
        }
        waiting += builder.graph.operands(of: next)
      }
      carried = carrying ?? trace.carried.indices.filter { met.contains(trace.carried[$0].reference) }
      rows = trace.rows.indices.filter { met.contains(trace.rows[$0].row.reference) }
      for number in carried { enter(trace.carried[number], for: trace.starts[number]) }
      for number in rows { enter(trace.rows[number].row, for: trace.rows[number].whole) }
      for reference in met.sorted() where places[reference] == nil {
        let symbol = builder.symbol(reference)
        if trace.depends(reference) || Self.isConstant(reference, in: builder.graph),
          case .apply(let primitive, let x) = symbol.node.kind
        {
          let moved = x.compactMap { places[$0] }
          places[reference] =
            primitive.isName ? moved[0] : graph.add(symbol.node.made(by: .apply(primitive, moved)))
        } else {
          enter(symbol, for: symbol)
          invariantCount += 1
        }
      }
    }

    private mutating func enter(_ symbol: Symbol, for operand: Symbol) {
      let kind = Graph.Node.Kind.parameter(operands.count)
      places[symbol.reference] = graph.add(symbol.node.made(by: kind))
      operands.append(operand)
    }

    /// A number everywhere, which laws want to see.
    private static func isConstant(_ reference: Graph.Reference, in graph: Graph) -> Bool {
      var next = reference
      while let primitive = graph.primitive(of: next) {
        switch primitive.kernel {
        case .fill: return true
        case .convert, .broadcast: next = graph.operands(of: next)[0]
        default: return false
        }
      }
      return false
    }

    func body(next: [Symbol], outputs: [Symbol], _ carriedFacts: [LoopFacts], _ outputFacts: [LoopFacts]) -> LoopBody {
      func place(_ symbol: Symbol) -> Graph.Reference {
        guard let place = places[symbol.reference] else { preconditionFailure("a body has what it gives") }
        return place
      }
      return LoopBody(
        graph: graph, carried: carried.count, rows: rows.count, invariants: invariantCount, next: next.map(place),
        outputs: outputs.map(place), carriedFacts: carriedFacts, outputFacts: outputFacts, places: places)
    }
  }
}
