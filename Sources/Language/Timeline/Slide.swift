import Graphs
import Printing
import Refusals
import Syntax
import Tensors
import Text

/// Numbers of a session that are moved by hand while one looks at what comes of it.
///
/// Nothing of the session changes before the end: what is seen is computed in a copy, and what is kept is a statement.
package struct Slide: Sendable {
  /// One number, as it was and as it stands.
  package struct Handle: Sendable {
    /// As it was written: `x[0, 1]`.
    package let place: String
    let name: String
    package let original: Double
    package internal(set) var value: Double
    package let ends: ClosedRange<Double>?
    /// What a fine step is; a coarse one is ten of them.
    package fileprivate(set) var step: Double
    let type: ElementType

    var isMask: Bool { type == .bool }
    var hasMoved: Bool { value != original && !(value.isNaN && original.isNaN) }
  }

  /// What a key asks for.
  package enum Move: Sendable, CaseIterable {
    case up, down, farUp, farDown, toEnd, toStart, finer, coarser, next, previous
  }

  package internal(set) var handles: [Handle]
  /// The handle that moves.
  package private(set) var active = 0
  /// What is looked at, as it is written.
  let shown: [String]

  /// What can be kept: the statement that gives all numbers that moved their values; nil where none has moved.
  package var statement: String? {
    let moved = handles.filter(\.hasMoved).map(\.assignment)
    return moved.isEmpty ? nil : ":slide " + moved.joined(separator: ", ")
  }

  /// False where nothing is left to move.
  package mutating func move(_ move: Move) -> Bool {
    let before = handles[active]
    switch move {
    case .up: handles[active].step(by: 1, isFar: false)
    case .down: handles[active].step(by: -1, isFar: false)
    case .farUp: handles[active].step(by: 1, isFar: true)
    case .farDown: handles[active].step(by: -1, isFar: true)
    case .toEnd: if let ends = before.ends { handles[active].value = ends.upperBound }
    case .toStart: if let ends = before.ends { handles[active].value = ends.lowerBound }
    case .finer: handles[active].scaleStep(by: 0.1)
    case .coarser: handles[active].scaleStep(by: 10)
    case .next: active = (active + 1) % handles.count
    case .previous: active = (active + handles.count - 1) % handles.count
    }
    switch move {
    case .next, .previous: return handles.count > 1
    case .up, .down, .farUp, .farDown, .toEnd, .toStart: return handles[active].value != before.value
    case .finer, .coarser: return handles[active].step != before.step
    }
  }

  /// Puts a handle where it is asked to be.
  mutating func set(_ place: Int, to value: Double) { handles[place].value = value }
}

extension Slide.Handle {
  var assignment: String { "\(place) = \(text)" }

  /// The number so that it reads back to the same.
  package var text: String { Self.text(of: value, type) }

  static func text(of value: Double, _ type: ElementType) -> String {
    if let whole = Int(exactly: value), abs(whole) < 10_000_000 { return "\(whole)" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return type == .float32 ? "\(Float(value))" : "\(value)"
  }

  /// On to the next multiple of the step: each number near 0 is met, 0 itself among them.
  fileprivate mutating func step(by sign: Double, isFar: Bool) {
    let start = value.isFinite ? value : 0
    let width = isFar ? step * 10 : step
    let steps = start / width
    let count = sign > 0 ? (steps + 1e-6).rounded(.down) + 1 : (steps - 1e-6).rounded(.up) - 1
    var next = abs(steps) < 1e9 ? Self.tidy(count * width) : start + sign * width
    if let ends { next = min(max(next, ends.lowerBound), ends.upperBound) }
    value = type == .float32 ? Double(Float(next)) : next
    // In float32 a third digit may be all that there is: what is shown and kept is the decimal number.
    if type == .float32, let short = Double("\(Float(next))") { value = short }
    if !value.isFinite { value = start }
  }

  /// No smaller than what an element can tell apart, no larger than where it can go.
  fileprivate mutating func scaleStep(by factor: Double) {
    let next = Self.tidy(step * factor)
    let room = ends.map { $0.upperBound - $0.lowerBound } ?? .infinity
    let least = type.isFloat ? max(abs(value) * (type == .float32 ? 1e-7 : 1e-15), 1e-30) : 1
    if next >= least, next <= 1e30, next <= max(room, step) { step = next }
  }

  /// To fifteen digits: without what multiplying left of a decimal number.
  static func tidy(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return 0 }
    let exponent = Double.magnitude(of: value)
    let scale = Double.power(of: 14 - exponent)
    return scale.isFinite ? (value * scale).rounded() / scale : value
  }
}

extension Double {
  /// The power of ten of the first digit.
  fileprivate static func magnitude(of value: Double) -> Int {
    var exponent = 0
    var rest = abs(value)
    while rest >= 10 { (rest, exponent) = (rest / 10, exponent + 1) }
    while rest < 1 { (rest, exponent) = (rest * 10, exponent - 1) }
    return exponent
  }

  fileprivate static func power(of exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<abs(exponent) { power *= 10 }
    return exponent < 0 ? 1 / power : power
  }

  /// A step that has about a hundred of them to where a number is now.
  fileprivate static func step(for value: Double) -> Double {
    guard value.isFinite, value != 0 else { return 0.1 }
    return Slide.Handle.tidy(power(of: min(max(magnitude(of: value), -20), 20) - 1))
  }
}

// MARK: Beginning

extension Session {
  /// The slide that the last statement asked for; it is asked for once.
  package mutating func takeSlide() -> Slide? {
    defer { slide = nil }
    return slide
  }

  /// The fewest columns and rows that one can see anything on.
  private static let smallest = (columns: 30, rows: 8)

  func slide(_ request: SlideRequest, _ range: SourceRange) throws(Diagnostic) -> Slide {
    var handles: [Slide.Handle] = []
    for handle in request.handles {
      let next = try self.handle(handle)
      if let same = handles.first(where: { $0.place == next.place }) {
        throw Diagnostic("\(same.place) slides once", at: handle.place.range, help: ":slide \(same.place)")
      }
      handles.append(next)
    }
    guard let first = handles.first else {
      throw Diagnostic("the number that is to slide is missing", at: range, help: SlideRequest.usage)
    }
    for part in request.shown { _ = try part.expression() }
    let slide = Slide(
      handles: handles,
      shown: request.shown.isEmpty ? watchedOrFollowing(Set(handles.map(\.name))) : request.shown.map(\.text))
    // What can't be given a value says so now.
    for (handle, asked) in zip(handles, request.handles) {
      var trial = alone
      do throws(Failure) { try trial.run(Source(name: nil, text: handle.assignment + ";")) { _ in } } catch {
        guard let refusal = error.diagnostics.first?.refusal else { continue }
        throw Diagnostic(refusal, at: asked.place.range)
      }
    }
    guard surroundings.slides, progress?.blockDepth ?? 0 == 0, progress?.runDepth ?? 0 == 0 else {
      throw Diagnostic(
        "nobody is at the keys here to slide \(first.place); a value can be given to it", at: range,
        help: first.assignment)
    }
    if let width = surroundings.width, let height = surroundings.height,
      width < Self.smallest.columns || height < Self.smallest.rows
    {
      throw Diagnostic(
        "a slide needs \(Self.smallest.columns) columns and \(Self.smallest.rows) rows; the terminal has \(width) and \(height)",
        at: range, help: first.assignment)
    }
    return slide
  }

  private func handle(_ asked: SlideRequest.Handle) throws(Diagnostic) -> Slide.Handle {
    let expression = try asked.place.expression()
    guard let place = Place(expression) else {
      throw Diagnostic(
        "a name or an entry slides; \(expression.description) is computed", at: asked.place.range,
        help: Names.read(in: expression).sorted().first.map { ":slide \($0)" } ?? SlideRequest.usage)
    }
    let evaluator = Evaluator(self)
    if case .live(let formula, _)? = names[place.name.text]?.content {
      let plain = evaluator.reachable(from: Names.read(in: formula)).sorted().compactMap(slidable).first
      throw Diagnostic(
        "\(place.name.text) is computed anew from what it reads; that is what slides", at: asked.place.range,
        help: plain.map { ":slide \($0)" })
    }
    let value = try evaluator.evaluate(expression)
    guard case .tensor(let symbol) = value, symbol.shape.rank == 0 else {
      let kind = value.symbol.map { "\($0.shape)" } ?? value.kindName
      throw Diagnostic(
        "a number slides; \(expression.description) is \(kind)", at: asked.place.range,
        help: value.symbol.map { ":slide \(asked.place.text)[\($0.shape.firstPlace)]" } ?? SlideRequest.usage)
    }
    let tensor = try evaluator.value(of: symbol, asked.place.range)
    let number = tensor.scalar ?? 0
    var ends: ClosedRange<Double>?
    if let from = asked.from, let to = asked.to {
      let (low, high) = (try self.number(from), try self.number(to))
      guard low < high else {
        throw Diagnostic(
          "a slide goes from the smaller number to the larger one", at: from.range,
          help: ":slide \(asked.place.text) from \(to.text) to \(from.text)")
      }
      ends = low...high
    }
    let isMask = tensor.type == .bool
    if isMask { ends = 0...1 }
    let type = tensor.type == .literal ? settings.precision : tensor.type
    var step = isMask ? 1 : ends.map { Double.step(for: $0.upperBound - $0.lowerBound) / 10 } ?? .step(for: number)
    if let by = asked.by {
      step = try self.number(by)
      guard step > 0 else {
        throw Diagnostic("a step is larger than 0", at: by.range, help: ":slide \(asked.place.text) from 0 to 1 by 0.1")
      }
    }
    let shown = Double(Slide.Handle.text(of: number, type)) ?? number
    return Slide.Handle(
      place: asked.place.text, name: place.name.text, original: shown, value: shown, ends: ends,
      step: Slide.Handle.tidy(step), type: type)
  }

  private func number(_ part: SlideRequest.Part) throws(Diagnostic) -> Double {
    let evaluator = Evaluator(self)
    let symbol = try evaluator.tensor(try part.expression())
    guard symbol.shape.rank == 0, let number = try evaluator.value(of: symbol, part.range).scalar, number.isFinite
    else {
      throw Diagnostic("an end and a step are numbers", at: part.range, help: ":slide rate from 0 to 1 by 0.1")
    }
    return number
  }

  /// How a name is written where one number of it slides; nil where none can.
  private func slidable(_ name: String) -> String? {
    guard case .tensor(let held, _)? = names[name]?.content, held.tensor.count > 0 else { return nil }
    return held.tensor.shape.rank == 0 ? name : "\(name)[\(held.tensor.shape.firstPlace)]"
  }

  /// What is watched; else the live names that read what slides, and the gradient of the last number among them.
  private func watchedOrFollowing(_ moving: Set<String>) -> [String] {
    let watched = settings.watched.filter { names[$0] != nil }
    if !watched.isEmpty { return watched }
    let evaluator = Evaluator(self)
    let live = names.filter { if case .live = $0.value.content { true } else { false } }
    let following = live.filter { !evaluator.reachable(from: [$0.key]).isDisjoint(with: moving) }
      .sorted { ($0.value.version, $0.key) < ($1.value.version, $1.key) }.map(\.key)
    let loss = following.last { name in
      guard let symbol = try? Evaluator(self).tensor(Expression(.name(name), 0..<0)) else { return false }
      return symbol.shape.rank == 0 && symbol.type.isFloat
    }
    guard let loss else { return following }
    let weights = evaluator.trainable(in: Expression(.name(loss), 0..<0), 0..<0).map(\.text)
    return following + weights.map { "grad(\(loss), \($0))" }
  }
}

extension Shape {
  /// `0, 0`.
  fileprivate var firstPlace: String { extents.map { _ in "0" }.joined(separator: ", ") }
}

extension Command {
  static let slide = Command(
    ":slide NUMBER [from A to B], … [in EXPR, …]",
    "The arrow keys move a number, and what is watched, or follows from it, is drawn anew at each step."
  ) { session, call, emit throws(Diagnostic) in
    let request = try SlideRequest(call)
    for part in request.assignments {
      let statements = Parser.parse(part.text).statements
      for statement in statements {
        // Places in it are none of the line that it is a part of.
        do throws(Diagnostic) {
          try session.execute(statement, in: Source(name: call.source.name, text: part.text), emit: emit)
        } catch {
          throw Diagnostic(error.refusal, at: part.range)
        }
      }
    }
    if request.assignments.isEmpty { session.slide = try session.slide(request, call.range) }
  }
}
