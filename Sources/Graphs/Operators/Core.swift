import CKernels
import Tensors

/// The operations that gradient rules are written with, each with its own rule beside it.
extension Primitive {
  static let not: Primitive = Primitive("not", .not, told: .function("not"), zero: .lost, gradient: nil)

  public static let select: Primitive = Primitive(
    "where", .select,
    told: .choice,
    zero: .rule { y, x, p, _ in
      let builder = y.builder
      if p[1].isFull && p[2].isFull { return .full }
      let full = builder.constant(true)
      let isFixed = builder.isFixed(x[0].reference)
      let structural: Symbol? =
        if isFixed {
          p[1].structural == nil && p[2].structural == nil
            ? nil : .select(x[0], p[1].structural ?? full, p[2].structural ?? full)
        } else if let a = p[1].structural, let b = p[2].structural {
          Symbol.logic(.or, a, b)
        } else {
          nil
        }
      let strong = Symbol.select(x[0], p[1].strong ?? full, p[2].strong ?? full)
      return Pattern(structural: structural?.broadcast(to: y.shape), strong: strong.broadcast(to: y.shape))
    }
  ) { g, _, x, _ in [nil, Symbol.keep(x[0], g), Symbol.keep(.map(not: x[0]), g)] }

  public static let keep: Primitive = Primitive("keep", .keep, told: .kept, zero: .masked) { g, _, x, _ in
    [nil, Symbol.keep(x[0], g)]
  }

  /// A product without the entries that a strong zero decides.
  ///
  /// Nothing is masked on the way back: the rules of the factors do that for themselves.
  public static let strongKeep: Primitive = Primitive("keep_strong", .keep, told: .moved, zero: .asProduct) {
    g, _, _, _ in [nil, g]
  }

  public static let convert: Primitive = Primitive("convert", .convert, told: .moved, zero: .converted) { g, _, _, _ in
    [g]
  }
  public static let fill: Family<Constant> = Family("fill", { .fill($0) }, told: .constant, zero: .lost, gradient: nil)
  public static let nothing: Primitive = Primitive(
    "nothing", .fill(Constant(0)), told: .constant, zero: .void, gradient: nil)
  public static let iota: Primitive = Primitive("iota", .iota, told: .constant, zero: .lost, gradient: nil)

  public static let reshape: Primitive = Primitive("reshape", .reshape, told: .moved, zero: .carried) { g, _, x, _ in
    [g.reshaped(x[0].shape)]
  }
  public static let broadcast: Primitive = Primitive("broadcast_to", .broadcast, told: .moved, zero: .carried) {
    g, _, _, _ in [g]
  }
  public static let transpose: Family<[Int]> = Family("transpose", { .transpose($0) }, told: .moved, zero: .carried) {
    g, _, _, kernel in
    var inverse = kernel.permutation
    for (i, axis) in kernel.permutation.enumerated() { inverse[axis] = i }
    return [g.transposed(inverse)]
  }
  public static let slice: Family<Cut> = Family("slice", { .slice($0) }, told: .moved, zero: .carried) {
    g, _, x, kernel in
    [g.embedded(starts: kernel.cut.starts, steps: kernel.cut.steps, in: x[0].shape)]
  }
  public static let embed: Family<Cut> = Family(
    "embed", { .embed($0) },
    told: .moved,
    zero: .rule { y, x, p, kernel in
      y.builder.merged([
        Pattern(
          structural: p[0].structural ?? y.builder.constant(true, shape: x[0].shape), strong: p[0].strong,
          quiet: p[0].quiet)
      ]) {
        $0[0].map { y.builder.add(.embed(kernel.cut), [$0.broadcast(to: x[0].shape)], shape: y.shape, type: .bool) }
      }
    }
  ) { g, _, x, kernel in
    [g.sliced(starts: kernel.cut.starts, steps: kernel.cut.steps, extents: x[0].shape.extents)]
  }
  public static let window: Family<Window> = Family("window", { .window($0) }, told: .moved, zero: .carried) {
    g, _, x, kernel in
    [g.builder.add(.windowAdjoint(kernel.window), [g, x[1]], shape: x[0].shape, type: g.type), nil]
  }
  public static let windowAdjoint: Family<Window> = Family(
    "window_adjoint", { .windowAdjoint($0) },
    told: .moved,
    zero: .rule { y, x, p, kernel in
      y.builder.merged([
        Pattern(
          structural: p[0].structural ?? y.builder.constant(true, shape: x[0].shape), strong: p[0].strong,
          quiet: p[0].quiet)
      ]) {
        $0[0].map {
          y.builder.add(
            .windowAdjoint(kernel.window), [$0.broadcast(to: x[0].shape), x[1]], shape: y.shape, type: .bool)
        }
      }
    }
  ) { g, _, x, kernel in
    [g.builder.add(.window(kernel.window), [g, x[1]], shape: x[0].shape, type: g.type), nil]
  }
  public static let concat: Family<Int> = Family("concat", { .concat(axis: $0) }, told: .moved, zero: .carried) {
    g, _, x, kernel in
    var start = 0
    let axis = kernel.axis
    return x.map { part in
      defer { start += part.shape[axis] }
      return g.sliced(axis: axis, from: start, count: part.shape[axis])
    }
  }

  static let sum: Family<[Int]> = Family("sum", { .reduce(.sum, axes: $0) }, told: .total(.sum), zero: .any) {
    g, _, x, kernel in
    [spread(g.converted(to: x[0].type), over: kernel.axes, x[0])]
  }
  /// The root of the sum of squares; what takes its value has the rule.
  static let norm: Family<[Int]> = Family(
    "norm", { .reduce(.norm, axes: $0) }, told: .total(.length), zero: .any, gradient: nil)
  static let largest: Family<[Int]> = Family(
    "max", { .reduce(.max, axes: $0) }, told: .total(.greatest), zero: .extremum, gradient: extremumGradient)
  static let smallest: Family<[Int]> = Family(
    "min", { .reduce(.min, axes: $0) }, told: .total(.least), zero: .extremum, gradient: extremumGradient)
  static let any: Family<[Int]> = Family(
    "any", { .reduceLogic(.or, axes: $0) }, told: .total(.any), zero: .lost, gradient: nil)
  static let all: Family<[Int]> = Family(
    "all", { .reduceLogic(.and, axes: $0) }, told: .total(.all), zero: .lost, gradient: nil)

  public static let take: Family<Int> = Family("take", { .take(axis: $0) }, told: .moved, zero: .carried) {
    g, _, x, kernel in
    [g.builder.add(.takeAdjoint(kernel.axis), [g, x[1]], shape: x[0].shape, type: g.type), nil]
  }
  public static let takeAdjoint: Family<Int> = Family(
    "take_adjoint", { .takeAdjoint(axis: $0) }, told: .total(.sum), zero: .scattered
  ) {
    g, _, x, kernel in
    [g.taken(x[1], axis: kernel.axis), nil]
  }
  public static let gather: Family<Int> = Family("gather", { .gather(axis: $0) }, told: .moved, zero: .carried) {
    g, _, x, kernel in
    [g.builder.add(.gatherAdjoint(kernel.axis), [g, x[1]], shape: x[0].shape, type: g.type), nil]
  }
  public static let gatherAdjoint: Family<Int> = Family(
    "gather_adjoint", { .gatherAdjoint(axis: $0) }, told: .total(.sum), zero: .scattered
  ) {
    g, _, x, kernel in
    [g.gathered(x[1], axis: kernel.axis), nil]
  }

  public static let matrixProduct: Primitive = Primitive(
    "matmul", .matrixProduct,
    told: .products,
    zero: .rule { y, x, p, _ in
      y.builder.merged([p[0], p[1]]) { masks in
        // Beside a factor without zeros all that counts is whether a row, or a column, has an entry that isn't one.
        func hasEntry(_ mask: Symbol, _ x: Symbol, along axis: Int) -> Symbol {
          var extents = x.shape
          extents[axis] = 1
          let any = y.builder.add(
            .any([axis]), [mask.broadcast(to: x.shape)], shape: x.shape.removing([axis]), type: .bool)
          return any.reshaped(extents).broadcast(to: y.shape)
        }
        let rank = y.shape.rank
        if let mask = masks[0], masks[1] == nil { return hasEntry(mask, x[0], along: rank - 1) }
        if masks[0] == nil, let mask = masks[1] { return hasEntry(mask, x[1], along: rank - 2) }
        func dense(_ mask: Symbol?, _ x: Symbol) -> Symbol {
          mask.map { $0.broadcast(to: x.shape).converted(to: .float32) } ?? y.builder.ones(x.shape, type: .float32)
        }
        let paths = y.builder.add(
          .matrixProduct, [dense(masks[0], x[0]), dense(masks[1], x[1])], shape: y.shape, type: .float32)
        return .compare(.greater, paths, y.builder.constant(0))
      }
    }
  ) { g, _, x, _ in
    [.matrixProduct(g, x[1].matrixTransposed), .matrixProduct(x[0].matrixTransposed, g), nil, nil]
  }

  public static let uniform: Primitive = Primitive("uniform", .uniform, told: .drawn, zero: .lost, gradient: nil)
  public static let normal: Primitive = Primitive("normal", .normal, told: .drawn, zero: .lost, gradient: nil)

  /// The value without its past: nothing flows back.
  public static let stopGradient: Primitive = Primitive(
    "stop_gradient", .reshape, told: .moved, zero: .kept, gradient: nil)

  /// Vanished axes brought back as copies.
  static func spread(_ g: Symbol, over axes: [Int], _ x: Symbol) -> Symbol {
    var kept = x.shape
    for axis in axes { kept[axis] = 1 }
    return g.reshaped(kept).broadcast(to: x.shape)
  }

  /// Shared between equals; the losers are gated.
  private static let extremumGradient: Rules.Gradient = { g, y, x, kernel in
    let axes = kernel.axes
    let winners = Symbol.compare(.equal, x[0], spread(y, over: axes, x[0]))
    let count = winners.converted(to: g.type).summed(over: axes)
    let isShared = Symbol.logic(.and, winners, spread(count.compared(.greater, 1), over: axes, x[0]))
    let share = Symbol.keep(winners, spread(g / count, over: axes, x[0]))
    return [share.chosen(for: spread(g, over: axes, x[0]), where: isShared, of: x)]
  }
}

extension Symbol {
  static func map(not x: Symbol) -> Symbol { x.builder.add(.not, [x.asBool], shape: x.shape, type: .bool) }
}

extension ZeroRule {
  /// As `kept`, for the first of two operands that broadcast.
  static func kept(stretched: Bool) -> ZeroRule {
    .rule { y, _, p, _ in p[0].map { $0.broadcast(to: y.shape) } }
  }

  /// What a mask leaves of its other operand; what a fixed mask removes is removed for good.
  public static let masked: ZeroRule = .rule { y, x, p, _ in
    let builder = y.builder
    let mask = x[0].broadcast(to: y.shape)
    func narrowed(_ known: Symbol?) -> Symbol {
      known.map { .logic(.and, $0.broadcast(to: y.shape), mask) } ?? mask
    }
    let structural = builder.isFixed(x[0].reference) ? narrowed(p[1].structural) : p[1].structural
    return Pattern(
      structural: structural?.broadcast(to: y.shape), strong: narrowed(p[1].strong),
      quiet: p[1].quiet.map { narrowed($0) })
  }

  /// A product whose strong zeros have been cut out: its own zeros say what they were.
  static let asProduct: ZeroRule = .rule { _, _, p, _ in p[1] }

  /// A mask read as numbers is zero where it is false, for ever if the mask is fixed.
  public static let converted: ZeroRule = .rule { y, x, p, _ in
    guard x[0].type == .bool, y.type != .bool else { return y.type == .bool ? .full : p[0] }
    return y.builder.isFixed(x[0].reference)
      ? Pattern(structural: x[0], strong: nil) : Pattern(structural: nil, strong: x[0])
  }

  /// The greatest cause along the axes that vanish.
  public static let any: ZeroRule = .rule { y, _, p, kernel in
    func reached(_ mask: Symbol?) -> Symbol? {
      guard let mask, !mask.isMet(along: kernel.axes) else { return nil }
      return y.builder.add(.any(kernel.axes), [mask], shape: y.shape, type: .bool)
    }
    return Pattern(structural: reached(p[0].structural), strong: reached(p[0].strong), quiet: reached(p[0].quiet))
  }

  /// Structural only if all candidates are; gated where only strong zeros reach the extremum.
  public static let extremum: ZeroRule = .rule { y, x, p, kernel in
    let axes = kernel.axes
    guard let strong = p[0].strong else { return .full }
    let structural = p[0].structural.map { y.builder.add(.any(axes), [$0], shape: y.shape, type: .bool) }
    let winners = Symbol.logic(.and, strong, Symbol.compare(.equal, x[0], Primitive.spread(y, over: axes, x[0])))
    let unsettled = Symbol.logic(.or, winners, Symbol.map(.isNaN, toMask: Primitive.spread(y, over: axes, x[0])))
    return Pattern(
      structural: structural, strong: y.builder.add(.any(axes), [unsettled], shape: y.shape, type: .bool))
  }

  /// What lands nowhere is zero: for ever if the indices are fixed, else for now.
  public static let scattered: ZeroRule = .rule { y, x, p, _ in
    guard case .apply(let primitive, _) = y.node.kind else { return .full }
    func landed(_ mask: Symbol?) -> Symbol {
      let marks =
        mask.map { $0.broadcast(to: x[0].shape).converted(to: .float32) }
        ?? y.builder.ones(x[0].shape, type: .float32)
      let counts = y.builder.add(primitive, [marks, x[1]], shape: y.shape, type: .float32)
      return .compare(.greater, counts, y.builder.constant(0))
    }
    let isFixed = y.builder.isFixed(x[1].reference)
    return Pattern(
      structural: isFixed ? landed(p[0].structural) : nil, strong: landed(p[0].strong),
      quiet: p[0].quiet.map { landed($0) })
  }
}

extension Symbol {
  /// Whether a mask of where something landed is true somewhere along axes, whatever the indices are: along the one that
  /// they count.
  fileprivate func isMet(along axes: [Int]) -> Bool {
    let graph = builder.graph
    guard let comparison = graph.primitive(of: reference), case .compare(.greater) = comparison.kernel,
      let counts = graph.operands(of: reference).first, let primitive = graph.primitive(of: counts)
    else { return false }
    let axis: Int
    if case .takeAdjoint(let counted) = primitive.kernel {
      axis = counted
    } else if case .gatherAdjoint(let counted) = primitive.kernel {
      axis = counted
    } else {
      return false
    }
    let (marks, least) = (graph.operands(of: counts)[0], graph.operands(of: reference)[1])
    var (given, whole) = (graph[marks].shape.extents, graph[counts].shape.extents)
    guard axes.contains(axis), given.count == whole.count, given[axis] > 0 else { return false }
    // Fewer rows of indices leave others without any.
    (given[axis], whole[axis]) = (0, 0)
    return given == whole && builder.constantNumber(marks) == 1 && builder.constantNumber(least) == 0
  }

  /// A property of each element.
  static func map(_ primitive: Primitive, toMask x: Symbol) -> Symbol {
    let x = x.asFloat
    return x.builder.add(primitive, [x], shape: x.shape, type: .bool)
  }
}

/// Families by their short names, where one is asked for.
extension Family<[Int]> {
  static var sum: Self { Primitive.sum }
  static var norm: Self { Primitive.norm }
  static var product: Self { Primitive.product }
  static var largest: Self { Primitive.largest }
  static var smallest: Self { Primitive.smallest }
  static var any: Self { Primitive.any }
  static var all: Self { Primitive.all }
}

extension Family<Int> {
  static var runningSum: Self { Primitive.runningSum }
  static var runningProduct: Self { Primitive.runningProduct }
  static var argmax: Self { Primitive.argmax }
  static var argmin: Self { Primitive.argmin }
}
