import Files
import Graphs
import Refusals
import Syntax
import Tensors

/// A function that needs the session itself: its names, its seed, its formulas.
///
/// A row has all about one and lies beside the code that it calls; nowhere else is one asked for by its name.
package struct Builtin: Sendable {
  /// What a call hands over, and what is done with it.
  enum Body: Sendable {
    /// Tensors, numbers and texts, matched to the signature.
    case tensors(@Sendable (Evaluator, Arguments) throws(Refusal) -> Symbol)
    /// Values of any kind, functions among them.
    case values(@Sendable (Evaluator, [Evaluator.Evaluated], SourceRange) throws(Diagnostic) -> Value)
    /// Expressions and names, as they were written.
    case expressions(@Sendable (Evaluator, Call) throws(Diagnostic) -> Value)
    /// The session, which changes: such a call stands on a line of its own.
    case action(Action)
  }

  enum Trait: Sendable {
    /// Its name can't be given another meaning.
    case reserved
    /// What it gives is random: it depends on the seed and on how much was drawn before.
    case draws
    /// What it gives comes from a file, which may be another one next time.
    case readsFiles
    /// What it does is done to a file.
    case writesFiles
    /// What an operator of the same name does to tensors it does to what holds them.
    case extendsOperator
    /// What it is given is written, and nobody reads what it gives.
    case prints
  }

  /// What the values of a call are called, as far as the call says it.
  struct Labels: Sendable {
    /// What stands over the value; nil: nothing.
    let title: @Sendable ([Syntax.Argument]) -> String?
    /// A name for each of the values, for those who read them elsewhere.
    let parts: @Sendable ([Syntax.Argument]) -> [String]
  }

  package let signature: Signature
  /// One sentence.
  package let summary: String
  package let derivative: String
  package let aliases: [String]
  package let examples: [(input: String, output: String)]
  let traits: Set<Trait>
  let labels: Labels?
  /// The words that the text of an argument can be.
  let choices: [String: [String]]
  /// The parameter that takes tuples and records, too: their float tensors, one after the other.
  let leafwise: String?
  /// What numbers in brackets are made of among its arguments; nil: of what they are made of elsewhere.
  let brackets: ElementType?
  let body: Body

  package var name: String { signature.name }
  package var isReserved: Bool { traits.contains(.reserved) }
  /// Changes the session, so that a call is a statement.
  package var standsAlone: Bool { if case .action = body { true } else { false } }

  init(
    _ signature: String, _ summary: String, derivative: String = "", aliases: [String] = [],
    examples: KeyValuePairs<String, String> = [:], traits: Set<Trait> = [], labels: Labels? = nil,
    choices: [String: [String]] = [:], leafwise: String? = nil, brackets: ElementType? = nil, _ body: Body
  ) {
    self.signature = Signature(signature)
    self.summary = summary
    self.derivative = derivative
    self.aliases = aliases
    self.examples = examples.map { ($0.key, $0.value) }
    self.traits = traits
    self.labels = labels
    self.choices = choices
    self.leafwise = leafwise
    self.brackets = brackets
    self.body = body
  }

  package static let all: [Builtin] =
    [
      grad, denseGrad, valueAndGrad, jacobian, hessian, jvp, vjp, check, depends, history, train, stopGradient, float32,
      float64,
      weights, uniform, normal, randint, bernoulli, permutation, shuffle, dropout, exponential, laplace, gumbel, gamma,
      beta, poisson, choice, categorical, multinomial, load, save, seed,
    ] + PictureKind.all.map(\.builtin) + ofCollections + ofTexts + schedules + [checkpoint, restore]

  package static let named: [String: Builtin] = {
    var table: [String: Builtin] = [:]
    for builtin in all {
      for name in [builtin.name] + builtin.aliases { table[name] = builtin }
    }
    return table
  }()

  /// The names of those that read files.
  static let fileReaders = all.filter { $0.traits.contains(.readsFiles) }.flatMap { [$0.name] + $0.aliases }
}
