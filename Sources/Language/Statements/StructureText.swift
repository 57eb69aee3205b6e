import Printing
import Tensors
import Text

/// Tuples and records as they are printed.
struct StructureText {
  let display: Display
  /// The places that training moves.
  let trainable: Set<String>

  /// So many entries of a level are shown.
  private static let limit = 40
  private static let lineLimit = 100

  /// As a literal that reads back; nil where it is too long for a line, or would hide why a zero is one.
  func line(of value: Stored) -> String? {
    let width = min(display.width ?? Self.lineLimit, Self.lineLimit)
    var text = ""
    guard write(value, to: &text, limit: width) else { return nil }
    return text
  }

  private func write(_ value: Stored, to text: inout String, limit: Int) -> Bool {
    switch value {
    case .tensor(let held):
      guard held.tensor.count <= limit, held.tensor.shape.rank < 3, let literal = literal(held) else { return false }
      text += literal
    case .text(let words): text += Quoting.literal(words)
    case .function(let function): text += function.name
    case .tuple(let parts):
      text += "("
      for position in parts.indices {
        if position > 0 { text += ", " }
        if let keys = parts.keys { text += Self.label(keys[position]) + "=" }
        guard write(parts[position], to: &text, limit: limit) else { return false }
      }
      text += parts.count == 1 && parts.keys == nil ? ",)" : ")"
    case .list: return false
    }
    return text.count <= limit
  }

  /// Nil where zeros have causes that a literal can't say.
  private func literal(_ held: Held) -> String? {
    if let causes = held.causes, causes.contains(where: { $0 == .structural || $0 == .gated }) { return nil }
    return written(held)
  }

  private func written(_ held: Held) -> String {
    let (tensor, causes) = (held.tensor, held.causes)
    if tensor.count == 0 { return "zeros(\(tensor.shape.extents.map(String.init).joined(separator: ", ")))" }
    return tensor.shape.nested { offset in
      switch causes?[offset] {
      case .structural: return display.sign("⋅")
      case .gated: return display.sign("∘")
      case .exact, .live, nil: break
      }
      let value = tensor[flat: offset]
      return tensor.type == .bool ? (value == 0 ? "false" : "true") : display.number(value, tensor.type)
    } joined: {
      "[" + $0.joined(separator: ", ") + "]"
    }
  }

  /// One line an entry, those of inner ones indented.
  func tree(of parts: Entries<Stored>, title: String?) -> String {
    let kind = parts.keys == nil ? "tuple" : "record"
    var lines = [(title.map { $0 + "  " } ?? "") + "\(kind) of \(parts.count)"]
    add(parts, path: "", indent: "  ", to: &lines)
    return lines.joined(separator: "\n")
  }

  private func add(_ parts: Entries<Stored>, path: String, indent: String, to lines: inout [String]) {
    let shown = parts.indices.prefix(Self.limit)
    let labels = shown.map { place in parts.keys.map { Self.label($0[place]) } ?? "[\(place)]" }
    let width = labels.map(\.count).max() ?? 0
    for (position, label) in zip(shown, labels) {
      let place = path.entry(parts.label(position))
      let head = indent + label + String(repeating: " ", count: width - label.count) + "  "
      switch parts[position] {
      case .tuple(let inner):
        let kind = inner.keys == nil ? "tuple" : "record"
        lines.append(head + "\(kind) of \(inner.count)")
        add(inner, path: place, indent: indent + "  ", to: &lines)
      case .tensor(let held): lines.append(head + words(held, place))
      case .text(let text): lines.append(head + Quoting.literal(text).cut(to: 60, display.sign("…")))
      case .function(let function): lines.append(head + "function \(function.name)".cut(to: 60, display.sign("…")))
      case .list(let inner): lines.append(head + "list of \(inner.count)")
      }
    }
    if parts.count > Self.limit {
      lines.append(indent + display.sign("…") + " \(parts.count - Self.limit) more")
    }
  }

  /// `3×2 · trainable · [[1, 2], …]`.
  private func words(_ held: Held, _ path: String) -> String {
    var words: [String] = []
    let tensor = held.tensor
    if tensor.shape.rank > 0 { words.append(display.spelled("\(tensor.shape)")) }
    if tensor.type == .bool { words.append("mask") }
    if trainable.contains(path) { words.append("trainable") }
    if tensor.count <= 12 {
      words.append(written(held).cut(to: 60, display.sign("…")))
    } else if tensor.count <= 1 << 24 {
      let values = tensor.values.filter { !$0.isNaN }
      if let low = values.min(), let high = values.max() {
        words.append("\(display.number(low, tensor.type)) to \(display.number(high, tensor.type))")
      }
    }
    return words.joined(separator: display.glyphs.separator)
  }

  private static func label(_ key: String) -> String { key.isName ? key : Quoting.literal(key) }
}

extension String {
  fileprivate func cut(to length: Int, _ mark: String) -> String {
    count > length ? prefix(length - 1) + mark : self
  }
}
