/// What a text says, as far as it could be understood.
package struct Program: Equatable, Sendable {
  /// The statements without errors, in order.
  package var statements: [Statement]
  /// The syntax errors in order, three at most; a single unfinished one means that more lines are needed.
  package var diagnostics: [Diagnostic]

  package init(statements: [Statement], diagnostics: [Diagnostic]) {
    self.statements = statements
    self.diagnostics = diagnostics
  }
}
