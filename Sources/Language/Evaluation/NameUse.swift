import Syntax

/// What statements that are gone through again and again do with names.
struct NameUse {
  /// Those that are given a value, also in blocks.
  let assigned: Set<String>
  /// Those that may be read before the statements have given them a value.
  let readFirst: Set<String>
  /// Names are forgotten.
  let deletes: Bool

  /// - Parameter condition: what is read before each round, if anything is.
  init(_ statements: [Statement], while condition: Expression? = nil) {
    assigned = Names.given(in: statements)
    readFirst = Names.readFirst(in: statements).union(condition.map { Names.read(in: $0) } ?? [])
    deletes = statements.forgetNames
  }
}

extension [Statement] {
  fileprivate var forgetNames: Bool {
    contains { statement in
      if case .deletion = statement.kind { return true }
      return statement.blocks.contains { $0.forgetNames }
    }
  }
}
