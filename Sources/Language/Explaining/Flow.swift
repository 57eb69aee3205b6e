import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// How much of a gradient arrives at each layer, from the loss back to the inputs.
struct Flow {
  /// A value between the loss and the inputs that has a name, or goes through a function that could stop it.
  struct Layer {
    let name: String
    let shape: String
    let isTrainable: Bool
    /// The length of the loss's gradient by it.
    let length: Double
    let note: Note
    /// The reader that is nearest to the loss comes first.
    let order: Int
  }

  /// What is told of a function beside its length.
  struct Note {
    enum State {
      case passing
      /// Units that are off in every row.
      case dead
      /// Slopes near 0.
      case saturated
      /// Slopes far above 1.
      case steep
    }

    var text = ""
    var state = State.passing
  }

  let result: String
  let layers: [Layer]
  private let display: Display

  init(_ session: Session, _ expression: Expression) throws(Diagnostic) {
    let evidence = Evidence(session)
    let evaluator = evidence.evaluator
    evidence.question = expression.description
    display = session.display
    result = expression.description
    let (targets, pass) = try evidence.reverse(expression, for: ":flow goes", help: ":flow sum(\(result))")
    guard !targets.isEmpty else {
      throw Diagnostic("\(result) is made from no numbers that a gradient could go back to", at: expression.range)
    }
    let trainable = Set(evaluator.trainable(in: expression, expression.range).map(\.text))
    var layers: [Layer] = []
    let needed = evidence.graph.needed(for: [pass.result])
    let nodes = Set(pass.adjoints.keys).union(pass.answers.keys).filter { $0 != pass.result && needed[$0.index] }
    for node in nodes.sorted() {
      try Interrupt.check()
      guard let label = Self.label(node, evidence, trainable) else { continue }
      let adjoint = (pass.adjoints[node] ?? pass.answers[node]).flatMap(evidence.value)
      let isTrainable = trainable.contains(ReadPlace(label).name)
      let reader = pass.parts[node]?.map(\.reader).max() ?? node
      layers.append(
        Layer(
          name: label, shape: evidence.graph[node].shape.spelled(session.display), isTrainable: isTrainable,
          length: adjoint?.length ?? 0, note: isTrainable ? Note() : Self.note(node, evidence),
          order: evidence.graph.operands(of: node).isEmpty || isTrainable ? reader.index : node.index))
    }
    self.layers = layers.sorted { ($0.order, $0.isTrainable ? 1 : 0) > ($1.order, $1.isTrainable ? 1 : 0) }
  }

  /// Names, and functions that aren't named; other leaves than weights say nothing about layers.
  private static func label(_ node: Graph.Reference, _ evidence: Evidence, _ trainable: Set<String>) -> String? {
    guard evidence.graph[node].type.isFloat else { return nil }
    let isLeaf =
      evidence.graph.primitive(
        of: evidence.moved(
          Provenance.Source(reference: node, place: Array(repeating: 0, count: evidence.graph[node].shape.rank))
        ).reference) == nil
    if let name = evidence.name(of: node) {
      if isLeaf && !trainable.isEmpty && !trainable.contains(ReadPlace(name).name) { return nil }
      return isLeaf ? name : evidence.written(node, [])
    }
    guard case .function? = evidence.graph.primitive(of: node)?.telling, evidence.graph[node].shape.rank > 0,
      let text = evidence.evaluator.origins.text(of: node), text.count <= 40
    else { return nil }
    return text
  }

  /// `sigmoid, mean slope 0.23`, `relu, dead: 1 of 4 units`.
  private static func note(_ node: Graph.Reference, _ evidence: Evidence) -> Note {
    let source = evidence.moved(
      Provenance.Source(reference: node, place: Array(repeating: 0, count: evidence.graph[node].shape.rank)))
    let reference = evidence.graph[source.reference].shape == evidence.graph[node].shape ? source.reference : node
    guard case .apply(let primitive, let operands) = evidence.graph[reference].kind,
      case .function(let name) = primitive.telling, operands.count == 1,
      let slope = evidence.slope(of: reference, by: 0), slope.shape == evidence.graph[reference].shape,
      let slopes = evidence.value(slope.reference), slopes.count > 1, let inputs = evidence.value(operands[0])
    else { return Note() }
    let units = slopes.shape.rank > 1 ? slopes.shape[slopes.shape.rank - 1] : 1
    let rows = slopes.count / max(units, 1)
    // Where a slope happens to be 0 nothing is off.
    func isOff(_ flat: Int) -> Bool {
      let place = slopes.shape.place(of: flat)
      return slopes[flat: flat] == 0 && evidence.cause(slope.reference, place) <= .gated
        && evidence.cause(operands[0], place) > .gated
    }
    let offCount = (0..<slopes.count).count(where: isOff)
    if offCount > 0 {
      let dead = (0..<units).filter { unit in (0..<rows).allSatisfy { isOff($0 * units + unit) } }
      guard !dead.isEmpty, units > 1 || rows == offCount else {
        let share = "\(name), \(percent(offCount, slopes.count)) of the entries are off"
        guard 2...4 ~= units, rows > 1 else { return Note(text: share) }
        let each = (0..<units).map { unit in
          let off = (0..<rows).count { isOff($0 * units + unit) }
          return "unit \(unit) in \(off)"
        }
        return Note(text: "\(share): \(each.joined(separator: ", ")) of \(rows) rows")
      }
      let largest = dead.flatMap { unit in (0..<rows).map { inputs[flat: $0 * units + unit] } }.max() ?? 0
      let which = dead.count <= 3 && units > 1 ? " (\(dead.map(String.init).joined(separator: ", ")))" : ""
      let share = "\(dead.count) of \(units) unit\(units == 1 ? "" : "s")\(which)"
      return Note(
        text: "\(name), dead: \(share) off in all \(rows) rows, largest input \(evidence.number(largest))", state: .dead
      )
    }
    let mean = slopes.values.reduce(0) { $0 + abs($1) } / Double(slopes.count)
    let state: Note.State = mean < 0.05 ? .saturated : mean > 1_000 ? .steep : .passing
    let word = state == .saturated ? "saturated: " : state == .steep ? "steep: " : ""
    return Note(text: "\(name), \(word)mean slope \(evidence.number(mean))", state: state)
  }

  private static func percent(_ part: Int, _ whole: Int) -> String {
    "\(Int((100 * Double(part) / Double(whole)).rounded())) %"
  }

  // MARK: The table

  /// More lines would not be read.
  private static let limit = 24

  var text: String {
    guard !layers.isEmpty else { return "nothing between \(result) and what it is made from has a name" }
    let shown = layers.prefix(Self.limit)
    let sizes = layers.map(\.length).filter { $0 > 0 && $0.isFinite }
    let (low, high) = (sizes.min() ?? 1, sizes.max() ?? 1)
    func bar(_ length: Double) -> String {
      guard length > 0, length.isFinite else { return "" }
      let share = high > low ? logarithm(length / low) / logarithm(high / low) : 1
      return String(repeating: display.isASCII ? "#" : "▇", count: 1 + Int((share * 7).rounded()))
    }
    var rows: [[String]] = [["from \(result) back", "", "", "|∂\(brief(result))|", "per layer", ""]]
    var previous: [Bool: Double] = [:]
    for layer in shown {
      let factor = previous[layer.isTrainable].flatMap { $0 > 0 && layer.length > 0 ? layer.length / $0 : nil }
      previous[layer.isTrainable] = layer.length
      let times = display.isASCII ? "x" : "×"
      rows.append([
        layer.name, layer.shape, bar(layer.length), display.number(layer.length),
        factor.map { "\(times) \(display.number(Self.twoDigits($0)))" } ?? "", layer.note.text,
      ])
    }
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      let cells = (0..<5).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
      return (cells + [row[5]]).joined(separator: "  ").trimmedEnd
    }
    if layers.count > shown.count { lines.append("… and \(layers.count - shown.count) more") }
    return (lines + [verdict]).joined(separator: "\n")
  }

  private func logarithm(_ x: Double) -> Double { Double(x.exponent) + (x.significand - 1) }

  private func brief(_ text: String) -> String { text.count <= 12 ? text : "result" }

  private static func twoDigits(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return value }
    let unit = value.decimalUnit
    return (value / unit * 10).rounded() / 10 * unit
  }

  /// What the table says, in one sentence.
  private var verdict: String {
    let weights = layers.filter(\.isTrainable)
    // Of one weight that is read again and again the values in between tell.
    let between = layers.filter { !$0.isTrainable }
    let known = weights.count < 2 && between.count > 2 ? between : weights.isEmpty ? layers : weights
    guard let near = known.first, let far = known.last else { return "" }
    if let odd = layers.first(where: { !$0.length.isFinite }) {
      return
        "not finite from \(odd.name) back: :why grad(\(result), \(known.last { !$0.length.isFinite }?.name ?? odd.name))"
    }
    if let stop = layers.firstIndex(where: { $0.length == 0 }) {
      let behind = known.filter { $0.length == 0 }.map(\.name)
      let names = behind.prefix(8).joined(separator: " ") + (behind.count > 8 ? " …" : "")
      guard let dead = (layers.prefix(stop + 1).last { $0.note.state == .dead })?.name else {
        let other = layers.first { $0.note.state == .dead }
        return "nothing gets to \(behind.isEmpty ? layers[stop].name : names)"
          + (other.map { ": \($0.name) is dead" } ?? "")
      }
      return behind.isEmpty
        ? "nothing gets to \(layers[stop].name)" : "everything before \(dead) gets nothing: \(names)"
    }
    guard known.count > 1, near.length > 0 else {
      let odd = layers.first { $0.note.state == .saturated || $0.note.state == .steep }
      let why = odd.map { ", \($0.name) is \($0.note.state == .steep ? "steep" : "saturated")" } ?? ""
      return "\(near.name) gets a gradient\(why)"
    }
    let top = layers.map(\.length).max() ?? 0
    if let most = known.map(\.length).max(), most < 1e-5 * top {
      let names = known.prefix(4).map(\.name).joined(separator: " ")
      return "next to nothing gets to \(names): :why grad(\(result), \(near.name))"
    }
    let ratio = far.length / near.length
    let step = exponential(ratio, over: known.count - 1)
    let each = "about × \(display.number(Self.twoDigits(step))) a layer"
    if ratio < 0.01 {
      return "vanishing: \(far.name) gets 1/\(display.number(Self.twoDigits(1 / ratio))) of \(near.name), \(each)"
    }
    if ratio > 100 {
      return
        "exploding: \(far.name) gets \(display.number(Self.twoDigits(ratio))) times what \(near.name) gets, \(each)"
    }
    if let steep = layers.first(where: { $0.note.state == .steep }) {
      return "steep: small changes before \(steep.name) are large ones behind it"
    }
    if let odd = layers.first(where: { $0.note.state != .passing }) {
      return "all weights get a gradient; \(odd.name) is \(odd.note.state == .dead ? "dead in part" : "saturated")"
    }
    return
      "healthy: from \(near.name) to \(far.name) the gradient changes \(display.number(Self.twoDigits(ratio)))-fold"
  }

  /// The root of a ratio, by halving: what each of so many layers contributes.
  private func exponential(_ ratio: Double, over count: Int) -> Double {
    var (low, high) = ratio < 1 ? (0.0, 1.0) : (1.0, ratio)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      let power = (0..<count).reduce(1.0) { product, _ in product * middle }
      if power < ratio { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension Tensor {
  /// The root of the sum of squares.
  var length: Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
