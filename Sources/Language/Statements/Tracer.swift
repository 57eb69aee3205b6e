import Graphs
import Plans
import Printing
import Refusals
import Tensors

/// Follows statements as one graph instead of running them; lives while one loop is compiled.
///
/// What a statement assigns is a number here, in place of a tensor. It reads back as a value with no past, as from a name.
final class Tracer: @unchecked Sendable {
  let builder: Builder
  /// The number of the random draw that a step begins with, as it is while tracing, and as a node.
  let firstDraw: Int
  let drawsPerStep: Int
  let draw: Symbol
  /// Values from the session that no step changes, entered once.
  var parameters: [String: Symbol] = [:]
  /// A `for`'s variable that is a number: its parameter and its values.
  var variable: (parameter: Int, values: [Double])?
  /// Numbers that are known for each step beforehand.
  private(set) var inputs: [Recurrence.Input] = []
  private var values: [Symbol] = []
  private(set) var wasRead: [Bool] = []
  private let witness: NameWitness?
  /// What else is known where a stretch of a loop is followed, with branches and loops around it.
  var stretch: FollowedStretch?

  init(_ session: Session, drawsPerStep: Int) {
    builder = Builder(defaultType: session.settings.precision, memoryLimit: session.freeBytes)
    firstDraw = session.draw
    witness = session.names.witness
    self.drawsPerStep = drawsPerStep
    draw = builder.variable(shape: .scalar, type: .literal, isFixed: true)
  }

  /// A value that a step starts with.
  func start(_ held: Held, name: String) -> Held {
    let isFixed = held.tensor.type == .bool && held.isFixed
    return follow(
      builder.variable(
        shape: held.tensor.shape, type: held.tensor.type, name: name, isFixed: isFixed, pattern: held.pattern),
      isFixed: held.isFixed)
  }

  /// The same with zeros that differ from one time to the next: which entries aren't zero is given, too.
  func start(_ held: Held, name: String, _ masks: Pattern<Symbol>) -> Held {
    let isFixed = held.tensor.type == .bool && held.isFixed
    return follow(
      builder.variable(
        shape: held.tensor.shape, type: held.tensor.type, name: name, isFixed: isFixed, masks: masks),
      isFixed: held.isFixed)
  }

  /// A value that would be computed here.
  func hold(_ symbol: Symbol, isFixed: Bool) -> Held {
    follow(builder.named(symbol, isFixed: symbol.type == .bool && isFixed), isFixed: isFixed)
  }

  private func follow(_ symbol: Symbol, isFixed: Bool) -> Held {
    values.append(symbol)
    wasRead.append(false)
    let standIn = Tensor.hollow(symbol.shape, symbol.type)
    return Held(tensor: standIn, isFixed: isFixed, traced: values.count - 1)
  }

  func read(_ number: Int) -> Symbol {
    wasRead[number] = true
    return values[number]
  }

  /// Whether a value differs from one time that a stretch is run to the next.
  func differs(_ symbol: Symbol) -> Bool { stretch != nil && !builder.variables(of: symbol).isEmpty }

  /// A number in each step, where it follows from the loop's variable alone.
  func series(of symbol: Symbol) throws(Refusal) -> [Double]? {
    guard symbol.shape.count == 1 else { return nil }
    let parameters = builder.variables(of: symbol)
    guard parameters.count == 1,
      let variable = stretch?.variables[parameters[0]].map({ (parameters[0], $0) }) ?? variable,
      variable.parameter == parameters[0]
    else { return nil }
    witness?.noteNumbers()
    return try series(of: symbol, variable.parameter, variable.values)
  }

  private func series(of symbol: Symbol, _ number: Int, _ values: [Double]) throws(Refusal) -> [Double] {
    var parameters = builder.parameters.map(\.value)
    parameters[number] = Tensor(0)
    return try Plan(builder.graph, outputs: [symbol.reference]).series(
      parameters, varying: number, over: values, memoryLimit: builder.memoryLimit)
  }

  /// A number that is given for each step.
  func input(_ numbers: [Double]) -> Symbol {
    inputs.append(Recurrence.Input(parameter: builder.parameters.count, values: .numbers(numbers)))
    return builder.variable(shape: .scalar, type: .literal)
  }

  /// A followed value, looked at from outside.
  subscript(number: Int) -> Symbol { values[number] }
}

/// A stretch of a loop's body that is being followed: statements between two branches, loops, or statements that can't be.
final class FollowedStretch: @unchecked Sendable {
  /// What must hold of its values each time: where it doesn't, the statements are run one by one.
  enum Check {
    /// Indices are places of an axis of this extent.
    case places(Symbol, extent: Int)
    /// So many entries from here on lie in an axis of this extent.
    case window(Symbol, count: Int, extent: Int)
    /// No entry is 0 or NaN.
    case holds(Symbol)
    case close(Symbol, Symbol, Tolerance)
  }

  /// Entries of a name that the statement at hand gives values.
  struct Placing {
    enum Start {
      case fixed(Int)
      case computed(Symbol)
    }

    let axes: [(start: Start, step: Int, count: Int)]
    let value: Symbol
  }

  /// The parameters of loop variables that are numbers, with all their values.
  var variables: [Int: [Double]] = [:]
  var checks: [Check] = []
  var placing: Placing?
  /// Names of which nobody knows what they hold here: another thing on each way that leads here.
  let hidden: Set<String>
  /// Names of whose formulas nobody knows whether they hold here.
  var opaque: Set<String>
  /// Draws from here on are the loop's own.
  let firstDraw: Int
  /// The values of names that the stretch began with: what they hold can be written over in place.
  var starts: Set<Graph.Reference> = []

  init(hidden: Set<String>, opaque: Set<String>, firstDraw: Int) {
    (self.hidden, self.opaque, self.firstDraw) = (hidden, opaque, firstDraw)
  }
}
