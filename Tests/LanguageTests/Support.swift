import Language
import Syntax

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
      case .result(let text), .notice(let text): lines.append(text)
      }
    }
  } catch {
    lines += error.diagnostics.map { $0.rendered(in: error.source, colored: false, ascii: false) }
  }
  return lines.joined(separator: "\n")
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
