import Graphs
import Plans
import Refusals
import Syntax
import Tensors

/// Commands that say what an expression would do, without doing it.
extension Command {
  static let ofShapes = [shapes, cost]

  static let shapes = Command(":shapes EXPR", "Each part of an expression with its shape; what fits into a ?.") {
    session, call, emit throws(Diagnostic) in
    emit(.result(try ShapeTree(session).text(of: try call.expression(":shapes x @ w + b"))))
  }

  static let cost = Command(":cost EXPR", "The operations and bytes that an expression takes.") {
    session, call, emit throws(Diagnostic) in
    let evaluator = Evaluator(session, .shapes(standIns: [:]))
    let symbols = try evaluator.tensors(try call.expression(":cost loss"))
    if symbols.contains(where: { !evaluator.builder.variables(of: $0).isEmpty }) {
      emit(.notice("note: lengths that aren't known yet count as 1"))
    }
    let cost = Cost(Plan(evaluator.builder.graph, outputs: symbols.map(\.reference)))
    let bytes = { (count: Double) in count < 9e18 ? "\(ByteCount(Int(count)))" : "more than can be counted" }
    emit(
      .result("operations  \(Count.text(cost.operations)) in \(cost.stepCount) step\(cost.stepCount == 1 ? "" : "s")"))
    emit(.result("moved       \(bytes(cost.bytes))"))
    emit(.result("buffers     \(ByteCount(cost.bufferBytes))"))
    let shares = cost.shares.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard cost.operations > 0, !shares.isEmpty else { return }
    let words = shares.prefix(4).map { "\($0.key) \(Int(($0.value / cost.operations * 100).rounded()))%" }
    emit(.result("most        \(words.joined(separator: ", "))"))
    guard let plan = evaluator.builder.planInLoop(for: symbols) else { return }
    let repeated = Cost(plan)
    let kernels = repeated.shares.keys.filter { $0.hasPrefix("sparse") }.sorted().joined(separator: ", ")
    emit(
      .result(
        "in a loop   \(Count.text(repeated.operations)) in \(repeated.stepCount) steps, "
          + "\(bytes(repeated.bytes)) moved: \(kernels)"))
  }
}

/// Large numbers in words.
enum Count {
  /// `1,234`, `3.2 million`.
  static func text(_ count: Double) -> String {
    for (limit, word) in [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")] where count >= limit {
      return "\((count / limit * 10).rounded() / 10) \(word)"
    }
    let digits = Array("\(Int(count))")
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
