import Syntax

@testable import Language

/// What a piece of source prints in a fresh session, errors in their full form.
func printed(_ text: String, configure: (inout Session) -> Void = { _ in }) -> String {
  var session = Session()
  configure(&session)
  return printed(text, in: &session)
}

func printed(_ text: String, in session: inout Session) -> String {
  var lines: [String] = []
  let source = Source(name: nil, text: text)
  do throws(Failure) {
    try session.run(source) { output in
      switch output {
      case .result(let text), .notice(let text), .shown(let text, _), .progress(let text, _, _): lines.append(text)
      case .cleared: break
      }
    }
  } catch {
    lines += error.diagnostics.map { $0.rendered(in: error.source, colored: false, ascii: false) }
  }
  return lines.joined(separator: "\n")
}

extension Session {
  /// What a name holds, if that is a tensor.
  func held(_ name: String) -> Held? {
    if case .tensor(let held, _) = names[name]?.content { held } else { nil }
  }
}
