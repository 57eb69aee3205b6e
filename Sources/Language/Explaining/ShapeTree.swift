import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// An expression's parts, each with its shape, and what fits into a `?`.
struct ShapeTree {
  /// How long shapes are tried in a `?`: an argument that has to be computed may be computed for each.
  private static let patience = Duration.seconds(2)

  private let session: Session
  private let standIns: [String: Int]

  init(_ session: Session) {
    self.session = session
    standIns = DefinitionCheck(session).standIns
  }

  /// A line for each part, indented below what it is a part of.
  func text(of expression: Expression) throws(Diagnostic) -> String {
    if expression.hasHole { return try fits(expression) }
    var rows: [(text: String, shape: String)] = []
    add(expression, depth: 0, &rows)
    let width = rows.map(\.text.count).max() ?? 0
    return rows.map { row in
      row.text + String(repeating: " ", count: width - row.text.count + 2) + row.shape
    }.joined(separator: "\n")
  }

  private func add(_ expression: Expression, depth: Int, _ rows: inout [(text: String, shape: String)]) {
    guard rows.count < 60 else { return }
    let text = expression.description
    let room = max(48 - depth * 2, 12)
    let dots = session.display.sign("…")
    let cut = text.count > room ? text.prefix(room - 1) + dots : text
    rows.append((String(repeating: "  ", count: depth) + cut, shape(of: expression)))
    for part in expression.parts where !part.isLiteral { add(part, depth: depth + 1, &rows) }
  }

  private func shape(of expression: Expression) -> String {
    let evaluator = Evaluator(session, .preview(standIns: standIns))
    let named = { (text: String) in DefinitionCheck.named(text, standIns) }
    do throws(Diagnostic) {
      switch try evaluator.evaluate(expression) {
      case .tensor(let symbol):
        let shape = symbol.shape.rank == 0 ? "number" : named(symbol.shape.spelled(session.display))
        guard case .call = expression.kind, let (a, b, both) = evaluator.stretched,
          !expression.parts.contains(where: stretches)
        else { return shape }
        let shapes = [a, b, both].map { named($0.spelled(session.display)) }
        return "\(shape)   \(shapes[0]) and \(shapes[1]) are both stretched to \(shapes[2])"
      case let other: return named(other.shapes(session.display) ?? other.kindName)
      }
    } catch {
      let cross = session.display.sign("✗") + " "
      if let (a, b) = evaluator.clash { return named(cross + "\(a) \(session.display.sign("≠")) \(b)") }
      return error.reason == .unknownValue ? "not known yet" : cross + named(error.message)
    }
  }

  /// Whether it stretches both sides of something by itself.
  private func stretches(_ expression: Expression) -> Bool {
    let evaluator = Evaluator(session, .preview(standIns: standIns))
    return (try? evaluator.evaluate(expression)) != nil && evaluator.stretched != nil
  }

  // MARK: Holes

  /// Shapes that a `?` may have, the most general ones first.
  private func fits(_ expression: Expression) throws(Diagnostic) -> String {
    guard expression.holeCount == 1 else { throw Diagnostic("one ? at a time", at: expression.range) }
    // Without the hole nothing may be wrong.
    for part in expression.parts where !part.hasHole {
      _ = try Evaluator(session, .preview(standIns: standIns)).evaluate(part)
    }
    let free = [900_007, 900_019]
    let extents = Array(Set(extents(in: expression)).subtracting([1])).sorted()
    var found: [(shape: Shape, result: Shape)] = []
    let end = ContinuousClock.now + Self.patience
    var isWhole = true
    search: for rank in 0...3 where rank < 3 || found.isEmpty {
      let choices = rank == 0 ? [[]] : combinations(of: free + extents + [1], rank: rank)
      for choice in choices where isOrdered(choice, free) {
        // What fits with any extent needs no mention with a certain one.
        if found.contains(where: { covers($0.shape.extents, choice, free) }) { continue }
        if ContinuousClock.now > end {
          isWhole = false
          break search
        }
        if let result = try self.result(of: expression, hole: Shape(choice)) {
          found.append((Shape(choice), result))
        }
      }
    }
    found = found.enumerated().filter { index, fit in
      !found.enumerated().contains { $0 != index && covers($1.shape.extents, fit.shape.extents, free) }
    }.map(\.element)
    if found.isEmpty, let numbers = try numbers(fitting: expression, until: end) { return numbers }
    guard !found.isEmpty else {
      let tried = isWhole ? "no shape of up to three axes fits" : "no shape that fits was found in the time there is"
      throw Diagnostic(tried, at: expression.range)
    }
    let spelled = { (shape: Shape) in self.spelled(shape, free) }
    let ordered = found.enumerated().sorted {
      (rank($0.element.shape), $0.offset) < (rank($1.element.shape), $1.offset)
    }
    let lines = ordered.prefix(6).map { fit in
      [
        spelled(fit.element.shape), "\(session.display.sign("→")) " + spelled(fit.element.result),
        names(fitting: fit.element.shape, free),
      ]
    }
    let widths = (0..<2).map { column in lines.map { $0[column].count }.max() ?? 0 }
    let rows = lines.map { line in
      let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return "? is \((cells + [line[2]]).joined(separator: "  "))".trimmedEnd
    }
    return (rows + (isWhole ? [] : ["others weren't tried: each takes long"])).joined(separator: "\n")
  }

  /// Whole numbers that a `?` may be where it says how many there are: `? is 6  → 6`.
  private func numbers(
    fitting expression: Expression, until end: ContinuousClock.Instant
  ) throws(Diagnostic) -> String? {
    let text = expression.description
    guard text.count(where: { $0 == "?" }) == 1 else { return nil }
    var lines: [String] = []
    for number in 0...256 where lines.count < 6 && ContinuousClock.now < end {
      let filled = text.map { $0 == "?" ? "\(number)" : String($0) }.joined()
      guard let candidate = try? Parser.parseExpression(filled), let shape = try result(of: candidate, hole: nil)
      else { continue }
      lines.append("? is \(number)  \(session.display.sign("→")) \(spelled(shape, []))")
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// The shape of an expression with something in its hole; nil where that doesn't fit.
  private func result(of expression: Expression, hole: Shape?) throws(Diagnostic) -> Shape? {
    try attempted { () throws(Diagnostic) in
      try Evaluator(session, .preview(standIns: standIns, hole: hole)).evaluate(expression).symbol?.shape
    } ?? nil
  }

  /// The names of the session that have such a shape: `w, u`.
  private func names(fitting shape: Shape, _ free: [Int]) -> String {
    let found = session.variableNames.filter { name in
      guard case .tensor(let held)? = session.names[name]?.stored ?? session.cache[name]?.value else { return false }
      let own = held.tensor.shape.extents
      return own == shape.extents || covers(shape.extents, own, free)
    }
    return found.prefix(4).joined(separator: ", ") + (found.count > 4 ? " \(session.display.sign("…"))" : "")
  }

  /// Matrices first, stretched axes last.
  private func rank(_ shape: Shape) -> Int { shape.extents.count { $0 == 1 } * 10 + abs(shape.rank - 2) }

  /// The second free extent only behind the first.
  private func isOrdered(_ extents: [Int], _ free: [Int]) -> Bool {
    guard let second = extents.firstIndex(of: free[1]) else { return true }
    return extents.firstIndex(of: free[0]).map { $0 < second } ?? false
  }

  private func covers(_ general: [Int], _ special: [Int], _ free: [Int]) -> Bool {
    guard general.count == special.count, general.contains(where: free.contains) else { return false }
    var meaning: [Int: Int] = [:]
    return zip(general, special).allSatisfy { a, b in
      if !free.contains(a) { return a == b }
      defer { meaning[a] = b }
      return meaning[a] ?? b == b
    }
  }

  private func spelled(_ shape: Shape, _ free: [Int]) -> String {
    let names = Dictionary(uniqueKeysWithValues: zip(["j", "k"], free)).merging(standIns) { $1 }
    if shape.rank == 0 { return "a number" }
    let extents = shape.extents.map { extent in
      // An unknown extent may have become longer.
      for (name, stand) in names where extent > stand && extent < stand + 10 { return "\(name)+\(extent - stand)" }
      return DefinitionCheck.named("\(extent)", names)
    }
    return extents.joined(separator: session.display.sign("×"))
  }

  private func combinations(of extents: [Int], rank: Int) -> [[Int]] {
    (0..<rank).reduce([[]]) { rows, _ in rows.flatMap { row in extents.map { row + [$0] } } }
  }

  /// The extents of everything that is mentioned.
  private func extents(in expression: Expression) -> [Int] {
    var extents: [Int] = []
    for part in expression.parts + [expression] where !part.hasHole {
      let evaluator = Evaluator(session, .preview(standIns: standIns))
      if case .tensor(let symbol)? = try? evaluator.evaluate(part) { extents += symbol.shape.extents }
    }
    for part in expression.parts where part.hasHole { extents += self.extents(in: part) }
    return Array(Set(extents).sorted().prefix(8))
  }
}

extension Expression {
  /// What an expression is directly made from, the names of called functions and what indices say left out.
  var parts: [Expression] {
    if case .call(_, let arguments) = kind { return arguments.map(\.value) }
    if case .index(let x, _) = kind { return [x] }
    return subexpressions
  }

  /// How many levels of parts there are.
  var height: Int {
    var highest = 0
    var waiting = [(self, 0)]
    while let (next, level) = waiting.popLast() {
      highest = max(highest, level)
      waiting += next.parts.map { ($0, level + 1) }
    }
    return highest
  }

  /// Its value can be read off.
  var isLiteral: Bool {
    switch kind {
    case .number, .boolean, .text: true
    case .unary(_, let x): x.isLiteral
    case .list(let parts): parts.allSatisfy(\.isLiteral)
    default: false
    }
  }

  var holeCount: Int {
    if case .hole = kind { return 1 }
    return parts.reduce(0) { $0 + $1.holeCount }
  }

  var hasHole: Bool { holeCount > 0 }
}
