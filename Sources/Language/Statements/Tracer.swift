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

  init(_ session: Session, drawsPerStep: Int) {
    builder = Builder(defaultType: session.settings.precision, memoryLimit: session.freeBytes)
    firstDraw = session.draw
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

  /// A value that would be computed here.
  func hold(_ symbol: Symbol, isFixed: Bool) -> Held {
    follow(builder.named(symbol, isFixed: symbol.type == .bool && isFixed), isFixed: isFixed)
  }

  private func follow(_ symbol: Symbol, isFixed: Bool) -> Held {
    values.append(symbol)
    wasRead.append(false)
    let standIn = Tensor(shape: symbol.shape, type: symbol.type, storage: Storage(zeroed: 0))
    return Held(tensor: standIn, isFixed: isFixed, traced: values.count - 1)
  }

  func read(_ number: Int) -> Symbol {
    wasRead[number] = true
    return values[number]
  }

  /// A number in each step, where it follows from the loop's variable alone.
  func series(of symbol: Symbol) throws(Refusal) -> [Double]? {
    guard let variable, symbol.shape.count == 1, builder.variables(of: symbol) == [variable.parameter] else {
      return nil
    }
    var parameters = builder.parameters.map(\.value)
    parameters[variable.parameter] = Tensor(0)
    return try Plan(builder.graph, outputs: [symbol.reference]).series(
      parameters, varying: variable.parameter, over: variable.values, memoryLimit: builder.memoryLimit)
  }

  /// A number that is given for each step.
  func input(_ numbers: [Double]) -> Symbol {
    inputs.append(Recurrence.Input(parameter: builder.parameters.count, values: .numbers(numbers)))
    return builder.variable(shape: .scalar, type: .literal)
  }

  /// A followed value, looked at from outside.
  subscript(number: Int) -> Symbol { values[number] }
}
