import Graphs
import Refusals
import Syntax
import Tensors

/// Operators and functions that go through tuples and records leaf by leaf.
extension Evaluator {
  /// Two values, of which at least one is a tuple or a record: of the same structure, or the other is a tensor.
  ///
  /// Leaves that are no float tensors pass through unchanged, the left one's.
  func throughTrees(
    _ op: BinaryOperator, _ place: SourceRange, _ a: Value, _ b: Value,
    _ leaf: (Symbol, Symbol) throws(Diagnostic) -> Symbol
  ) throws(Diagnostic) -> Value {
    switch op {
    case .add, .subtract, .multiply, .divide, .remainder, .power: break
    case .or, .xor, .and, .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .matrixProduct:
      let collection = if case .tuple = a { a } else { b }
      throw Diagnostic(
        "'\(op.rawValue)' takes tensors; this is \(collection.kindName)", at: place,
        help: op == .equal ? "expect a ~ b compares entry by entry" : "p.w, t[0] pick entries")
    }
    return try zipped(a, b, at: "", place) { a, b throws(Diagnostic) in
      switch (a, b) {
      case (.tensor(let x), .tensor(let y)):
        return x.type == .bool ? a : .tensor(try leaf(x, y))
      case (.tensor(let x), _) where x.type.isFloat: return a
      case (.tensor, _), (.text, _), (.function, _), (.tuple, _), (.list, _): return a
      }
    }
  }

  /// Two structures that must be the same, leaf by leaf; a tensor meets every leaf of the other one.
  func zipped(
    _ a: Value, _ b: Value, at path: String, _ range: SourceRange,
    _ leaf: (Value, Value) throws(Diagnostic) -> Value
  ) throws(Diagnostic) -> Value {
    switch (a, b) {
    case (.tuple(let left), .tuple(let right)):
      if let misfit = left.misfit(with: right) { throw misfit.diagnostic(at: path, range) }
      var values: [Value] = []
      for position in left.indices {
        values.append(
          try zipped(left[position], right[position], at: path.entry(left.label(position)), range, leaf))
      }
      return .tuple(left.with(values))
    case (.tuple(let left), .tensor):
      return .tuple(
        try left.mapped { part throws(Diagnostic) in
          if case .tensor(let x) = part, x.type == .bool { return part }
          switch part {
          case .text, .function: return part
          case .tensor, .tuple, .list: return try zipped(part, b, at: path, range, leaf)
          }
        })
    case (.tensor, .tuple(let right)):
      return .tuple(
        try right.mapped { part throws(Diagnostic) in
          switch part {
          case .text, .function: return part
          case .tensor(let y) where y.type == .bool: return part
          case .tensor, .tuple, .list: return try zipped(a, part, at: path, range, leaf)
          }
        })
    case (.tuple, .text), (.tuple, .function), (.tuple, .list), (.text, .tuple), (.function, .tuple), (.list, .tuple):
      throw Diagnostic(
        path.isEmpty
          ? "\(a.kindName) and \(b.kindName) don't go together"
          : "the structures differ at \(path): \(a.kindName) meets \(b.kindName)", at: range)
    case (.tensor, _), (.text, _), (.function, _), (.list, _):
      do throws(Diagnostic) { return try leaf(a, b) } catch {
        var error = error
        if !path.isEmpty { error.refusal.note = error.note ?? "at \(path)" }
        throw error
      }
    }
  }

  /// A call once for each leaf of the tuples and records among some of its arguments, which have the same structure.
  func throughLeaves(
    _ arguments: [Evaluated], at places: some Collection<Int>, _ range: SourceRange,
    _ call: ([Evaluated]) throws(Diagnostic) -> Value
  ) throws(Diagnostic) -> Value {
    guard let first = places.first(where: { arguments[$0].value.isCollection }),
      case .tuple(let parts) = arguments[first].value
    else { return try call(arguments) }
    var values: [Value] = []
    for position in parts.indices {
      var inner = arguments
      for number in places {
        guard case .tuple(let others) = arguments[number].value else { continue }
        if let misfit = parts.misfit(with: others) { throw misfit.diagnostic(at: "", range) }
        inner[number].value = others[position]
      }
      switch parts[position] {
      case .text, .function: values.append(parts[position])
      case .tensor(let x) where x.type == .bool: values.append(.tensor(x))
      case .tensor, .tuple, .list: values.append(try throughLeaves(inner, at: places, range, call))
      }
    }
    return .tuple(parts.with(values))
  }
}

extension Tree<Symbol> {
  var isCollection: Bool { if case .tuple = self { true } else { false } }

  /// Float leaves changed, all others as they are; what functions have captured stays.
  func throughFloats(_ body: (Symbol) -> Symbol) -> Value {
    switch self {
    case .tensor(let symbol): symbol.type == .bool ? self : .tensor(body(symbol))
    case .tuple(let parts): .tuple(parts.mapped { $0.throughFloats(body) })
    case .text, .function, .list: self
    }
  }

  /// The float tensors in it, in order.
  var floats: [Symbol] { tensorPlaces.map(\.leaf).filter { $0.type != .bool } }

  /// The same structure with its float tensors replaced, in the order of `floats`.
  func replacingFloats(by symbols: [Symbol]) -> Value {
    var next = symbols.makeIterator()
    return throughFloats { next.next() ?? $0 }
  }
}

/// A tensor within tuples and records.
struct LeafPlace<Leaf> {
  /// The number of the entry at each level.
  var positions: [Int]
  /// The same by names: `layers.0.w`.
  var path: String
  var leaf: Leaf
}

extension Tree {
  /// A place by names: `layers.0` for the numbers of its entries.
  func path(to positions: [Int]) -> String {
    var (path, rest) = ("", self)
    for position in positions {
      guard case .tuple(let parts) = rest, parts.indices.contains(position) else { break }
      path = path.entry(parts.label(position))
      rest = parts[position]
    }
    return path
  }

  /// The tensors in it, in order; functions keep what they have captured to themselves.
  var tensorPlaces: [LeafPlace<Leaf>] {
    var found: [LeafPlace<Leaf>] = []
    collect(LeafPlace(positions: [], path: "", leaf: ()), &found)
    return found
  }

  private func collect(_ place: LeafPlace<Void>, _ found: inout [LeafPlace<Leaf>]) {
    switch self {
    case .tensor(let leaf): found.append(LeafPlace(positions: place.positions, path: place.path, leaf: leaf))
    case .tuple(let parts):
      for position in parts.indices {
        let path = place.path.entry(parts.label(position))
        parts[position].collect(LeafPlace<Void>(positions: place.positions + [position], path: path, leaf: ()), &found)
      }
    case .text, .function, .list: break
    }
  }

  /// What lies at a place.
  subscript(positions: ArraySlice<Int>) -> Tree {
    get {
      guard let first = positions.first, case .tuple(let parts) = self else { return self }
      return parts[first][positions.dropFirst()]
    }
    set {
      guard let first = positions.first, case .tuple(var parts) = self else {
        self = newValue
        return
      }
      parts[first][positions.dropFirst()] = newValue
      self = .tuple(parts)
    }
  }
}

extension String {
  /// The path of an entry: `layers` and `0` give `layers.0`.
  func entry(_ label: String) -> String { isEmpty ? label : "\(self).\(label)" }
}

/// Where two structures differ.
struct StructureMisfit {
  enum Kind {
    case counts(Int, Int)
    /// The first entry's name that only one of them has, or has elsewhere.
    case key(String, other: String?)
    case kinds
  }

  let kind: Kind

  func diagnostic(at path: String, _ range: SourceRange) -> Diagnostic {
    let place = path.isEmpty ? "" : " at \(path)"
    switch kind {
    case .counts(let a, let b):
      return Diagnostic(
        "the structures differ\(place): one has \(a) entries, the other \(b)", at: range,
        help: "append(p, x) adds an entry to a tuple")
    case .key(let key, let other):
      let meets = other.map { "; the other one has \($0) there" } ?? ""
      return Diagnostic("the structures differ at \(path.entry(key))\(meets)", at: range)
    case .kinds:
      return Diagnostic("the structures differ\(place): a record meets a tuple without names", at: range)
    }
  }
}

extension Entries {
  /// Nil where both have the same entries under the same names in the same order.
  func misfit<Other>(with other: Entries<Other>) -> StructureMisfit? {
    if let mine = keys, let theirs = other.keys {
      for (position, key) in mine.enumerated() where position >= theirs.count || theirs[position] != key {
        return StructureMisfit(kind: .key(key, other: position < theirs.count ? theirs[position] : nil))
      }
      if theirs.count > mine.count { return StructureMisfit(kind: .key(theirs[mine.count], other: nil)) }
      return nil
    }
    if count != other.count { return StructureMisfit(kind: .counts(count, other.count)) }
    return (keys == nil) == (other.keys == nil) || isEmpty ? nil : StructureMisfit(kind: .kinds)
  }
}
