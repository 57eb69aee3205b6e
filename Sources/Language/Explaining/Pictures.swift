import Graphs
import Printing
import Syntax
import Tensors

/// `plot`, `hist`, `heat` and `spy`: texts that show values.
extension Evaluator {
  static let pictures = [
    Builtin(
      "plot(x?, y, style=\"blocks\", rows=8)", "A line through the entries of y, over those of x.", isSpecial: true),
    Builtin(
      "hist(x, bins=20, rows=8)", "How often values occur, as bars; removed entries don't count.", isSpecial: true),
    Builtin("heat(m)", "A matrix as shades of its entries around 0; removed entries stay blank.", isSpecial: true),
    Builtin("spy(m)", "Where a matrix is not 0, where it is 0, and where entries are removed.", isSpecial: true),
  ]

  /// A call of one of them; nil if it is another builtin's.
  func picture(_ builtin: Builtin, _ arguments: [Syntax.Argument], _ range: SourceRange) throws(Diagnostic) -> Value? {
    guard Self.pictures.contains(where: { $0.name == builtin.name }) else { return nil }
    var operands: [Expression] = []
    var options: [String: Value] = [:]
    let known = builtin.signature.parameters.map(\.name)
    for argument in arguments {
      if let label = argument.label, !["x", "y", "m"].contains(label) {
        guard known.contains(label) else {
          throw Diagnostic(
            "\(builtin.name) has no argument '\(label)'", at: argument.labelRange, help: builtin.signature.text)
        }
        options[label] = try evaluate(argument.value)
      } else {
        operands.append(argument.value)
      }
    }
    let most = builtin.name == "plot" ? 2 : 1
    guard 1...most ~= operands.count else {
      throw Diagnostic(
        "\(builtin.name) takes \(most == 2 ? "one tensor or two" : "one tensor")", at: range,
        help: builtin.signature.text)
    }
    var shown: [Shown] = []
    for operand in operands {
      let symbol = try tensor(operand)
      // Only shapes are asked for: there is nothing to see yet.
      if mode.isAbstract { continue }
      let held = try hold(symbol, operand.range, isFixed: nil)
      shown.append(Shown(held.tensor, title: operand.description, causes: held.causes))
    }
    if mode.isAbstract { return .text("") }
    return .text(try draw(builtin.name, shown, options, operands, range))
  }

  private func draw(
    _ name: String, _ shown: [Shown], _ options: [String: Value], _ operands: [Expression], _ range: SourceRange
  ) throws(Diagnostic) -> String {
    let rows = try whole(options["rows"], 1...200, "rows", range) ?? 8
    let display = session.display
    switch name {
    case "plot": return try plot(shown, options, operands, rows)
    case "hist":
      return Bars(shown[0], bins: try whole(options["bins"], 1...400, "bins", range) ?? 20, rows: rows).text(display)
    default:
      let shape = shown[0].tensor.shape
      guard 1...2 ~= shape.rank else {
        throw Diagnostic(
          "\(name) shows a matrix; \(operands[0].description) is \(shape.rank == 0 ? "a number" : "\(shape)")",
          at: operands[0].range,
          help: shape.rank > 2 ? "\(name)(\(operands[0].description)[0])" : nil)
      }
      return name == "heat" ? HeatMap(shown[0]).text(display) : Sparsity(shown[0]).text(display)
    }
  }

  private func plot(
    _ shown: [Shown], _ options: [String: Value], _ operands: [Expression], _ rows: Int
  ) throws(Diagnostic) -> String {
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
    var style: Canvas.Style = session.display.isASCII ? .ascii : .blocks
    if let wanted = options["style"] {
      guard case .text(let word) = wanted, let known = Canvas.Style(rawValue: word) else {
        throw Diagnostic("the styles are \"blocks\", \"braille\" and \"ascii\"", at: operands[0].range)
      }
      style = session.display.isASCII ? .ascii : known
    }
    let title = shown.count == 2 ? "\(shown[1].title ?? "") over \(shown[0].title ?? "")" : shown[0].title ?? ""
    let y = shown[shown.count - 1].tensor.values
    return Curve(x: shown.count == 2 ? shown[0].tensor.values : nil, y: y, title: title, style: style, rows: rows)
      .text(session.display)
  }

  private func whole(
    _ value: Value?, _ allowed: ClosedRange<Int>, _ name: String, _ range: SourceRange
  ) throws(Diagnostic) -> Int? {
    guard let value else { return nil }
    guard case .tensor(let symbol) = value, let number = try self.value(of: symbol, range).scalar,
      let whole = Int(exactly: number), allowed ~= whole
    else {
      throw Diagnostic("\(name) is a whole number from \(allowed.lowerBound) to \(allowed.upperBound)", at: range)
    }
    return whole
  }
}
