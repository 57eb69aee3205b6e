import Graphs
import Printing
import Syntax
import Tensors

/// Texts that show values.
extension Builtin {
  static let plot = picture(
    "plot(x?, y, style=\"blocks\", rows=8)", "A line through the entries of y, over those of x.",
    of: ["x", "y"], choices: ["style": Canvas.Style.allCases.map(\.rawValue)]
  ) { picture throws(Diagnostic) in try picture.curve() }

  static let hist = picture(
    "hist(x, bins=20, rows=8)", "How often values occur, as bars; removed entries don't count.", of: ["x"]
  ) { picture throws(Diagnostic) in
    let rows = try picture.whole("rows", 1...200) ?? 8
    let bins = try picture.whole("bins", 1...400) ?? 20
    return Bars(picture.shown[0], bins: bins, rows: rows).text(picture.display)
  }

  static let heat = picture(
    "heat(m)", "A matrix as shades of its entries around 0; removed entries stay blank.", of: ["m"]
  ) { picture throws(Diagnostic) in HeatMap(try picture.matrix()).text(picture.display) }

  static let spy = picture(
    "spy(m)", "Where a matrix is not 0, where it is 0, and where entries are removed.", of: ["m"]
  ) { picture throws(Diagnostic) in Sparsity(try picture.matrix()).text(picture.display) }

  /// - Parameter tensors: those of its parameters that are shown, as many of them as are given.
  private static func picture(
    _ signature: String, _ summary: String, of tensors: [String], choices: [String: [String]] = [:],
    draw: @escaping @Sendable (Picture) throws(Diagnostic) -> String
  ) -> Builtin {
    Builtin(
      signature, summary, choices: choices,
      .expressions { evaluator, call throws(Diagnostic) in
        let picture = try Picture(evaluator, call, of: tensors)
        // Only shapes are asked for: there is nothing to see yet.
        if evaluator.mode.isAbstract { return .text("") }
        let text = try draw(picture)
        try Interrupt.check()
        return .text(text)
      })
  }
}

/// A call of one of them, with the values to be shown.
private struct Picture {
  private let evaluator: Evaluator
  private let call: Builtin.Call
  private var operands: [Expression] = []
  private var options: [String: Value] = [:]
  private(set) var shown: [Shown] = []

  var display: Display { evaluator.session.display }

  init(_ evaluator: Evaluator, _ call: Builtin.Call, of tensors: [String]) throws(Diagnostic) {
    self.evaluator = evaluator
    self.call = call
    for argument in call.arguments {
      if let label = argument.label, !tensors.contains(label) {
        guard call.builtin.signature.parameters.contains(where: { $0.name == label }) else {
          throw Diagnostic(
            "\(call.name) has no argument '\(label)'", at: argument.labelRange, help: call.builtin.signature.text)
        }
        options[label] = try evaluator.evaluate(argument.value)
      } else {
        operands.append(argument.value)
      }
    }
    guard 1...tensors.count ~= operands.count else {
      throw Diagnostic(
        "\(call.name) takes \(tensors.count == 2 ? "one tensor or two" : "one tensor")", at: call.range,
        help: call.builtin.signature.text)
    }
    for operand in operands {
      let symbol = try evaluator.tensor(operand)
      if evaluator.mode.isAbstract { continue }
      let held = try evaluator.hold(symbol, operand.range, isFixed: nil)
      var picture = Shown(held.tensor, title: operand.description, causes: held.causes)
      if evaluator.scopes.isEmpty, held.pattern.structural?.values.contains(0) == true {
        picture.removals = Why(evaluator.session).removals(in: operand) ?? []
      }
      shown.append(picture)
    }
  }

  /// The one value, which must be a matrix or a vector.
  func matrix() throws(Diagnostic) -> Shown {
    let shape = shown[0].tensor.shape
    guard 1...2 ~= shape.rank else {
      throw Diagnostic(
        "\(call.name) shows a matrix; \(operands[0].description) is \(shape.rank == 0 ? "a number" : "\(shape)")",
        at: operands[0].range,
        help: shape.rank > 2 ? "\(call.name)(\(operands[0].description)[0])" : nil)
    }
    return shown[0]
  }

  func curve() throws(Diagnostic) -> String {
    let rows = try whole("rows", 1...200) ?? 8
    for (value, operand) in zip(shown, operands) where value.tensor.shape.rank != 1 {
      let shape = value.tensor.shape
      throw Diagnostic(
        "plot shows a vector; \(operand.description) is \(shape.rank == 0 ? "a number" : "\(shape)")",
        at: operand.range,
        help: shape.rank == 2 ? "plot(\(operand.description)[:, 0]), or heat(\(operand.description))" : nil)
    }
    if shown.count == 2, shown[0].tensor.count != shown[1].tensor.count {
      throw Diagnostic(
        "x has \(shown[0].tensor.count) entries, y has \(shown[1].tensor.count)", at: operands[1].range)
    }
    let title = shown.count == 2 ? "\(shown[1].title ?? "") over \(shown[0].title ?? "")" : shown[0].title ?? ""
    let y = shown[shown.count - 1].tensor.values
    return Curve(
      x: shown.count == 2 ? shown[0].tensor.values : nil, y: y, title: title, style: try style(), rows: rows
    )
    .text(display)
  }

  private func style() throws(Diagnostic) -> Canvas.Style {
    let usual: Canvas.Style = display.isASCII ? .ascii : .blocks
    guard let wanted = options["style"] else { return usual }
    guard case .text(let word) = wanted, let known = Canvas.Style(rawValue: word) else {
      let styles = Canvas.Style.allCases.map { "\"\($0.rawValue)\"" }
      throw Diagnostic("the styles are " + styles.joined(separator: ", ", last: "and"), at: operands[0].range)
    }
    return display.isASCII ? .ascii : known
  }

  func whole(_ name: String, _ allowed: ClosedRange<Int>) throws(Diagnostic) -> Int? {
    guard let value = options[name] else { return nil }
    guard case .tensor(let symbol) = value, let number = try evaluator.value(of: symbol, call.range).scalar,
      let whole = Int(whole: number), allowed ~= whole
    else {
      throw Diagnostic(
        "\(name) is a whole number from \(allowed.lowerBound) to \(allowed.upperBound)", at: call.range)
    }
    return whole
  }
}
