import Syntax

/// The same statements at two places of a text, or of two texts: what is wrong with one is told where it stands now.
struct MovedStatements {
  private let (old, new): (LoopCompiler.Whole, LoopCompiler.Whole)

  /// Nil where they stand where they stood.
  init?(from old: LoopCompiler.Whole, to new: LoopCompiler.Whole) {
    guard old.body.first?.range != new.body.first?.range else { return nil }
    (self.old, self.new) = (old, new)
  }

  func statement(_ statement: Statement) -> Statement {
    let pairs = zip(Self.statements(old.body), Self.statements(new.body))
    return pairs.first { $0.0 == statement }?.1 ?? statement
  }

  func condition(_ condition: Expression) -> Expression {
    let pairs = zip(Self.conditions(old), Self.conditions(new))
    return pairs.first { $0.0 == condition }?.1 ?? condition
  }

  private static func statements(_ body: [Statement]) -> [Statement] {
    body.flatMap { [$0] + $0.blocks.flatMap(statements) }
  }

  private static func conditions(_ whole: LoopCompiler.Whole) -> [Expression] {
    let inner = statements(whole.body).compactMap { statement -> Expression? in
      switch statement.kind {
      case .branch(let condition, _, _), .whileLoop(let condition, _): condition
      case .expression, .assign, .update, .live, .function, .input, .expect, .run, .loop, .forEach, .breaking,
        .continuing, .returning, .deletion, .freezing, .command:
        nil
      }
    }
    if case .open(let condition, _) = whole { return [condition] + inner }
    return inner
  }
}
