import Syntax

/// The title over a printed value.
enum Title {
  static func of(_ expression: Expression) -> String? {
    switch expression.kind {
    case .name(let name): return name
    case .call(let callee, let arguments):
      guard case .name("grad") = callee.kind, arguments.count == 2, case .name(let name) = arguments[1].value.kind,
        case .name(let result) = arguments[0].value.kind
      else { return nil }
      return "∂\(result)/∂\(name)"
    default: return nil
    }
  }
}
