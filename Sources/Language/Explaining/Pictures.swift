import Graphs
import Printing
import Syntax
import Tensors

/// A function that draws its arguments: text wherever a value is wanted, SVG where pictures can be shown or kept.
struct PictureKind: Sendable {
  let builtin: Builtin
  /// Those of its parameters that are shown, as many of them as are given.
  fileprivate let tensors: [String]
  fileprivate let draw: @Sendable (Picture) throws(Diagnostic) -> any Drawing

  fileprivate init(
    _ signature: String, _ summary: String, of tensors: [String], choices: [String: [String]] = [:],
    draw: @escaping @Sendable (Picture) throws(Diagnostic) -> any Drawing
  ) {
    (self.tensors, self.draw) = (tensors, draw)
    builtin = Builtin(
      signature, summary, choices: choices,
      .expressions { evaluator, call throws(Diagnostic) in
        let picture = try Picture(evaluator, call, of: tensors)
        // Only shapes are asked for: there is nothing to see yet.
        if evaluator.mode.isAbstract { return .text("") }
        let text = try draw(picture).text(picture.display)
        try Interrupt.check()
        return .text(text)
      })
  }

  static let all = [
    PictureKind(
      "plot(x?, y, log=\"y\", style=\"blocks\", rows=8)",
      "A line through the entries of y, over those of x; several where y is a tuple of vectors.", of: ["x", "y"],
      choices: ["style": Canvas.Style.allCases.map(\.rawValue), "log": Curve.Logarithmic.allCases.map(\.rawValue)]
    ) { picture throws(Diagnostic) in try picture.curve() },
    PictureKind("hist(x, bins=20, rows=8)", "How often values occur, as bars; removed entries don't count.", of: ["x"])
    {
      picture throws(Diagnostic) in
      let rows = try picture.whole("rows", 1...200) ?? 8
      let bins = try picture.whole("bins", 1...400) ?? 20
      return Bars(picture.shown[0], bins: bins, rows: rows)
    },
    PictureKind("heat(m)", "A matrix as shades of its entries around 0; removed entries stay blank.", of: ["m"]) {
      picture throws(Diagnostic) in HeatMap(try picture.matrix())
    },
    PictureKind("spy(m)", "Where a matrix is not 0, where it is 0, and where entries are removed.", of: ["m"]) {
      picture throws(Diagnostic) in Sparsity(try picture.matrix())
    },
  ]

  private static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.builtin.name, $0) })

  static func of(_ call: Builtin.Call) -> PictureKind? { named[call.name] }
}

extension Session {
  /// What an expression draws, if it is a call that draws something.
  func drawing(of expression: Expression) throws(Diagnostic) -> (any Drawing)? {
    guard let call = builtinCall(expression), let kind = PictureKind.of(call) else { return nil }
    return try kind.draw(try Picture(Evaluator(self), call, of: kind.tensors))
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
    for (place, operand) in operands.enumerated() {
      if tensors.count > 1, place == operands.count - 1, case .tuple(let parts) = try evaluator.evaluate(operand) {
        try add(parts, of: operand)
        continue
      }
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

  /// Several lines in one picture, each with the name that it has in the tuple or the record.
  private mutating func add(_ parts: Entries<Value>, of operand: Expression) throws(Diagnostic) {
    var names = parts.indices.map { parts.keys?[$0] ?? "\(operand.description)[\($0)]" }
    if case .tuple(let expressions) = operand.kind, expressions.count == parts.count {
      names = expressions.map(\.description)
    }
    for (name, part) in zip(names, parts) {
      guard case .tensor(let symbol) = part else {
        throw Diagnostic(
          "plot shows vectors; \(name) is \(part.kindName)", at: operand.range, help: "plot((losses, others))")
      }
      if evaluator.mode.isAbstract { continue }
      let held = try evaluator.hold(symbol, operand.range, isFixed: nil)
      shown.append(Shown(held.tensor, title: name, causes: held.causes))
    }
    guard !parts.isEmpty else {
      throw Diagnostic("there is nothing in it to plot", at: operand.range, help: "plot((losses, others))")
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

  func curve() throws(Diagnostic) -> Curve {
    let rows = try whole("rows", 1...200) ?? 8
    for value in shown where value.tensor.shape.rank != 1 {
      let shape = value.tensor.shape
      let name = value.title ?? ""
      throw Diagnostic(
        "plot shows a vector; \(name) is \(shape.rank == 0 ? "a number" : "\(shape)")",
        at: (operands.first { $0.description == name } ?? operands[operands.count - 1]).range,
        help: shape.rank == 2 ? "plot(\(name)[:, 0]), or heat(\(name))" : nil)
    }
    let across = operands.count == 2 ? shown[0] : nil
    let lines = across == nil ? shown : Array(shown.dropFirst())
    if let across, let other = lines.first(where: { $0.tensor.count != across.tensor.count }) {
      let name = lines.count == 1 ? "y" : other.title ?? "y"
      throw Diagnostic(
        "x has \(across.tensor.count) entries, \(name) has \(other.tensor.count)", at: operands[1].range)
    }
    let own = lines.count == 1 ? lines[0].title ?? "" : ""
    let over = across.map { "over \($0.title ?? "")" } ?? ""
    let series = lines.map { Curve.Series(x: across?.tensor.values, y: $0.tensor.values, title: $0.title ?? "") }
    return Curve(
      series, title: [own, over].filter { !$0.isEmpty }.joined(separator: " "), style: try style(), rows: rows,
      logarithmic: try logarithmic())
  }

  private func logarithmic() throws(Diagnostic) -> Curve.Logarithmic? {
    switch options["log"] {
    case nil: return nil
    case .text(let word)?:
      if let known = Curve.Logarithmic(rawValue: word) { return known }
    case .tensor(let symbol)? where symbol.type == .bool && symbol.shape.rank == 0:
      return try evaluator.value(of: symbol, call.range).scalar == 0 ? nil : .y
    case .tensor, .tuple, .list, .function: break
    }
    throw Diagnostic("log is \"x\", \"y\" or \"xy\"", at: call.range, help: "plot(losses, log=\"y\")")
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
