import Graphs
import Refusals
import Syntax
import Tensors

/// What `print` writes in the rounds of a loop that is followed once for all of them.
///
/// Its values are kept of each round, as the loop's outputs, and are written when the loop has run.
struct RoundPrint {
  /// An argument: a text whose braces aren't filled in yet, or a value.
  enum Argument {
    case text([Evaluator.TextPart], SourceRange)
    case value(Evaluator.Evaluated)
  }

  struct Call {
    var arguments: [Argument]
    let ends: PrintEnds
    /// Which of its values are numbers of no type of their own: a round keeps them in double precision.
    let areNumbers: [Bool]
  }

  enum Content {
    case call(Call)
    /// Those of a loop inside, which has so many rounds.
    case rounds(Int, [RoundPrint])
  }

  let content: Content
  /// What must hold for a round to come to it.
  let condition: Symbol?

  /// The same of other symbols, which are asked for in the same order each time.
  func mapped<Failure: Error>(_ body: (Symbol) throws(Failure) -> Symbol) throws(Failure) -> RoundPrint {
    let condition = try condition.map(body)
    switch content {
    case .rounds(let count, let prints):
      var inner: [RoundPrint] = []
      for print in prints { inner.append(try print.mapped(body)) }
      return RoundPrint(content: .rounds(count, inner), condition: condition)
    case .call(let call): return RoundPrint(content: .call(try call.mapped(body)), condition: condition)
    }
  }
}

extension RoundPrint.Call {
  fileprivate func mapped<Failure: Error>(_ body: (Symbol) throws(Failure) -> Symbol) throws(Failure) -> Self {
    var copy = self
    for position in arguments.indices { copy.arguments[position] = try arguments[position].mapped(body) }
    return copy
  }
}

extension RoundPrint.Argument {
  fileprivate func mapped<Failure: Error>(_ body: (Symbol) throws(Failure) -> Symbol) throws(Failure) -> Self {
    switch self {
    case .value(var argument):
      argument.value = try argument.value.mapped(body)
      return .value(argument)
    case .text(let parts, let range):
      var mapped: [Evaluator.TextPart] = []
      for part in parts {
        switch part {
        case .text: mapped.append(part)
        case .value(let value, let format, let range): mapped.append(.value(try value.mapped(body), format, range))
        }
      }
      return .text(mapped, range)
    }
  }
}

extension [RoundPrint] {
  /// All that is kept of a round.
  var outputs: [Symbol] { flatMap { print in symbolsRead(by: { print.mapped($0) }) } }
}

extension RoundPrint.Call {
  fileprivate var values: [Symbol] { symbolsRead(by: { mapped($0) }) }
}

/// The symbols that something is mapped from.
private func symbolsRead(by map: ((Symbol) -> Symbol) -> some Any) -> [Symbol] {
  var symbols: [Symbol] = []
  _ = map { symbol in
    symbols.append(symbol)
    return symbol
  }
  return symbols
}

extension Evaluator {
  /// So many rounds are written at a time.
  private static let roundsAtOnce = 256

  /// A call of `print` in a round that is followed.
  func keep(_ call: Builtin.Call) throws(Diagnostic) -> Value {
    var arguments: [RoundPrint.Argument] = []
    var keywords: [Evaluated] = []
    for argument in call.arguments {
      if argument.label != nil {
        keywords += try evaluate([argument])
      } else if case .interpolation(let pieces) = argument.value.kind {
        var parts: [TextPart] = []
        for piece in pieces { parts.append(try part(piece)) }
        arguments.append(.text(parts, argument.value.range))
      } else {
        arguments += try evaluate([argument], for: .builtin(call.builtin)).map { .value($0) }
      }
    }
    let ends = try ends(keywords)
    if session.tracer != nil {
      builder.demandUnknown()
      throw Diagnostic(.unknownValue("print needs each round's values"))
    }
    if mode.isAbstract || keepsLoops || mutedPrints > 0 { return .nothing }
    var areNumbers: [Bool] = []
    arguments = arguments.map { argument in
      argument.mapped { symbol in
        areNumbers.append(symbol.type == .literal)
        return symbol.type == .literal ? symbol.converted(to: .float64) : symbol
      }
    }
    let kept = RoundPrint.Call(arguments: arguments, ends: ends, areNumbers: areNumbers)
    roundPrints.append(RoundPrint(content: .call(kept), condition: conditionOfRound))
    return .nothing
  }

  /// What must hold for the round that is followed to come to where it is; nil where each does.
  private var conditionOfRound: Symbol? {
    conditions.first.map { first in conditions.dropFirst().reduce(first) { .logic(.and, $0, $1) } }
  }

  /// What the rounds of a loop print: now, or with the rounds of the loop around.
  ///
  /// - Parameter kept: the loop's outputs that are kept for it.
  func put(_ prints: [RoundPrint], of count: Int, _ kept: [Symbol]) throws(Diagnostic) {
    guard !prints.isEmpty else { return }
    var next = kept.makeIterator()
    let prints = prints.map { print in
      print.mapped { _ in
        guard let output = next.next() else { preconditionFailure("a loop gives as many outputs as its round") }
        return output
      }
    }
    if isFollowing {
      roundPrints.append(RoundPrint(content: .rounds(count, prints), condition: conditionOfRound))
      return
    }
    try run(loopOf: kept)
    for start in stride(from: 0, to: count, by: Self.roundsAtOnce) {
      try Interrupt.check()
      var calls: [RoundPrint.Call] = []
      for round in start..<min(start + Self.roundsAtOnce, count) {
        for print in prints { try add(print, of: round, to: &calls) }
      }
      builder.settle(calls.flatMap(\.values))
      for call in calls {
        var values: [Evaluated] = []
        for argument in call.arguments { values.append(try written(argument)) }
        session.effects?.append(try printed(values, call.ends))
      }
    }
  }

  /// The calls that a round comes to, with its values.
  private func add(
    _ print: RoundPrint, of round: Int, to calls: inout [RoundPrint.Call]
  ) throws(Diagnostic) {
    if let condition = print.condition {
      guard try located(at: nil, try builder.value(of: condition))[flat: round] != 0 else { return }
    }
    switch print.content {
    case .call(let call):
      var areNumbers = call.areNumbers.makeIterator()
      calls.append(
        call.mapped { symbol in
          let row = row(round, of: symbol)
          return areNumbers.next() == true ? row.converted(to: .literal) : row
        })
    case .rounds(let count, let inner):
      let rows = inner.map { print in print.mapped { row(round, of: $0) } }
      for number in 0..<count {
        for print in rows { try add(print, of: number, to: &calls) }
      }
    }
  }

  /// An argument's values written into it.
  private func written(_ argument: RoundPrint.Argument) throws(Diagnostic) -> Evaluated {
    switch argument {
    case .value(let argument): return argument
    case .text(let parts, let range):
      var text = ""
      for part in parts { text += try self.text(of: part) }
      return Evaluated(value: .text(text), range: range)
    }
  }

  /// Runs the loop that results are cut from, so that it runs once whatever is asked of it afterwards.
  func run(loopOf results: [Symbol]) throws(Diagnostic) {
    guard var reference = results.first?.reference else { return }
    while builder.graph.primitive(of: reference)?.kernel.loop == nil {
      guard let operand = builder.graph.operands(of: reference).first else { return }
      reference = operand
    }
    _ = try located(at: nil, try builder.value(of: builder.symbol(reference)))
  }

  private func row(_ round: Int, of x: Symbol) -> Symbol {
    x.sliced(axis: 0, from: round, count: 1).reshaped(Shape(Array(x.shape.extents.dropFirst())))
  }
}
