import Syntax

extension Session {
  /// What stands over a printed value; nil: nothing.
  func title(of expression: Expression) -> String? {
    switch expression.kind {
    case .name(let name): name
    case .call(_, let arguments): builtinCall(expression)?.builtin.labels?.title(arguments)
    default: nil
    }
  }
}
