/// One statement, with the place it was written at.
package struct Statement: Equatable, Sendable {
  package indirect enum Kind: Equatable, Sendable {
    case expression(Expression)
    /// `a = e`, `a, b = e`.
    case assign([Name], Expression)
    /// `a += e`; `x[i, j] = e` and `x[i, j] += e` with their indices.
    case update(Name, [Index]?, BinaryOperator?, Expression)
    /// `a := e`.
    case live(Name, Expression)
    case function(FunctionDefinition)
    /// `input x: [n, 3]`.
    case input(Name, [Dimension])
    case expect(Expectation)
    /// `run "file.grad"`.
    case run(Expression)
    case loop(Expression, [Statement])
    case forEach(Name, Expression, [Statement])
    case whileLoop(Expression, [Statement])
    case branch(Expression, [Statement], else: [Statement])
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

/// A name where it is given its meaning.
package struct Name: Equatable, Sendable {
  package var text: String
  package var range: SourceRange

  package init(_ text: String, _ range: SourceRange) {
    self.text = text
    self.range = range
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

  package var name: Name
  package var parameters: [Parameter]
  /// One expression statement, or the statements of a block; the last one is the value.
  package var body: [Statement]
  package var customGradient: CustomGradient?

  package init(name: Name, parameters: [Parameter], body: [Statement], customGradient: CustomGradient? = nil) {
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
  /// `expect error "text" in { … }`.
  case fails(String, [Statement])
}
