import Refusals
import Tensors

/// Elements repeated, turned round and surrounded.
extension Operator {
  public static let tile: Operator = Operator(
    "tile(x, counts…)", "x side by side, so many times along each axis.", derivative: "summed over the copies",
    trials: ["tile(a, 2, 1)", "tile(v, [2])"]
  ) { arguments throws(Refusal) in
    var x = try arguments.tensor(0)
    var counts = try arguments.wholes("counts")
    if let bad = counts.first(where: { $0 < 0 }) { throw Refusal("tile can't repeat \(bad) times") }
    guard counts.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(counts.count)")
    }
    x = x.lifted(to: counts.count)
    counts = [Int](repeating: 1, count: x.rank - counts.count) + counts
    for axis in counts.indices where counts[axis] != 1 {
      x = try arguments.repeated(x, counts[axis], axis: axis, isWhole: true)
    }
    return .tensor(x)
  }

  static let `repeat`: Operator = Operator(
    "repeat(x, n, axis?)", "Each entry n times along an axis; without axis, of all elements in a row.",
    derivative: "summed over the copies", trials: ["repeat(a, 2)", "repeat(a, 2, axis=0)", "repeat(v, [1, 0, 2])"]
  ) { arguments throws(Refusal) in
    var x = try arguments.tensor(0)
    if !arguments.has("axis") { x = x.reshaped(Shape([x.shape.count])) }
    let axis = try arguments.axis("axis", rank: x.rank, default: 0)
    let counts = try arguments.integers("n") ?? []
    if let bad = counts.first(where: { $0 < 0 }) { throw Refusal("repeat can't repeat \(bad) times") }
    if try arguments.tensor("n").rank == 0 {
      return .tensor(try arguments.repeated(x, counts[0], axis: axis, isWhole: false))
    }
    guard counts.count == x.shape[axis] else {
      throw Refusal("repeat wants one count for each of \(x.shape[axis]) entries, not \(counts.count)")
    }
    guard counts.allSatisfy({ $0 < 1 << 31 }), counts.reduce(0, { $0 + Double($1) }) < 0x1p31 else {
      throw Refusal("repeat would make too large a tensor")
    }
    var longer = x.shape
    longer[axis] = counts.reduce(0, +)
    _ = try (arguments.checked(longer), arguments.checked(Shape([longer[axis]])))
    let sources = counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    return .tensor(x.taken(x.builder.indices(sources), axis: axis))
  }

  public static let flip: Operator = Operator(
    "flip(x, axis?)", "In reverse order along these axes.", derivative: "flipped back",
    trials: ["flip(a)", "flip(a, axis=1)"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    return .tensor(x.flipped(try arguments.axes("axis", rank: x.rank)))
  }

  public static let roll: Operator = Operator(
    "roll(x, shift, axis?)", "Moved along an axis; what falls off comes back at the other end.",
    derivative: "rolled back", trials: ["roll(a, 1)", "roll(a, -1, axis=1)"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let shifts = try arguments.integers("shift") ?? []
    guard arguments.has("axis") else {
      guard shifts.count == 1 else { throw Refusal("roll without an axis takes one shift, not \(shifts.count)") }
      return .tensor(x.reshaped(Shape([x.shape.count])).rolled(shifts[0], axis: 0).reshaped(x.shape))
    }
    let axes = try arguments.axes("axis", rank: x.rank)
    guard shifts.count == axes.count || shifts.count == 1 else {
      throw Refusal("roll wants one shift for each axis: \(shifts.count) for \(axes.count)")
    }
    var result = x
    for (i, axis) in axes.enumerated() { result = result.rolled(shifts[shifts.count == 1 ? 0 : i], axis: axis) }
    return .tensor(result)
  }

  public static let pad: Operator = Operator(
    "pad(x, widths, value=0, mode=\"constant\")",
    "x with a margin, [before, after] for each axis; mode: constant, edge, reflect or wrap.",
    derivative: "without the margin, or summed back",
    trials: ["pad(a, [[1, 0], [0, 2]])", "pad(a, 1, mode=\"edge\")", "pad(a, [[1, 1], [1, 1]], mode=\"reflect\")"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let widths = try widths(arguments, rank: x.rank)
    let mode = try arguments.text("mode", default: "constant")
    var extents = x.shape.extents
    for axis in extents.indices { extents[axis] += widths[axis].before + widths[axis].after }
    let whole = try arguments.checked(Shape(extents))
    if mode == "constant" { return .tensor(try framed(x, widths, in: whole, arguments)) }
    guard ["edge", "reflect", "wrap"].contains(mode) else {
      throw Refusal("pad knows the modes \"constant\", \"edge\", \"reflect\" and \"wrap\", not \"\(mode)\"")
    }
    var result = x
    for axis in extents.indices where extents[axis] != x.shape[axis] {
      let n = x.shape[axis]
      guard n > 0 else { throw Refusal("pad has nothing to repeat along axis \(axis) of \(x.shape)") }
      guard extents[axis] < 1 << 31 else { throw Refusal("pad would make too large a tensor: \(whole)") }
      _ = try arguments.checked(Shape([extents[axis]]))
      let places = (0..<extents[axis]).map { source($0 - widths[axis].before, mode, n) }
      result = result.taken(x.builder.indices(places), axis: axis)
    }
    return .tensor(result)
  }

  /// The entry that a place inside or outside `0..<n` repeats.
  private static func source(_ place: Int, _ mode: String, _ n: Int) -> Int {
    func modulo(_ a: Int, _ b: Int) -> Int { (a % b + b) % b }
    switch mode {
    case "edge": return Swift.max(0, Swift.min(place, n - 1))
    case "wrap": return modulo(place, n)
    default:
      if n == 1 { return 0 }
      let folded = modulo(place, 2 * n - 2)
      return folded < n ? folded : 2 * n - 2 - folded
    }
  }

  private static func widths(_ arguments: Arguments, rank: Int) throws(Refusal) -> [(before: Int, after: Int)] {
    let symbol = try arguments.tensor("widths")
    let fits = symbol.rank == 0 || symbol.shape == Shape([2]) || symbol.shape == Shape([rank, 2])
    guard fits else {
      throw Refusal("pad wants [before, after] for each of \(rank) axes, not widths of shape \(symbol.shape)")
    }
    var numbers: [Int] = []
    for value in try arguments.value(of: symbol).values {
      guard let width = Int(whole: value), width >= 0, width < 1 << 40 else {
        throw Refusal("pad wants whole widths from 0 upwards, not \(value.text)")
      }
      numbers.append(width)
    }
    if symbol.rank == 0 { numbers = [numbers[0], numbers[0]] }
    if symbol.rank < 2 { return [(before: Int, after: Int)](repeating: (numbers[0], numbers[1]), count: rank) }
    return (0..<rank).map { (numbers[2 * $0], numbers[2 * $0 + 1]) }
  }

  private static func framed(
    _ x: Symbol, _ widths: [(before: Int, after: Int)], in whole: Shape, _ arguments: Arguments
  ) throws(Refusal) -> Symbol {
    let starts = widths.map(\.before)
    let steps = [Int](repeating: 1, count: x.rank)
    if whole == x.shape { return x }
    let value = try arguments.number("value", default: 0)
    guard value.rank == 0 else { throw Refusal("pad wants one number for 'value', not \(value.shape)") }
    if value.literalValue == 0 { return x.embedded(starts: starts, steps: steps, in: whole) }
    let inside = x.builder.constant(true, shape: x.shape)
    let isInside = inside.embedded(starts: starts, steps: steps, in: whole)
    return .select(isInside, x.embedded(starts: starts, steps: steps, in: whole), value)
  }

  static let repetition: [Operator] = [tile, `repeat`, flip, roll, pad]
}

extension Arguments {
  /// `n` copies along an axis: of the whole, or of each entry beside itself.
  func repeated(_ x: Symbol, _ n: Int, axis: Int, isWhole: Bool) throws(Refusal) -> Symbol {
    guard n < 1 << 40 else { throw Refusal("\(signature.name) would make too large a tensor") }
    var final = x.shape
    let (extent, overflows) = final[axis].multipliedReportingOverflow(by: n)
    guard !overflows else { throw Refusal("\(signature.name) would make too large a tensor") }
    final[axis] = extent
    let shape = try checked(final)
    // Extents around the axis become one each, so that the rank stays small.
    let outer = Shape.product(x.shape.extents[..<axis])
    let inner = Shape.product(x.shape.extents[(axis + 1)...])
    let rows = x.shape[axis]
    let apart = isWhole ? [outer, 1, rows * inner] : [outer * rows, 1, inner]
    let copies = [apart[0], n, apart[2]]
    return x.reshaped(Shape(apart)).broadcast(to: Shape(copies)).reshaped(shape)
  }
}

extension Symbol {
  func rolled(_ shift: Int, axis: Int) -> Symbol {
    let extent = shape[axis]
    guard extent > 0 else { return self }
    let first = (extent - shift % extent) % extent
    if first == 0 { return self }
    let front = sliced(axis: axis, from: first, count: extent - first)
    return .concatenated([front, sliced(axis: axis, from: 0, count: first)], axis: axis)
  }
}

extension Builder {
  /// A fixed vector of indices.
  func indices(_ numbers: [Int]) -> Symbol {
    let type: ElementType = numbers.contains { $0 >= 1 << 24 } ? .float64 : defaultType
    return constant(Tensor(numbers.map(Double.init), shape: Shape([numbers.count]), type: type))
  }
}
