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
    // Such a rule is differentiated by its adjoint, which a node's body would hide from it.
    if !following.isEmpty {
      throw Diagnostic(.unknownValue("a gradient of its own is taken round by round"), at: range)
    }
    let y = try symbol(value, range).asFloat
    let scope = locals
    var operands: [Symbol] = []
    for parameter in definition.parameters {
      if case .tensor(let symbol)? = scope[parameter.name.text] { operands.append(symbol.asFloat) }
    }
    // The rule is evaluated once, for a stand-in adjoint; it is linear in it.
    let seed = builder.ones(y.shape, type: y.type).separated
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
}
