import Syntax

/// What statements that are gone through again and again do with names.
struct NameUse {
  /// Those that are given a value, also in blocks.
  private(set) var assigned: Set<String> = []
  /// Those that may be read before the statements have given them a value.
  private(set) var readFirst: Set<String> = []
  /// Names are forgotten.
  private(set) var deletes = false

  /// - Parameter condition: what is read before each round, if anything is.
  init(_ statements: [Statement], while condition: Expression? = nil) {
    var own: Set<String> = []
    if let condition { read(condition, own) }
    follow(statements, &own)
  }

  /// - Parameter own: the names that have certainly been given a value.
  private mutating func follow(_ statements: [Statement], _ own: inout Set<String>) {
    for statement in statements {
      switch statement.kind {
      case .loop(let count, let body), .whileLoop(let count, let body): follow(body, after: count, own)
      case .forEach(let names, let values, let body):
        let variables = names.map(\.text)
        assigned.formUnion(variables)
        follow(body, after: values, own, variables)
      case .branch(let condition, let then, let otherwise):
        var (first, second) = (own, own)
        read(condition, own)
        follow(then, &first)
        follow(otherwise, &second)
        own = first.intersection(second)
      case .assign(let names, let value):
        read(value, own)
        assigned.formUnion(names.map(\.text))
        own.formUnion(names.map(\.text))
      case .update(let place, _, _):
        readFirst.formUnion(Names.read(in: [statement]).subtracting(own))
        assigned.insert(place.name.text)
      case .function(let definition):
        readFirst.formUnion(Names.free(in: definition).subtracting(own))
        if let name = definition.name {
          assigned.insert(name.text)
          own.insert(name.text)
        }
      case .deletion: deletes = true
      case .expression, .expect, .returning, .live, .input, .run, .breaking, .continuing, .freezing, .command:
        readFirst.formUnion(Names.read(in: [statement]).subtracting(own))
      }
    }
  }

  private mutating func read(_ expression: Expression, _ own: Set<String>) {
    readFirst.formUnion(Names.read(in: expression).subtracting(own))
  }

  /// A block that may not run gives no name a value for certain.
  private mutating func follow(
    _ body: [Statement], after expression: Expression, _ own: Set<String>, _ variables: [String] = []
  ) {
    read(expression, own)
    var inner = own.union(variables)
    follow(body, &inner)
  }
}
