import Exports
import Graphs
import Refusals
import Syntax

extension Builtin {
  /// A call as it was written.
  struct Call {
    let builtin: Builtin
    let arguments: [Syntax.Argument]
    let range: SourceRange

    var name: String { builtin.name }

    /// The call that an expression is, where its name stands for a builtin.
    init?(_ expression: Expression) {
      guard case .call(let callee, let arguments) = expression.kind else { return nil }
      switch callee.kind {
      case .name(let name):
        guard let builtin = Builtin.named[name] else { return nil }
        self.init(builtin, arguments, expression.range)
      case .member(let base, let name):
        // `loss.train(steps=10)` is `train(loss, steps=10)`.
        guard let builtin = Builtin.named[name], builtin.standsAlone else { return nil }
        self.init(builtin, [Syntax.Argument(value: base)] + arguments, expression.range)
      default: return nil
      }
    }

    init(_ builtin: Builtin, _ arguments: [Syntax.Argument], _ range: SourceRange) {
      self.builtin = builtin
      self.arguments = arguments
      self.range = range
    }

    /// Whether its arguments are evaluated before it is done.
    var takesValues: Bool {
      switch builtin.body {
      case .tensors, .values: true
      case .expressions, .action: false
      }
    }

    /// What it does to a session, if it does anything.
    var action: Action? { if case .action(let action) = builtin.body { action } else { nil } }
  }

  /// What is done to a session by a call on a line of its own.
  struct Action: Sendable {
    /// Why a call can't be part of an expression, behind the builtin's name.
    let refusal: String
    /// How it is written, as an example.
    let usage: String
    /// Whether it gives a value, which a name can take.
    let hasValue: Bool
    /// Those of its arguments whose shapes can be told before it is done.
    let shaped: @Sendable (Call) -> [Expression]
    /// The graph of what it does over and over, for other programs; nil: there is none.
    let program: (@Sendable (Session, Call) throws(Diagnostic) -> ExportedProgram)?
    let run: @Sendable (inout Session, Call, (Output) -> Void) throws(Diagnostic) -> Held?

    init(
      refusal: String = "stands on a line of its own", usage: String, hasValue: Bool = false,
      shaped: @escaping @Sendable (Call) -> [Expression] = { _ in [] },
      program: (@Sendable (Session, Call) throws(Diagnostic) -> ExportedProgram)? = nil,
      run: @escaping @Sendable (inout Session, Call, (Output) -> Void) throws(Diagnostic) -> Held?
    ) {
      self.refusal = refusal
      self.usage = usage
      self.hasValue = hasValue
      self.shaped = shaped
      self.program = program
      self.run = run
    }

    func misplaced(_ call: Call) -> Diagnostic {
      Diagnostic("\(call.name) \(refusal)", at: call.range, help: usage)
    }
  }
}

extension Session {
  /// The builtin's call that an expression is, unless the name has been given another meaning.
  func builtinCall(_ expression: Expression) -> Builtin.Call? {
    guard let call = Builtin.Call(expression), names[call.name]?.function == nil else { return nil }
    return call
  }

  /// What an expression does to the session, where that is what it is for.
  func action(of expression: Expression) -> (action: Builtin.Action, call: Builtin.Call)? {
    guard let call = builtinCall(expression), let action = call.action else { return nil }
    return (action, call)
  }

}

extension Evaluator {
  func call(_ call: Builtin.Call) throws(Diagnostic) -> Value {
    switch call.builtin.body {
    case .expressions(let body): return try body(self, call)
    case .action(let action): throw action.misplaced(call)
    case .tensors, .values:
      if call.builtin.traits.contains(.prints), isFollowing { return try keep(call) }
      let outer = brackets
      brackets = call.builtin.brackets
      defer { brackets = outer }
      return try apply(call.builtin, try evaluate(call.arguments, for: .builtin(call.builtin)), call.range)
    }
  }

  /// A call with values in place of expressions, as functions of functions make it.
  func apply(_ builtin: Builtin, _ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    if builtin.traits.contains(.extendsOperator), let operation = Operator.named[builtin.name] {
      let isOfTensors: Bool
      switch arguments.first?.value {
      case .tuple, .text, .function: isOfTensors = false
      case .tensor, .list, nil: isOfTensors = true
      }
      if isOfTensors { return try apply(operation, arguments, range) }
    }
    if let place = builtin.leafwisePlace(among: arguments), arguments[place].value.isCollection {
      return try throughLeaves(arguments, at: CollectionOfOne(place), range) { leaves throws(Diagnostic) in
        try apply(builtin, leaves, range)
      }
    }
    switch builtin.body {
    case .values(let body): return try body(self, arguments, range)
    case .tensors(let body):
      let (positional, keywords) = try split(arguments, for: builtin.name)
      return try located(at: range) { () throws(Refusal) in
        let matched = try Arguments(
          signature: builtin.signature, builder: builder, positional: positional, keywords: keywords)
        return try builder.fitting(in: builtin.name) { () throws(Refusal) in .tensor(try body(self, matched)) }
      }
    case .expressions:
      throw Diagnostic(
        "\(builtin.name) reads expressions as they are written, so a function can't call it", at: range,
        help: builtin.signature.text)
    case .action(let action): throw action.misplaced(Builtin.Call(builtin, [], range))
    }
  }
}

extension Builtin {
  /// Which of a call's arguments is gone through leaf by leaf where it is a tuple or a record.
  fileprivate func leafwisePlace(among arguments: [Evaluator.Evaluated]) -> Int? {
    guard let leafwise else { return nil }
    if let place = arguments.firstIndex(where: { $0.label == leafwise }) { return place }
    return signature.parameters.first?.name == leafwise && arguments.first?.label == nil && !arguments.isEmpty ? 0 : nil
  }
}
