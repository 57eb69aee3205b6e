/// One statement, with the place it was written at.
package struct Statement: Equatable, Sendable {
  package indirect enum Kind: Equatable, Sendable {
    case expression(Expression)
    /// `a = e`, `a, b = e`.
    case assign([Name], Expression)
    /// `a += e`, `x[i, j] = e`, `p.w[0] += e`.
    case update(Place, BinaryOperator?, Expression)
    /// `a := e`.
    case live(Name, Expression)
    case function(FunctionDefinition)
    /// `input x: [n, 3]`.
    case input(Name, [Dimension])
    case expect(Expectation)
    /// `run "file.grad"`.
    case run(Expression)
    case loop(Expression, [Statement])
    case forEach([Name], Expression, [Statement])
    case whileLoop(Expression, [Statement])
    case branch(Expression, [Statement], else: [Statement])
    case breaking
    case continuing
    /// `return e` in a function.
    case returning(Expression?)
    /// `del a, b`.
    case deletion([Name])
    /// `freeze w, p.b`, or `thaw`.
    case freezing([Place], isFrozen: Bool)
    /// `:name rest of the line`; `?name` arrives as `help`. The range is that of the rest.
    case command(String, String, SourceRange)
  }

  package var kind: Kind
  package var range: SourceRange
  /// Ended by `;`: the value isn't printed.
  package var isQuiet: Bool

  package init(_ kind: Kind, _ range: SourceRange, isQuiet: Bool = false) {
    self.kind = kind
    self.range = range
    self.isQuiet = isQuiet
  }
}

extension Statement {
  /// The blocks in it, which belong to the same function.
  package var blocks: [[Statement]] {
    switch kind {
    case .loop(_, let body), .whileLoop(_, let body), .forEach(_, _, let body): [body]
    case .branch(_, let then, let otherwise): [then, otherwise]
    case .expression, .assign, .update, .live, .function, .input, .expect, .run, .breaking, .continuing, .returning,
      .deletion, .freezing, .command:
      []
    }
  }
}

extension [Statement] {
  /// Whether the last one leaves the loop or the function around.
  package var endsEarly: Bool {
    switch last?.kind {
    case .breaking, .returning: true
    case .branch(_, let then, let otherwise): then.endsEarly && otherwise.endsEarly
    case .expression, .assign, .update, .live, .function, .input, .expect, .run, .continuing, .deletion, .freezing,
      .command, .loop, .forEach, .whileLoop, nil:
      false
    }
  }

  /// Whether a branch among them leaves the loop or the function around.
  package var mayLeave: Bool {
    contains { statement in
      guard case .branch(_, let then, let otherwise) = statement.kind else { return false }
      return then.endsEarly || then.mayLeave || otherwise.endsEarly || otherwise.mayLeave
    }
  }
}

extension Statement {
  /// The names that it gives a value itself, where they stand.
  package var targets: [Name] {
    switch kind {
    case .assign(let targets, _): targets
    case .update(let place, _, _): [place.name]
    case .live(let name, _), .input(let name, _): [name]
    case .function(let definition): definition.name.map { [$0] } ?? []
    case .expression, .expect, .run, .loop, .forEach, .whileLoop, .branch, .command, .breaking, .continuing, .returning,
      .deletion, .freezing:
      []
    }
  }
}

/// A name where it is given its meaning.
package struct Name: Equatable, Sendable {
  package var text: String
  package var range: SourceRange

  package init(_ text: String, _ range: SourceRange) {
    self.text = text
    self.range = range
  }
}

/// A name, or an entry of what it holds: `p.layers[1].w`.
package struct Place: Equatable, Sendable {
  package enum Step: Equatable, Sendable {
    case member(String, SourceRange)
    case index([Index], SourceRange)

    package var range: SourceRange {
      switch self {
      case .member(_, let range), .index(_, let range): range
      }
    }
  }

  package var name: Name
  package var steps: [Step]

  package init(_ name: Name, _ steps: [Step] = []) {
    self.name = name
    self.steps = steps
  }

  /// What an expression names; nil where it doesn't begin with a name.
  package init?(_ expression: Expression) {
    let (base, steps) = expression.unwound
    guard case .name(let name) = base.kind else { return nil }
    self.init(Name(name, base.range), steps)
  }

  /// The place as an expression that reads it.
  package var expression: Expression {
    steps.reduce(Expression(.name(name.text), name.range)) { base, step in
      switch step {
      case .member(let member, let range): Expression(.member(base, member), base.range.lowerBound..<range.upperBound)
      case .index(let indices, let range): Expression(.index(base, indices), base.range.lowerBound..<range.upperBound)
      }
    }
  }
}

extension Expression {
  /// What the points and brackets at its end pick from, and these, in order: `p` and three steps for `p.layers[1].w`.
  package var unwound: (base: Expression, steps: [Place.Step]) {
    var steps: [Place.Step] = []
    var base = self
    while true {
      switch base.kind {
      case .member(let inner, let member):
        steps.append(.member(member, base.range))
        base = inner
      case .index(let inner, let indices):
        steps.append(.index(indices, base.range))
        base = inner
      default: return (base, steps.reversed())
      }
    }
  }
}

/// `f(x, k=2) = …`, and `custom_grad f(x) = … with g -> …`.
package struct FunctionDefinition: Equatable, Sendable {
  package struct Parameter: Equatable, Sendable {
    package var name: Name
    package var initial: Expression?

    package init(name: Name, initial: Expression? = nil) {
      self.name = name
      self.initial = initial
    }
  }

  /// The adjoint's name and the expression (or tuple, one entry a parameter) that a `custom_grad` gives.
  package struct CustomGradient: Equatable, Sendable {
    package var adjoint: Name
    package var body: Expression

    package init(adjoint: Name, body: Expression) {
      self.adjoint = adjoint
      self.body = body
    }
  }

  /// What it is called; nil for `x -> e`.
  package var name: Name?
  package var parameters: [Parameter]
  /// One expression statement, or the statements of a block; the last one is the value.
  package var body: [Statement]
  package var customGradient: CustomGradient?
  /// Where it was written.
  package var origin = Origin()

  /// The text that a definition's ranges count in, and the definition's own place in it; equal to any other.
  package struct Origin: Equatable, Sendable {
    package var source: Source?
    package var range: SourceRange = 0..<0

    package init() {}
    package static func == (_: Origin, _: Origin) -> Bool { true }
  }

  package init(name: Name?, parameters: [Parameter], body: [Statement], customGradient: CustomGradient? = nil) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.customGradient = customGradient
  }
}

/// One extent in `input x: [n, 3, _]`.
package enum Dimension: Equatable, Sendable {
  case extent(Int)
  case named(String)
  case any

  /// `[n, 3]`, as it was declared.
  package static func text(_ dimensions: [Dimension]) -> String {
    let parts = dimensions.map { dimension in
      switch dimension {
      case .extent(let extent): "\(extent)"
      case .named(let name): name
      case .any: "_"
      }
    }
    return "[\(parts.joined(separator: ", "))]"
  }
}

/// What `expect` asks for.
package enum Expectation: Equatable, Sendable {
  /// `expect a ~ b, rtol=…, atol=…`.
  case close(Expression, Expression, rtol: Expression?, atol: Expression?)
  case holds(Expression)
  /// `expect error "text" in { … }`; what is wrong with the block as it is read counts, too.
  case fails(String, [Statement], Diagnostic?)
}
