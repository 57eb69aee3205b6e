import Graphs
import Printing
import Syntax
import Tensors

/// How entries are called: by a name of the user's, as a cotangent, by the user's expression, or written out.
extension Evidence {
  /// Words for a whole node; what isn't closed takes brackets before an index.
  struct Label {
    var text: String
    var isClosed = true

    var bracketed: String { isClosed ? text : "(\(text))" }
  }

  /// `y[0, 1]`, `(x @ w)[0, 1]`, `∂loss/∂z[0, 1]`.
  func written(_ source: Provenance.Source) -> String { written(source.reference, source.place) }

  func written(_ reference: Graph.Reference, _ place: [Int]) -> String {
    if let label = own(reference) { return indexed(label, place) }
    guard place.count == graph[reference].shape.rank else {
      return label(reference)?.text ?? surroundings(of: reference)
    }
    let origin = movedToWords(Provenance.Source(reference: reference, place: place))
    if let label = label(origin.reference) { return indexed(label, origin.place) }
    if graph.primitive(of: origin.reference) == nil { return number(entry(origin)) }
    return indexed(Label(text: surroundings(of: reference)), place)
  }

  /// `written = number`, or the number alone for one that was written as such.
  func equation(_ source: Provenance.Source) -> String {
    let (text, value) = (written(source), shown(source))
    return text == value ? value : "\(text) = \(value)"
  }

  /// An entry as it is printed: a mask's is true or false.
  func shown(_ source: Provenance.Source) -> String {
    graph[source.reference].type == .bool ? "\(entry(source) != 0)" : number(entry(source))
  }

  func indexed(_ label: Label, _ place: [Int]) -> String {
    var label = label
    // Nobody reads more than a line.
    if label.text.count > 80 { label.text = label.text.prefix(60) + session.display.glyphs.ellipsis }
    return place.isEmpty ? label.text : label.bracketed + place.indexText
  }

  /// The words for a node that it has of its own.
  private func own(_ reference: Graph.Reference) -> Label? {
    if let name = name(of: reference) { return Label(text: numbered(name, reference)) }
    for pass in evaluator.builder.passes.reversed() {
      if let node = pass.owners[reference], let label = cotangent(of: node, in: pass) { return label }
    }
    return plain(reference)
  }

  /// `s#2`: what a loop or a function has computed more than once, which time it was.
  private func numbered(_ text: String, _ reference: Graph.Reference) -> String {
    evaluator.origins.ordinal(of: reference, text).map { "\(text)#\($0)" } ?? text
  }

  /// The words for a node, made of those of its operands where it has none.
  func label(_ reference: Graph.Reference, depth: Int = 0) -> Label? {
    if let label = own(reference) { return label.text.count <= 60 || depth == 0 ? label : nil }
    // A number that a rule has made of others is that number.
    if depth > 0, graph[reference].shape.rank == 0, graph[reference].type.isFloat, isConstant(reference),
      let number = value(reference)?.scalar
    {
      return Label(text: operand(number))
    }
    guard depth < 5, case .apply(let primitive, let operands) = graph[reference].kind else { return literal(reference) }
    func part(_ number: Int) -> Label? { label(operands[number], depth: depth + 1) }
    let result: Label?
    switch primitive.telling {
    case .function(let name):
      let parts = operands.indices.compactMap(part)
      result =
        parts.count == operands.count ? Label(text: "\(name)(\(parts.map(\.text).joined(separator: ", ")))") : nil
    case .sign(let sign):
      guard let a = part(0), let b = part(1) else { return nil }
      result = Label(text: "\(a.bracketed) \(sign) \(b.bracketed)", isClosed: false)
    case .prefix(let sign): result = part(0).map { Label(text: sign + $0.bracketed, isClosed: false) }
    case .total(let total):
      let axes = axesText(primitive, of: operands[0])
      result = part(0).map { Label(text: "\(total.name)(\($0.text)\(axes))") }
    case .products:
      guard let a = part(0), let b = part(1) else { return nil }
      result = Label(text: "\(a.bracketed) @ \(b.bracketed)", isClosed: false)
    case .choice:
      guard let c = part(0), let a = part(1), let b = part(2) else { return nil }
      result = Label(text: "where(\(c.text), \(a.text), \(b.text))")
    case .kept:
      guard let mask = part(0), let kept = part(1) else { return nil }
      result = Label(text: "\(kept.bracketed) * \(mask.bracketed)", isClosed: false)
    case .moved: result = isWhole(primitive) ? part(primitive === Primitive.restated ? 1 : 0) : nil
    case .constant: result = value(reference).flatMap(\.scalar).map { Label(text: number($0)) }
    case .drawn: result = nil
    case .whole:
      let parts = operands.indices.compactMap(part)
      result =
        parts.count == operands.count && !parts.isEmpty
        ? Label(text: "\(primitive.name)(\(parts.map(\.text).joined(separator: ", ")))") : nil
    }
    return result.flatMap { $0.text.count <= 60 ? $0 : nil }
  }

  /// A small tensor that was written where it is used.
  private func literal(_ reference: Graph.Reference) -> Label? {
    guard graph[reference].shape.count <= 6, let tensor = value(reference) else { return nil }
    var display = session.display
    display.format = .repr
    display.isColored = false
    return Label(text: display.text(of: Shown(tensor)))
  }

  /// Whether a move leaves all entries where a reader would look for them: a piece isn't called as the whole is.
  private func isWhole(_ primitive: Primitive) -> Bool {
    switch primitive.kernel {
    case .convert, .reshape, .broadcast, .keep: true
    case .map, .zip, .compare, .test, .logic, .not, .select, .fill, .iota, .transpose, .slice, .embed, .window,
      .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint,
      .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      false
    }
  }

  /// `, axis=0` where not all axes vanish.
  private func axesText(_ primitive: Primitive, of operand: Graph.Reference) -> String {
    switch primitive.kernel {
    case .reduce(_, let axes), .reduceLogic(_, let axes):
      if axes.count == graph[operand].shape.rank { return "" }
      return ", axis=" + (axes.count == 1 ? "\(axes[0])" : "\(axes)")
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .argument, .scan, .take, .takeAdjoint, .gather,
      .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      return ""
    }
  }

  /// The step of a function that a node without words is: by the next expression that is made from it.
  private func surroundings(of reference: Graph.Reference) -> String { Self.stepWords + whole(around: reference) }

  /// Before the call that something nobody has written is a part of.
  static let stepWords = "a step of "

  func whole(around reference: Graph.Reference) -> String {
    let nodes = graph.nodes.count
    var found = question
    for index in reference.index..<nodes {
      let next = Graph.Reference(index: index)
      guard let text = evaluator.origins.text(of: next), text.count <= 60 else { continue }
      found = text
      break
    }
    return found
  }

  // MARK: Cotangents

  /// `∂loss/∂z`; of what has neither name nor expression nothing.
  func cotangent(of node: Graph.Reference, in pass: ReversePass) -> Label? {
    guard node != pass.result, let by = plain(node) else { return nil }
    return Label(text: "∂\(resultLabel(pass))/∂\(by.bracketed)")
  }

  /// `∂loss/∂z[0, 0]`.
  ///
  /// What is only moved is no other's cotangent: that one may be read elsewhere, too.
  func cotangent(of node: Graph.Reference, _ place: [Int], in pass: ReversePass) -> String {
    let isMoved = graph.primitive(of: node)?.telling == .moved
    let label = plain(node) ?? (isMoved ? nil : label(node)) ?? Label(text: surroundings(of: node), isClosed: false)
    return "∂\(resultLabel(pass))/∂" + (place.isEmpty ? label.bracketed : indexed(label, place))
  }

  /// The name or the expression of a node.
  func plain(_ node: Graph.Reference) -> Label? {
    if let name = name(of: node) { return Label(text: numbered(name, node)) }
    return evaluator.origins.expression(of: node).map { expression in
      let text = numbered(expression.text, node)
      if text == expression.text || expression.isClosed { return Label(text: text, isClosed: expression.isClosed) }
      return Label(text: "(\(expression.text))" + text.dropFirst(expression.text.count))
    }
  }

  private func resultLabel(_ pass: ReversePass) -> String {
    var label = plain(pass.result) ?? label(pass.result)
    // A function's own name for what it gives says less than the call.
    if evaluator.origins.isLocal(pass.result), let text = evaluator.origins.expression(of: pass.result) {
      label = Label(text: text.text, isClosed: text.isClosed)
    }
    guard let label, label.text.count <= 48 else { return "result" }
    return label.bracketed
  }

  // MARK: Names, lines and numbers

  func name(of reference: Graph.Reference) -> String? {
    if case .parameter(let number) = graph[reference].kind, let name = evaluator.builder.parameters[number].name {
      return name
    }
    return evaluator.origins.name(of: reference)
  }

  func isNamed(_ reference: Graph.Reference) -> Bool {
    name(of: reference) != nil || evaluator.origins.text(of: reference) != nil
  }

  /// `, line 3`: the line that gave the value, or the line of the formula that it is part of.
  func line(of reference: Graph.Reference) -> String {
    let owner =
      evaluator.origins.isLocal(reference)
      ? nil : name(of: reference) ?? evaluator.origins.expression(of: reference)?.owner
    guard let owner, let binding = session.names[ReadPlace(owner).name] else { return "" }
    return ", " + binding.lineText
  }

  func line(of source: Provenance.Source) -> String { line(of: moved(source).reference) }

  func number(_ value: Double) -> String { session.display.number(value) }

  /// A number as a factor or a term: with brackets where a sign would follow a sign.
  func operand(_ value: Double) -> String {
    value.sign == .minus && !value.isNaN ? "(\(number(value)))" : number(value)
  }

  /// Between factors; in ASCII the language's own sign.
  var times: String { session.display.isASCII ? "*" : "·" }
}
