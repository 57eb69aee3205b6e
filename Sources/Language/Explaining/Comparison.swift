import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// Losses side by side: what they are, their gradients, and what the same training makes of the same weights.
struct Comparison {
  /// One of the losses, before and after training.
  private struct Variant {
    let text: String
    let before: Double
    var after: Double?
    /// By the weights that it reads.
    var gradients: [String: Held] = [:]
    var values: [String: Tensor] = [:]
    /// Why it couldn't be trained.
    var failure: String?
  }

  private let session: Session
  private let names: [String]
  private let steps: String?
  private var variants: [Variant] = []

  /// - Parameter arguments: the losses, then what `train` is called with.
  init(_ arguments: [Syntax.Argument], _ session: Session, _ range: SourceRange) throws(Diagnostic) {
    self.session = session
    let losses = arguments.filter { $0.label == nil }.map(\.value)
    guard losses.count >= 2 else {
      throw Diagnostic("two losses are compared, or more", at: range, help: ":compare once, masked, steps=20, rate=0.1")
    }
    let options = arguments.filter { $0.label != nil }
    steps = options.first { $0.label == "steps" }?.value.description
    var trainable: Set<String> = []
    for loss in losses { trainable.formUnion(Evaluator(session).trainable(in: loss, loss.range).map(\.text)) }
    names = trainable.sorted()
    for loss in losses { variants.append(try Self.variant(loss, options, names, session)) }
  }

  private static func variant(
    _ loss: Expression, _ options: [Syntax.Argument], _ names: [String], _ session: Session
  ) throws(Diagnostic) -> Variant {
    let evaluator = Evaluator(session)
    let symbol = try evaluator.tensor(loss)
    guard symbol.shape.count == 1, symbol.type != .bool else {
      throw Diagnostic(
        "losses are numbers; \(loss.description) is \(symbol.type == .bool ? "a mask" : "\(symbol.shape)")",
        at: loss.range, help: "sum(\(loss.description)) or mean(\(loss.description))")
    }
    var variant = Variant(text: loss.description, before: try evaluator.value(of: symbol, loss.range).scalar ?? .nan)
    let own = Set(Evaluator(session).trainable(in: loss, loss.range).map(\.text))
    for name in names where own.contains(name) {
      let gradient = try Parser.parseExpression("grad(\(loss.description), \(name))")
      let other = Evaluator(session)
      guard case .tensor(let symbol) = try other.evaluate(gradient) else { continue }
      variant.gradients[name] = try other.hold(symbol, loss.range, isFixed: nil)
    }
    guard !options.isEmpty, !own.isEmpty else { return variant }
    var copy = session.apart
    let words = [loss.description] + options.map { "\($0.label ?? "")=\($0.value.description)" }
    do throws(Failure) {
      try copy.run(Source(name: nil, text: "train(\(words.joined(separator: ", ")));")) { _ in }
    } catch {
      guard let first = error.diagnostics.first else { return variant }
      if first.isInterrupt { throw first }
      variant.failure = first.refusal.message
      return variant
    }
    for name in own { variant.values[name] = copy.names[name]?.stored?.leaves.first?.tensor }
    let after = Evaluator(copy)
    variant.after = try after.value(of: try after.tensor(loss), loss.range).scalar
    return variant
  }

  // MARK: The table

  private func number(_ value: Double) -> String { session.display.number(value) }

  var text: String {
    var rows: [[String]] = [[""] + variants.map(\.text)]
    let arrow = session.display.isASCII ? "->" : "→"
    rows.append(
      ["loss"] + variants.map { number($0.before) + ($0.after.map { " \(arrow) \(number($0))" } ?? "") })
    for name in names {
      rows += block("∂/∂\(name)", variants.map { $0.gradients[name] }, name) { $0.tensor }
      if steps != nil {
        rows += block(name, variants.map { $0.gradients[name] }, name, of: variants.map { $0.values[name] })
      }
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ").trimmedEnd
    }
    let failures = variants.compactMap { variant in variant.failure.map { "\(variant.text) can't be trained: \($0)" } }
    return (lines + failures + [verdict]).joined(separator: "\n")
  }

  private func block(
    _ title: String, _ held: [Held?], _ name: String, _ tensor: (Held) -> Tensor
  ) -> [[String]] {
    block(title, held, name, of: held.map { $0.map(tensor) })
  }

  /// The rows of a small matrix, or what can be said of a large one; removed entries show as such.
  private func block(_ title: String, _ held: [Held?], _ name: String, of tensors: [Tensor?]) -> [[String]] {
    let cells = zip(held, tensors).map { held, tensor -> [String] in
      guard let tensor else { return ["-"] }
      let (rows, columns) = (
        tensor.shape.rank == 2 ? tensor.shape[0] : 1, tensor.shape.rank == 0 ? 1 : tensor.shape[tensor.shape.rank - 1]
      )
      guard tensor.shape.rank <= 2, rows <= 6, columns <= 6 else {
        return ["length \(number(tensor.length))"]
      }
      return (0..<rows).map { row in
        (0..<columns).map { entry(held, tensor, row * columns + $0) }.joined(separator: "  ")
      }
    }
    let height = cells.map(\.count).max() ?? 0
    return (0..<height).map { row in
      [row == 0 ? title : ""] + cells.map { row < $0.count ? $0[row] : "" }
    }
  }

  private func entry(_ gradient: Held?, _ tensor: Tensor, _ flat: Int) -> String {
    if let causes = gradient?.causes, flat < causes.count {
      if causes[flat] == .structural { return session.display.glyphs.removed }
      if causes[flat] == .gated, tensor[flat: flat] == 0 { return session.display.glyphs.gated }
    }
    return number(tensor[flat: flat])
  }

  // MARK: The sentence

  /// Whether the variants are the same, and where not.
  private var verdict: String {
    guard let first = variants.first else { return "" }
    var differences: [String] = []
    for other in variants.dropFirst() {
      if !Self.isClose(first.before, other.before) {
        differences.append("\(other.text) is \(number(other.before)), \(first.text) is \(number(first.before))")
      }
      for name in names {
        differences += difference(first, other, name)
      }
      if let a = first.after, let b = other.after, !Self.isClose(a, b), differences.isEmpty {
        differences.append("after training \(first.text) is \(number(a)), \(other.text) is \(number(b))")
      }
    }
    if let difference = differences.first {
      return "not the same: " + ([difference] + differences.dropFirst().prefix(2)).joined(separator: "; ")
    }
    let trained = first.after != nil ? " and what training makes of \(names.joined(separator: ", "))" : ""
    return "the same: values, gradients\(trained)"
  }

  private func difference(_ a: Variant, _ b: Variant, _ name: String) -> [String] {
    guard let first = a.gradients[name], let second = b.gradients[name] else {
      guard a.gradients[name] != nil || b.gradients[name] != nil else { return [] }
      return ["only \(a.gradients[name] == nil ? b.text : a.text) reads \(name)"]
    }
    guard first.tensor.shape == second.tensor.shape else { return ["\(name) has two shapes"] }
    if let x = a.values[name], let y = b.values[name] {
      let places = differing(x, y)
      guard !places.isEmpty else { return [] }
      let start = session.names[name]?.stored?.leaves.first?.tensor
      let back = places.filter { flat in
        start?[flat: flat] == 0
          && (first.isRemoved(flat) != second.isRemoved(flat)) && (first.isRemoved(flat) ? y : x)[flat: flat] != 0
      }
      let sentence = "\(places.count) of \(x.count) entries of \(name) differ after training"
      guard let sample = back.first else { return [sentence + ", first \(x.shape.index(places[0]))"] }
      let who = first.isRemoved(sample) ? b.text : a.text
      let list = back.prefix(3).map { x.shape.index($0) }.joined(separator: ", ") + (back.count > 3 ? " …" : "")
      return [sentence, "\(list) came back in \(who)"]
    }
    let places = differing(first.tensor, second.tensor)
    guard let place = places.first else { return [] }
    return [
      "\(places.count) of \(first.tensor.count) entries of ∂/∂\(name) differ, first \(first.tensor.shape.index(place))"
    ]
  }

  private func differing(_ a: Tensor, _ b: Tensor) -> [Int] {
    let size = max(
      a.values.lazy.filter(\.isFinite).map(abs).max() ?? 0, b.values.lazy.filter(\.isFinite).map(abs).max() ?? 0)
    return (0..<a.count).filter { !Self.isClose(a[flat: $0], b[flat: $0], beside: size) }
  }

  private static func isClose(_ a: Double, _ b: Double, beside size: Double = 0) -> Bool {
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    return a == b || abs(a - b) <= 1e-5 * max(abs(a), abs(b)) + 1e-6 * size
  }
}

extension Held {
  fileprivate func isRemoved(_ flat: Int) -> Bool { pattern.structural.map { $0[flat: flat] == 0 } ?? false }
}

extension Session {
  /// A copy that nobody is told of.
  var apart: Session {
    var copy = self
    copy.surroundings.follow = nil
    copy.surroundings.isInteractive = false
    copy.surroundings.patience = nil
    copy.progress = nil
    return copy
  }
}
