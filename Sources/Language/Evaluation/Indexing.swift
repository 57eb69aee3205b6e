import CKernels
import Graphs
import Refusals
import Syntax
import Tensors

/// `x[…]`.
extension Evaluator {
  /// One axis of an index, settled.
  private enum Pick {
    case one(Int)
    case slice(start: Int, step: Int, count: Int)
    /// In a loop that is followed once, a slice (or one entry) whose start differs from round to round.
    case window(Series.Window)
    case list(Symbol, shape: Shape)
    case newAxis
  }

  func index(_ x: Symbol, _ entries: [Index], _ range: SourceRange) throws(Diagnostic) -> Symbol {
    if entries.count == 1, case .at(let expression) = entries[0] {
      let value = try evaluate(expression)
      if case .tuple(let parts) = value { return try taken(try picks(parts.values, of: x, range), from: x, range) }
      let entry = try symbol(value, expression.range)
      if entry.type == .bool, entry.rank > 0 || x.rank == 0 { return try picked(x, by: entry, expression.range) }
    }
    return try taken(try picks(entries, of: x, range), from: x, range)
  }

  /// What is picked, axis by axis.
  private func taken(_ picks: [Pick], from x: Symbol, _ range: SourceRange) throws(Diagnostic) -> Symbol {
    var starts = [Int](repeating: 0, count: x.rank)
    var steps = [Int](repeating: 1, count: x.rank)
    var extents = x.shape.extents
    /// The result's axes: an axis of x, or a new one (nil).
    var axes: [Int?] = []
    var lists: [(axis: Int, indices: Symbol, shape: Shape)] = []
    var windows: [(axis: Int, window: Series.Window)] = []
    var axis = 0
    for pick in picks {
      switch pick {
      case .newAxis: axes.append(nil)
      case .one(let position):
        (starts[axis], extents[axis]) = (position, 1)
        axis += 1
      case .slice(let start, let step, let count):
        (starts[axis], steps[axis], extents[axis]) = (start, step, count)
        axes.append(axis)
        axis += 1
      case .window(let window):
        windows.append((axis, window))
        if !window.isOne { axes.append(axis) }
        axis += 1
      case .list(let indices, let shape):
        lists.append((axis, indices, shape))
        axes.append(axis)
        axis += 1
      }
    }
    var result = x
    // What differs each time isn't cut as a whole before little of it is picked.
    let isWindowFirst = session.tracer?.differs(x) == true
    if isWindowFirst {
      for (axis, window) in windows {
        result = window.taken(from: result, axis: axis, session.tracer)
        extents[axis] = window.count
      }
    }
    result = result.sliced(starts: starts, steps: steps, extents: extents)
    if !isWindowFirst {
      for (axis, window) in windows { result = window.taken(from: result, axis: axis, session.tracer) }
    }
    if lists.count > 1 { return try pairs(result, lists, axes, range) }
    for list in lists {
      result = result.taken(list.indices.reshaped(Shape([list.indices.shape.count])), axis: list.axis)
    }
    var shape: [Int] = []
    for axis in axes {
      guard let axis else {
        shape.append(1)
        continue
      }
      if let list = lists.first(where: { $0.axis == axis }) {
        shape += list.shape.extents
      } else {
        shape.append(result.shape[axis])
      }
    }
    guard shape.count <= Shape.maximumRank else {
      throw Diagnostic("a tensor has at most \(Shape.maximumRank) axes", at: range)
    }
    return result.reshaped(Shape(shape))
  }

  /// Several lists pick together, broadcast against each other as in NumPy: all their axes are merged first.
  private func pairs(
    _ x: Symbol, _ lists: [(axis: Int, indices: Symbol, shape: Shape)], _ axes: [Int?], _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    let (first, last) = (lists[0].axis, lists[lists.count - 1].axis)
    guard last - first == lists.count - 1, axes.allSatisfy({ $0 != nil }) else {
      throw Diagnostic("several index lists must stand side by side", at: range)
    }
    var common = lists[0].shape
    for list in lists.dropFirst() {
      guard let shape = common.broadcast(with: list.shape) else {
        throw Diagnostic("index lists of the shapes \(common) and \(list.shape) don't go together", at: range)
      }
      common = shape
    }
    var flat = builder.zeros(common, type: .float64)
    for list in lists {
      flat = flat * Double(x.shape[list.axis]) + list.indices.reshaped(list.shape).converted(to: .float64)
    }
    let before = Array(x.shape.extents[..<first])
    let merged = Shape.product(x.shape.extents[first...last])
    let after = Array(x.shape.extents[(last + 1)...])
    let picked = x.reshaped(Shape(before + [merged] + after))
      .taken(flat.reshaped(Shape([common.count])), axis: first)
    let kept = axes.compactMap { $0 }
    let leading = before.enumerated().filter { kept.contains($0.offset) }.map(\.element)
    let trailing = after.enumerated().filter { kept.contains($0.offset + last + 1) }.map(\.element)
    let extents = leading + common.extents + trailing
    guard extents.count <= Shape.maximumRank else {
      throw Diagnostic("a tensor has at most \(Shape.maximumRank) axes", at: range)
    }
    return picked.reshaped(Shape(extents))
  }

  /// Entries where a mask over the leading axes is true.
  private func picked(_ x: Symbol, by mask: Symbol, _ range: SourceRange) throws(Diagnostic) -> Symbol {
    guard mask.rank <= x.rank, Array(x.shape.extents.prefix(mask.rank)) == mask.shape.extents else {
      throw Diagnostic("the mask is \(mask.shape), what it picks from \(x.shape)", at: range)
    }
    let places = try places(in: try value(of: mask, range))
    let rest = Array(x.shape.extents.dropFirst(mask.rank))
    let indices = builder.constant(Tensor(places, shape: Shape([places.count]), type: .float64))
    return x.reshaped(Shape([mask.shape.count] + rest)).taken(indices, axis: 0)
  }

  /// Where a mask is true, in row-major order.
  private func places(in mask: Tensor) throws(Diagnostic) -> [Double] {
    let places = mask.truePlaces
    try Interrupt.check()
    return places
  }

  /// Indices into an axis, counted from its start.
  private func places(
    named indices: Tensor, _ axis: Int, extent: Int, _ range: SourceRange
  ) throws(Diagnostic) -> [Double] {
    var places: [Double] = []
    places.reserveCapacity(indices.count)
    for i in 0..<indices.count {
      try Interrupt.check()
      guard let whole = Int(whole: indices[flat: i]) else {
        throw Diagnostic("an index must be whole; this is \(indices[flat: i])", at: range)
      }
      guard whole >= -extent, whole < extent else {
        throw Diagnostic(
          "index \(whole) is out of range: axis \(axis) has \(extent) \(extent == 1 ? "entry" : "entries")", at: range)
      }
      places.append(Double(whole < 0 ? whole + extent : whole))
    }
    return places
  }

  /// A tuple alone picks as its parts would: `x[nonzero(m)]`.
  private func picks(_ parts: [Value], of x: Symbol, _ range: SourceRange) throws(Diagnostic) -> [Pick] {
    guard parts.count <= x.rank else { throw tooMany(parts.count, for: x, range) }
    var picks: [Pick] = []
    for (axis, part) in parts.enumerated() { picks.append(try pick(part, axis, extent: x.shape[axis], range)) }
    return picks + (parts.count..<x.rank).map { .slice(start: 0, step: 1, count: x.shape[$0]) }
  }

  private func tooMany(_ used: Int, for x: Symbol, _ range: SourceRange) -> Diagnostic {
    Diagnostic(
      x.rank == 0 ? "a number has no axes to index" : "there are \(x.rank) axes, but \(used) indices", at: range)
  }

  private func picks(_ entries: [Index], of x: Symbol, _ range: SourceRange) throws(Diagnostic) -> [Pick] {
    let used = entries.filter {
      switch $0 {
      case .at, .slice: true
      case .ellipsis, .newAxis: false
      }
    }.count
    guard used <= x.rank else { throw tooMany(used, for: x, range) }
    var picks: [Pick] = []
    var axis = 0
    var hasEllipsis = false
    for entry in entries {
      switch entry {
      case .newAxis: picks.append(.newAxis)
      case .ellipsis(let place):
        guard !hasEllipsis else { throw Diagnostic("only one '...' fits into an index", at: place) }
        hasEllipsis = true
        for _ in 0..<x.rank - used {
          picks.append(.slice(start: 0, step: 1, count: x.shape[axis]))
          axis += 1
        }
      case .slice(let start, let stop, let step, let place):
        picks.append(try slice(start, stop, step, extent: x.shape[axis], place))
        axis += 1
      case .at(let expression):
        picks.append(try pick(try evaluate(expression), axis, extent: x.shape[axis], expression.range))
        axis += 1
      }
    }
    while axis < x.rank {
      picks.append(.slice(start: 0, step: 1, count: x.shape[axis]))
      axis += 1
    }
    return picks
  }

  private func pick(_ value: Value, _ axis: Int, extent: Int, _ range: SourceRange) throws(Diagnostic) -> Pick {
    let entry: Symbol
    switch value {
    case .list(let parts) where parts.isEmpty: entry = builder.zeros(Shape([0]), type: .float32)
    case .tensor, .list, .tuple, .text, .function: entry = try symbol(value, range)
    }
    if entry.type != .bool, session.tracer?.differs(entry) == true, !isFollowed(entry) {
      return computed(entry, extent: extent)
    }
    if entry.rank == 0, entry.type != .bool, let series = try series(of: entry, range) {
      return try window(series, isOne: true, range) { number in
        guard let whole = Int(whole: number), whole >= -extent, whole < extent else { return nil }
        return (whole < 0 ? whole + extent : whole, 1, 1)
      }
    }
    if entry.type != .bool, isFollowed(entry) { return computed(entry, extent: extent) }
    let tensor = try self.value(of: entry, range)
    let numbers: [Double]
    if entry.type == .bool {
      guard entry.shape.extents == [extent] else {
        throw Diagnostic("the mask is \(entry.shape), axis \(axis) has \(extent) entries", at: range)
      }
      numbers = try places(in: tensor)
    } else if entry.rank > 0, tensor.holdsPlaces(below: extent) {
      return .list(builder.constant(tensor.reshaped(Shape([tensor.count]))), shape: entry.shape)
    } else {
      numbers = try places(named: tensor, axis, extent: extent, range)
    }
    if entry.rank == 0, entry.type != .bool { return .one(Int(numbers[0])) }
    let shape = entry.type == .bool ? Shape([numbers.count]) : entry.shape
    return .list(builder.constant(Tensor(numbers, shape: Shape([numbers.count]), type: .float64)), shape: shape)
  }

  /// A slice's bounds are cut to the extent, as in NumPy.
  private func slice(
    _ start: Expression?, _ stop: Expression?, _ step: Expression?, extent: Int, _ range: SourceRange
  ) throws(Diagnostic) -> Pick {
    let step = try step.map { x throws(Diagnostic) in try wholeNumber(x) } ?? 1
    guard step != 0 else { throw Diagnostic("a slice's step can't be 0", at: range) }
    let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
    func bound(_ number: Int) -> Int { min(max(number < 0 ? number + extent : number, low), high) }
    func slice(_ first: Int, _ end: Int) -> (start: Int, step: Int, count: Int) {
      let span = step > 0 ? end - first : first - end
      let count = span <= 0 ? 0 : (span - 1) / Int(step.magnitude) + 1
      return (count == 0 ? 0 : first, count <= 1 ? 1 : step, count)
    }
    let (first, end) = (step > 0 ? 0 : extent - 1, step > 0 ? extent : -1)
    let starts = try start.map { x throws(Diagnostic) in try series(of: x) } ?? nil
    let stops = try stop.map { x throws(Diagnostic) in try series(of: x) } ?? nil
    if let stretch = session.tracer?.stretch, let moving = try moving(start, stop, step, starts, stops, extent) {
      stretch.checks.append(.window(moving.start, count: moving.count, extent: extent))
      return .window(Series.Window(start: .computed(moving.start), step: 1, count: moving.count, isOne: false))
    }
    if let series = starts ?? stops, session.tracer?.stretch == nil || series.trace != nil {
      let fixedStart = try starts == nil ? start.map { x throws(Diagnostic) in bound(try wholeNumber(x)) } : nil
      let fixedStop = try stops == nil ? stop.map { x throws(Diagnostic) in bound(try wholeNumber(x)) } : nil
      let positions = Series(numbers: series.numbers.indices.map(Double.init), trace: series.trace)
      return try window(positions, range) { position in
        func place(_ series: Series?, _ fixed: Int?, _ missing: Int) -> Int? {
          series.map { Int(whole: $0.numbers[Int(position)]).map(bound) } ?? fixed ?? missing
        }
        guard let first = place(starts, fixedStart, first), let end = place(stops, fixedStop, end) else { return nil }
        return slice(first, end)
      }
    }
    let settled = slice(
      try start.map { x throws(Diagnostic) in bound(try wholeNumber(x)) } ?? first,
      try stop.map { x throws(Diagnostic) in bound(try wholeNumber(x)) } ?? end)
    return .slice(start: settled.start, step: settled.step, count: settled.count)
  }

  /// A slice with another start each time that a stretch is run, where it is known to have as many entries each time.
  private func moving(
    _ start: Expression?, _ stop: Expression?, _ step: Int, _ starts: Series?, _ stops: Series?, _ extent: Int
  ) throws(Diagnostic) -> (start: Symbol, count: Int)? {
    guard step == 1, let start, let stop else { return nil }
    let (first, end) = (try tensor(start), try tensor(stop))
    guard first.shape.count == 1, end.shape.count == 1, session.tracer?.differs(first) == true else { return nil }
    if let starts, let stops, starts.trace == nil, stops.trace == nil, starts.numbers.count == stops.numbers.count {
      let counts = Set(zip(starts.numbers, stops.numbers).map { $1 - $0 })
      guard counts.count == 1, let count = counts.first.flatMap({ Int(whole: $0) }), count > 0, count <= extent,
        starts.numbers.allSatisfy({ $0 >= 0 })
      else { return nil }
      return (first.reshaped(.scalar), count)
    }
    // `x[k : k + 32]`: so many, wherever k is.
    guard case .apply(let primitive, let operands) = end.node.kind, case .zip(.add) = primitive.kernel,
      let place = operands.firstIndex(of: first.reference),
      let constant = builder.constantNumber(operands[1 - place]).flatMap({ Int(whole: $0) }), constant > 0,
      constant <= extent
    else { return nil }
    return (first.reshaped(.scalar), constant)
  }

  /// Where an index that is settled, or a window, begins along each axis; nil where lists or masks pick.
  func placing(_ entries: [Index], of x: Symbol, by value: Symbol, _ range: SourceRange) throws(Diagnostic)
    -> FollowedStretch.Placing?
  {
    var axes: [(start: FollowedStretch.Placing.Start, step: Int, count: Int)] = []
    var shape: [Int] = []
    for pick in try picks(entries, of: x, range) {
      switch pick {
      case .one(let position): axes.append((.fixed(position), 1, 1))
      case .slice(let start, let step, let count):
        axes.append((.fixed(start), step, count))
        shape.append(count)
      case .window(let window):
        guard case .computed(let start) = window.start else { return nil }
        axes.append((.computed(start), window.step, window.count))
        if !window.isOne { shape.append(window.count) }
      case .list, .newAxis: return nil
      }
    }
    let picked = Shape(shape)
    let type = x.type == .bool ? value.type : max(x.type, value.type == .literal ? x.type : value.type)
    guard value.shape.broadcast(with: picked) == picked, type == x.type else { return nil }
    return FollowedStretch.Placing(
      axes: axes, value: value.converted(to: type).broadcast(to: picked).reshaped(Shape([picked.count])))
  }

  /// Places that each round computes; that they lie inside is seen to when the loop has been followed.
  private func computed(_ entry: Symbol, extent: Int) -> Pick {
    if let stretch = session.tracer?.stretch, !isFollowed(entry) {
      stretch.checks.append(.places(entry, extent: extent))
    } else {
      watched.append((entry, extent))
    }
    let place = Symbol.select(Operator.less(entry, builder.constant(0)), entry + Double(extent), entry)
    if entry.rank > 0 { return .list(place, shape: entry.shape) }
    return .window(Series.Window(start: .computed(place), step: 1, count: 1, isOne: true))
  }

  private func series(of expression: Expression) throws(Diagnostic) -> Series? {
    session.tracer == nil && following.isEmpty ? nil : try series(of: try tensor(expression), expression.range)
  }

  /// A slice in each round; the rounds must agree in all but the start.
  private func window(
    _ series: Series, isOne: Bool = false, _ range: SourceRange,
    _ slice: (Double) -> (start: Int, step: Int, count: Int)?
  ) throws(Diagnostic) -> Pick {
    let slices = series.numbers.compactMap(slice)
    guard slices.count == series.numbers.count, let first = slices.first, first.count > 0,
      slices.allSatisfy({ $0.step == first.step && $0.count == first.count })
    else {
      if series.trace == nil { builder.demandUnknown() }
      throw Diagnostic(.unknownValue("the slices of a loop differ"), at: range)
    }
    return .window(
      Series.Window(
        start: .known(slices.map(\.start), series.trace), step: first.step, count: first.count, isOne: isOne))
  }
}
