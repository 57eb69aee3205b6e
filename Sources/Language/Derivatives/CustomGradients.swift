import Graphs
import Refusals
import Syntax
import Tensors

/// Functions with a gradient rule of their own.
extension Evaluator {
  /// A function's value with the gradient rule that was written for it.
  func attach(
    _ custom: FunctionDefinition.CustomGradient, _ definition: FunctionDefinition, _ value: Value, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let y = try symbol(value, range).asFloat
    let scope = locals
    var operands: [Symbol] = []
    for parameter in definition.parameters {
      if case .tensor(let symbol)? = scope[parameter.name.text] { operands.append(symbol.asFloat) }
    }
    // The rule is evaluated once, for a stand-in adjoint; it is linear in it.
    let seed = standInAdjoint(y)
    var inner = scope
    inner[custom.adjoint.text] = .tensor(seed)
    scopes.append(inner)
    defer { scopes.removeLast() }
    let given = try evaluate(custom.body)
    var parts: [Symbol] = []
    for part in try self.parts(
      of: operands.count == 1 ? .tuple(Entries([given])) : given, count: operands.count, custom.body.range)
    {
      parts.append(try symbol(part, custom.body.range).asFloat)
    }
    for (part, operand) in zip(parts, operands) where part.shape.broadcast(with: operand.shape) != operand.shape {
      throw Diagnostic("the gradient given is \(part.shape), the argument \(operand.shape)", at: custom.body.range)
    }
    let rules = zip(parts, operands).map { $0.broadcast(to: $1.shape) }
    return .tensor(builder.attach(y, operands: operands, rules: rules, seed: seed, name: definition.called))
  }

  /// Ones in the place of a value's adjoint.
  ///
  /// In a loop that is followed they come from the round's number: what a rule makes of them is the round's as well,
  /// and its body doesn't hide from the rule what stands in for its adjoint.
  private func standInAdjoint(_ y: Symbol) -> Symbol {
    let ones = builder.ones(y.shape, type: y.type)
    guard !following.isEmpty, let round = freshDraws?.first else { return ones.separated }
    return ((Symbol.zip(.minimum, round, builder.constant(0)) + 1).converted(to: y.type) * ones).separated
  }
}
