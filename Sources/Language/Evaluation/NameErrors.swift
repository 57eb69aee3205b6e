import Graphs
import Refusals
import Syntax
import Text

/// What is wrong with a name, and what may have been meant.
extension Evaluator {
  func stale(_ name: String, _ changed: String?, _ range: SourceRange) -> Diagnostic {
    guard let changed else {
      return Diagnostic(
        "\(name) has no formula: it was updated from its own earlier value", at: range,
        help: "compute \(name) in one expression, or define it live:  \(name) := …")
    }
    let line = session.names[changed].map { " (\(changed) changed at line \($0.line))" } ?? ""
    return Diagnostic(
      "\(name) was computed from an earlier \(changed)\(line)", at: range,
      help: "compute \(name) again, or define it live:  \(name) := …")
  }

  /// It stands for something here.
  func isKnown(_ name: String) -> Bool {
    scopes.last?[name] != nil || session.names[name] != nil || scopes.last?.home?.values[name] != nil
      || Function<Symbol>.builtIn(name) != nil || Self.predefinedNames.contains(name)
  }

  func unknown(_ name: String, _ range: SourceRange) -> Diagnostic {
    if !mode.suggests { return Diagnostic("unknown name", at: range, reason: .unknownName) }
    if let help = Suggestion.help(name) {
      return Diagnostic("unknown name '\(name)'", at: range, reason: .unknownName, help: help)
    }
    // A value was meant: what can only be called is none.
    let names = session.variableNames + session.functionNames + (scopes.last?.keys.map { $0 } ?? [])
    let close = Spelling.nearest(to: name, among: names)
    return Diagnostic(
      "unknown name '\(name)'", at: range, reason: .unknownName, help: close.map { "did you mean '\($0)'?" })
  }

  func unknownFunction(_ name: String, _ range: SourceRange) -> Diagnostic {
    if !mode.suggests { return Diagnostic("unknown function", at: range, reason: .unknownName) }
    if let help = Suggestion.help(name) {
      return Diagnostic("unknown function '\(name)'", at: range, reason: .unknownName, help: help)
    }
    let close = Spelling.nearest(to: name, among: session.functionNames + Operator.named.keys + Builtin.named.keys)
    return Diagnostic(
      "unknown function '\(name)'", at: range, reason: .unknownName, help: close.map { "did you mean '\($0)'?" })
  }

  func unknownMember(_ base: Expression, _ member: String, _ range: SourceRange) -> Diagnostic {
    let written = "\(base.description).\(member)"
    if let help = Suggestion.help(written) {
      return Diagnostic("unknown name '\(written)'", at: range, reason: .unknownName, help: help)
    }
    if case .name(let name) = base.kind, session.names[name] == nil, scopes.last?[name] == nil {
      return unknown(name, base.range)
    }
    if Operator.named[member] != nil || Builtin.named[member] != nil {
      return Diagnostic(
        "'\(member)' behind a point is called", at: range, help: "\(base.description).\(member)()")
    }
    let kind = (try? evaluate(base))?.kindName ?? "this"
    let names = session.functionNames + Operator.named.keys + Builtin.named.keys + Self.properties
    let close = mode.suggests ? Spelling.nearest(to: member, among: names) : nil
    return Diagnostic(
      "\(kind) has nothing called '\(member)'", at: range, reason: .unknownName,
      help: close.map { "did you mean '.\($0)'?" },
      note: "behind a point stand entries, functions, .T, .shape and .size")
  }
}
