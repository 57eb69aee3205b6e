import Graphs
import Printing
import Syntax
import Tensors

/// What an expression is made from, one node for each operator, call and name; formulas of names are followed.
struct Dataflow {
  enum Kind: String { case operation, input, weights, mask, constant }

  struct Node {
    var label: String
    /// The name that the value has in the session, if it isn't the label.
    var name: String?
    var kind: Kind
    var shape: String
    var operands: [Int]
  }

  private(set) var nodes: [Node] = []
  private var known: [String: Int] = [:]
  private let session: Session
  private let evaluator: Evaluator
  private let standIns: [String: Int]
  private let magnitudes: Magnitudes?
  private var measured: Set<Int> = []
  /// Names whose formulas are being followed.
  private var open: Set<String> = []
  /// Expressions whose parts are being added: each will be a node.
  private var pending = 0

  /// More would not be read by anyone.
  private static let limit = 400
  private static let tooLarge = Diagnostic("the graph has more than \(limit) nodes")

  /// - Parameter magnitudes: what edges carry beside shapes.
  init(_ session: Session, _ expression: Expression, _ magnitudes: Magnitudes? = nil) throws(Diagnostic) {
    self.session = session
    self.magnitudes = magnitudes
    // Each level is a node at least.
    guard expression.height <= Self.limit else { throw Self.tooLarge }
    standIns = DefinitionCheck(session).standIns
    evaluator = Evaluator(session, .shapes(standIns: standIns))
    // What is wrong is said before anything is drawn.
    do throws(Diagnostic) { _ = try evaluator.evaluate(expression) } catch {
      throw DefinitionCheck.named(error, standIns)
    }
    _ = try add(expression)
  }

  private mutating func add(_ expression: Expression) throws(Diagnostic) -> Int {
    guard nodes.count + pending < Self.limit else { throw Self.tooLarge }
    pending += 1
    defer { pending -= 1 }
    let key = expression.description
    if let known = known[key] { return known }
    let index: Int
    switch expression.kind {
    case .name(let name): index = try add(name: name, expression)
    case .binary(let op, _, let left, let right): index = try add(op.rawValue, [left, right], expression)
    case .unary(let op, let operand): index = try add(op.rawValue, [operand], expression)
    case .transpose(let operand): index = try add(".T", [operand], expression)
    case .index(let base, _):
      let text = expression.description.dropFirst(base.description.count)
      index = try add(text.count > 16 ? "[…]" : String(text), [base], expression)
    case .call(let callee, let arguments): index = try add(call: callee, arguments, expression)
    case .list(let parts) where Literal(expression, type: .float64) == nil: index = try add("[ ]", parts, expression)
    default: index = put(Node(label: brief(key), kind: .constant, shape: shape(of: expression), operands: []))
    }
    known[key] = index
    if let length = magnitudes?[key], measured.insert(index).inserted {
      nodes[index].shape += (nodes[index].shape.isEmpty ? "" : "  ") + "|∂| \(session.display.number(length))"
    }
    return index
  }

  private mutating func put(_ node: Node) -> Int {
    nodes.append(node)
    return nodes.count - 1
  }

  /// An operation; plain numbers and texts become part of its label.
  private mutating func add(
    _ label: String, _ parts: [Expression], _ expression: Expression
  ) throws(Diagnostic) -> Int {
    var operands: [Int] = []
    var folded: [String] = []
    for part in parts {
      if part.isPlain, parts.count > 1 { folded.append(part.description) } else { operands.append(try add(part)) }
    }
    let isFirstPlain = parts.first?.isPlain == true && parts.count > 1
    let words = isFirstPlain ? folded + [label] : [label] + folded
    return put(
      Node(label: words.joined(separator: " "), kind: .operation, shape: shape(of: expression), operands: operands))
  }

  private mutating func add(
    call callee: Expression, _ arguments: [Syntax.Argument], _ expression: Expression
  ) throws(Diagnostic) -> Int {
    var operands: [Int] = []
    var folded: [String] = []
    for argument in arguments {
      let isTensor: Bool
      if case .tensor? = try? evaluator.evaluate(argument.value) { isTensor = true } else { isTensor = false }
      if argument.value.isPlain || !isTensor {
        folded.append(argument.labelText + brief(argument.value.description))
      } else {
        operands.append(try add(argument.value))
      }
    }
    let label = callee.description + (folded.isEmpty ? "" : "(\(folded.joined(separator: ", ")))")
    return put(Node(label: label, kind: .operation, shape: shape(of: expression), operands: operands))
  }

  private mutating func add(name: String, _ expression: Expression) throws(Diagnostic) -> Int {
    let binding = session.names[name]
    var formula: Expression?
    switch binding?.content {
    case .live(let live, _): formula = live
    case .tensor(_, let made?)
    where made.readsNames && made.element == nil
      && made.reads.allSatisfy({ evaluator.session.isCurrent($0.key, $0.value) }):
      formula = made.expression
    default: break
    }
    if let formula, !open.contains(name), binding?.isTrainable != true {
      open.insert(name)
      defer { open.remove(name) }
      let index = try add(formula)
      if nodes[index].name == nil, nodes[index].kind == .operation { nodes[index].name = name }
      return index
    }
    var kind = Kind.input
    if binding == nil { kind = .constant }
    if binding?.isTrainable == true { kind = .weights }
    if case .tensor(let held, _)? = binding?.content, held.tensor.type == .bool { kind = .mask }
    return put(Node(label: name, kind: kind, shape: shape(of: expression), operands: []))
  }

  private func shape(of expression: Expression) -> String {
    guard case .tensor(let symbol)? = try? evaluator.evaluate(expression) else { return "" }
    return symbol.shape.rank == 0 ? "" : DefinitionCheck.named(symbol.shape.spelled(session.display), standIns)
  }

  private func brief(_ text: String) -> String {
    text.count > 24 ? text.prefix(22) + session.display.sign("…") : text
  }
}

extension Expression {
  /// A number or a text, or one with a sign.
  fileprivate var isPlain: Bool {
    switch kind {
    case .number, .boolean, .text: true
    case .unary(_, let operand): operand.isPlain
    default: false
    }
  }
}
