import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// Entries of tuples, records and texts: `p.w`, `p["w"]`, `t[-1]`, `t[1:]`.
extension Evaluator {
  func indexed(
    _ value: Value, _ entries: [Index], _ base: SourceRange, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    switch value {
    case .tuple(let parts): return try element(of: parts, entries, range)
    case .text(let text): return .text(try part(of: text, entries, range))
    case .tensor(let symbol): return .tensor(try index(symbol, entries, range))
    case .function, .list: throw notTensor(value, base)
    }
  }

  private func element(of parts: Entries<Value>, _ entries: [Index], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard let first = entries.first else { return .tuple(parts) }
    let value: Value
    switch first {
    case .at(let expression): value = parts[try position(expression, in: parts, range)]
    case .slice(let start, let stop, let step, let place):
      value = .tuple(parts.slice(try places(start, stop, step, of: parts.count, place)))
    case .ellipsis(let place), .newAxis(let place):
      throw Diagnostic("this picks from tensors, not from a tuple", at: place, help: "t[0], t[1:], p.w")
    }
    // What is left picks from the entry.
    return entries.count == 1 ? value : try indexed(value, Array(entries.dropFirst()), range, range)
  }

  /// The place of an entry by its number, from the end where it is negative, or by its name.
  func position<Element>(
    _ expression: Expression, in parts: Entries<Element>, _ range: SourceRange
  ) throws(Diagnostic) -> Int {
    let index = try evaluate(expression)
    if case .text(let key) = index {
      guard let position = parts.position(of: key) else { throw missing(key, in: parts, expression.range) }
      return position
    }
    let number = try wholeNumber(try symbol(index, expression.range), expression.range)
    guard number >= -parts.count, number < parts.count else {
      let kind = parts.keys == nil ? "tuple" : "record"
      throw Diagnostic(
        "the \(kind) has \(parts.count) \(parts.count == 1 ? "entry" : "entries"); there is no entry \(number)",
        at: range)
    }
    return number < 0 ? number + parts.count : number
  }

  func missing<Element>(_ key: String, in parts: Entries<Element>, _ range: SourceRange) -> Diagnostic {
    guard let keys = parts.keys else {
      return Diagnostic(
        "a tuple without names has no entry '\(key.shown)'", at: range, help: "t[0] is the first of \(parts.count)")
    }
    let close = Spelling.nearest(to: key, among: keys)
    let list = keys.prefix(12).map(\.shown).joined(separator: ", ") + (keys.count > 12 ? ", …" : "")
    return Diagnostic(
      "the record has no entry '\(key.shown)'", at: range, help: close.map { "did you mean '\($0.shown)'?" },
      note: keys.isEmpty ? nil : "it has \(list)")
  }

  /// A text is a row of code points.
  private func part(of text: String, _ entries: [Index], _ range: SourceRange) throws(Diagnostic) -> String {
    guard entries.count == 1 else { throw Diagnostic("a text has one axis", at: range) }
    let scalars = Array(text.unicodeScalars)
    switch entries[0] {
    case .at(let expression):
      let number = try wholeNumber(expression)
      guard number >= -scalars.count, number < scalars.count else {
        throw Diagnostic("the text has \(scalars.count) characters; there is none at \(number)", at: range)
      }
      return String(String.UnicodeScalarView([scalars[number < 0 ? number + scalars.count : number]]))
    case .slice(let start, let stop, let step, let place):
      let places = try places(start, stop, step, of: scalars.count, place)
      return String(String.UnicodeScalarView(places.map { scalars[$0] }))
    case .ellipsis(let place), .newAxis(let place):
      throw Diagnostic("this picks from tensors, not from a text", at: place, help: "t[0], t[1:]")
    }
  }

  /// The numbers of a slice, its bounds cut to what is there.
  func places(
    _ start: Expression?, _ stop: Expression?, _ step: Expression?, of count: Int, _ range: SourceRange
  ) throws(Diagnostic) -> [Int] {
    let step = try step.map { x throws(Diagnostic) in try wholeNumber(x) } ?? 1
    guard step != 0 else { throw Diagnostic("a slice's step can't be 0", at: range) }
    let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
    func bound(_ number: Int) -> Int { min(max(number < 0 ? number + count : number, low), high) }
    let first = try start.map { x throws(Diagnostic) in bound(try wholeNumber(x)) } ?? (step > 0 ? 0 : count - 1)
    let end = try stop.map { x throws(Diagnostic) in bound(try wholeNumber(x)) } ?? (step > 0 ? count : -1)
    return Array(stride(from: first, to: end, by: step))
  }

  // MARK: Points

  /// `p.w`: an entry; `x.shape` and the like: what every tensor has.
  func member(_ base: Expression, _ member: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard !isUnknownName(base) else { throw unknownMember(base, member, range) }
    let value = try evaluate(base)
    if case .tuple(let parts) = value {
      if let position = parts.position(of: member) { return parts[position] }
      if parts.keys != nil || !Self.properties.contains(member) { throw missing(member, in: parts, range) }
    }
    guard Self.properties.contains(member), let function = Function<Symbol>.builtIn(member == "ndim" ? "rank" : member)
    else { throw unknownMember(base, member, range) }
    return try call(function, [Evaluated(label: nil, value: value, range: base.range)], range)
  }

  /// What can be asked for behind a point without parentheses; `.T` is read with the text.
  static let properties: Set<String> = ["shape", "size", "rank", "ndim"]

  /// A name that stands for nothing, such as another library's.
  private func isUnknownName(_ expression: Expression) -> Bool {
    guard case .name(let name) = expression.kind else { return false }
    return !isKnown(name) && targets[name] == nil
  }

  /// An entry of what a name of the session holds, without reading the others; nil where it is anything else.
  func storedEntry(_ expression: Expression) throws(Diagnostic) -> Value? {
    guard let place = Place(expression), scopes.last?[place.name.text] == nil, scopes.last?.home == nil,
      targets[place.name.text] == nil, known[place.name.text] == nil,
      case .tuple(let parts, _)? = session.names[place.name.text]?.content,
      targets.isEmpty || !dependsOnTarget(place.name.text)
    else { return nil }
    let name = place.name.text
    var value = Stored.tuple(parts)
    var path = ""
    for step in place.steps {
      // Where the rest picks from a tensor, or from nothing, the whole is looked at.
      guard case .tuple(let parts) = value, let position = constantPosition(step, in: parts) else { return nil }
      path = path.entry(parts.label(position))
      value = parts[position]
    }
    guard !path.isEmpty else { return nil }
    note(read: name, entry: path)
    return enter(value, "\(name).\(path)")
  }

  private func constantPosition(_ step: Place.Step, in parts: Entries<Stored>) -> Int? {
    switch step {
    case .member(let key, _): return parts.position(of: key)
    case .index(let entries, _):
      guard entries.count == 1, case .at(let index) = entries[0] else { return nil }
      switch index.kind {
      case .text(let key): return parts.position(of: key)
      case .number(let number): return Int(whole: number).flatMap { parts.indices.contains($0) ? $0 : nil }
      case .unary(.negative, let inner):
        guard case .number(let number) = inner.kind, let whole = Int(whole: number), whole > 0 else { return nil }
        return parts.indices.contains(parts.count - whole) ? parts.count - whole : nil
      default: return nil
      }
    }
  }
}
