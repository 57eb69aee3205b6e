import Graphs
import Refusals
import Syntax
import Tensors

/// Checks a live definition's shapes before its inputs have values.
///
/// Unknown extents are stood in for, once by large primes that fit nothing by accident and once by ones; what fails
/// both ways is wrong for every size.
struct DefinitionCheck {
  private static let primes = [999_983, 999_979, 999_961, 999_959, 999_953, 999_931, 999_917, 999_907]
  let session: Session

  init(_ session: Session) { self.session = session }

  /// What is known of a definition that has no mistake for certain.
  struct Found {
    /// The random draws that it makes.
    var draws: Int
    /// Its shape, if nothing is missing that it depends on.
    var outline: (tensor: Tensor, time: Int)?
  }

  func check(_ expression: Expression) throws(Diagnostic) -> Found {
    let dimensions = unknownDimensions
    let primes = Dictionary(uniqueKeysWithValues: zip(dimensions, Self.primes))
    var first: Diagnostic?
    for standIns in dimensions.isEmpty ? [primes] : [primes, [:]] {
      let evaluator = Evaluator(session, .shapes(standIns: standIns))
      do throws(Diagnostic) {
        let value = try evaluator.evaluate(expression)
        var found = Found(draws: evaluator.draw - session.draw)
        if case .tensor(let symbol) = value, dimensions.isEmpty {
          found.outline = (.hollow(symbol.shape, symbol.type), session.clock)
        }
        return found
      } catch {
        if error.reason == .unknownValue || error.isInterrupt {
          return Found(draws: evaluator.draw - session.draw)
        }
        if first == nil { first = Self.named(error, primes) }
      }
    }
    throw first ?? Diagnostic("the definition has no value", at: expression.range)
  }

  /// An extent to stand in for each that isn't known yet.
  var standIns: [String: Int] { Dictionary(uniqueKeysWithValues: zip(unknownDimensions, Self.primes)) }

  /// A text with each stand-in under its own name again.
  static func named(_ text: String, _ standIns: [String: Int]) -> String {
    standIns.reduce(text) { text, standIn in
      let name = standIn.key.hasPrefix("_") ? "_" : standIn.key
      return text.split(separator: "\(standIn.value)", omittingEmptySubsequences: false).joined(separator: name)
    }
  }

  private var unknownDimensions: [String] {
    var dimensions: Set<String> = []
    for name in session.names.waiting {
      for (axis, dimension) in (session.names[name]?.dimensions ?? []).enumerated() {
        switch dimension {
        case .named(let symbol): dimensions.insert(symbol)
        case .any: dimensions.insert("_\(name)\(axis)")
        case .extent: break
        }
      }
    }
    return dimensions.sorted()
  }

  /// The message with each stand-in under its own name again.
  static func named(_ error: Diagnostic, _ standIns: [String: Int]) -> Diagnostic {
    func renamed(_ text: String) -> String { Self.named(text, standIns) }
    var copy = error
    copy.refusal.message = renamed(error.message)
    copy.labels = error.labels.map { Diagnostic.Label($0.range, renamed($0.text)) }
    copy.refusal.help = error.help.map(renamed)
    copy.refusal.note = error.note.map(renamed)
    return copy
  }
}
