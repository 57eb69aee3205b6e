import Graphs
import Printing
import Syntax
import Tensors

/// What the session says of the names that the user gave.
extension Session {
  /// Beside a name: its shape or its value, and what else there is to know of it.
  func summary(of name: String) -> String {
    guard let binding = names[name] else { return "" }
    if let function = binding.function {
      let parameters = function.closure?.definition.parameterNames.joined(separator: ", ")
      return parameters.map { "function of (\($0))" } ?? "function \(function.name)"
    }
    var words = [briefValue(of: name) ?? briefShape(of: name) ?? ""]
    if case .live(let expression, _) = binding.content { words.append(":= \(expression.description)") }
    if case .tensor(let held, _) = binding.content, held.tensor.type == .bool { words.append("mask") }
    if !binding.trainable.isEmpty { words.append(Self.marks("trainable", binding.trainable)) }
    if !binding.frozen.isEmpty { words.append(Self.marks("frozen", binding.frozen)) }
    for (path, still) in binding.frozenEntries.sorted(by: { $0.key < $1.key }) {
      words.append("\(still.count) of \(still.mask.count) frozen" + (path.isEmpty ? "" : " in \(path)"))
    }
    if let dimensions = binding.dimensions { words.append("input \(Dimension.text(dimensions))") }
    return words.joined(separator: display.glyphs.separator)
  }

  /// Names with their summaries, one below the other.
  func summaries(of names: [String]) -> [String] {
    let width = names.map(\.count).max() ?? 0
    return names.map { $0 + String(repeating: " ", count: width - $0.count + 2) + summary(of: $0) }
  }

  /// Help on a name of the user's: what it holds, and a function as it was written.
  func helpOnOwn(_ name: String) -> String? {
    guard names[name] != nil else { return nil }
    let head = summaries(of: [name])[0]
    guard let definition = names[name]?.function?.closure?.definition else { return head }
    let text = definition.written ?? definition.description
    return ([head] + text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }).joined(
      separator: "\n")
  }

  /// `trainable`, or `trainable w, layers.0.b`.
  private static func marks(_ word: String, _ places: Set<String>) -> String {
    if places == [""] { return word }
    let list = places.sorted()
    return "\(word) \(list.prefix(4).joined(separator: ", "))" + (list.count > 4 ? " and \(list.count - 4) more" : "")
  }
}

extension FunctionDefinition {
  /// Its own text, where that is still there.
  fileprivate var written: String? {
    guard let bytes = origin.source?.text.utf8, !origin.range.isEmpty, origin.range.upperBound <= bytes.count else {
      return nil
    }
    return String(Substring(bytes.dropFirst(origin.range.lowerBound).prefix(origin.range.count)))
  }
}
