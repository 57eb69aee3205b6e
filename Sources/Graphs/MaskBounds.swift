import CKernels
import Refusals
import Tensors

extension Builder {
  /// What a mask is, whatever the variables hold that it depends on; nil where that differs from time to time, or nobody
  /// can tell.
  ///
  /// The least and the greatest that it may be are computed: where they are equal, it is that. As with other values that
  /// are asked for, the graph is right only as long as what isn't a variable is what it is.
  public func settledMask(_ mask: Symbol) throws(Refusal) -> Tensor? {
    if variables(of: mask).isEmpty { return try value(of: mask) }
    var bounds = MaskBounds(self)
    guard let (least, greatest) = bounds.bounds(of: mask.reference) else { return nil }
    let values = try runner.valuesHere(
      bounds.part, outputs: [least, greatest], parameters: bounds.values, memoryLimit: memoryLimit)
    guard values[0].hasSameBits(as: values[1]) else { return nil }
    for (reference, value) in zip(bounds.read, bounds.values) { noteDemand(of: reference, value) }
    return values[0]
  }
}

/// What masks are at least and at most, where they depend on values that nobody knows yet.
private struct MaskBounds {
  private enum Bounds {
    /// It doesn't depend on what is unknown.
    case known(Graph.Reference, isCount: Bool)
    /// A mask, or how often masks are true: numbers that aren't negative.
    case between(least: Graph.Reference, greatest: Graph.Reference)
    case unknown

    func ends(countsOnly: Bool) -> (least: Graph.Reference, greatest: Graph.Reference)? {
      switch self {
      case .known(let reference, let isCount): isCount || !countsOnly ? (reference, reference) : nil
      case .between(let least, let greatest): (least, greatest)
      case .unknown: nil
      }
    }
  }

  private let builder: Builder
  private(set) var part = Graph()
  /// The values that it was found by, and the nodes that have them.
  private(set) var values: [Tensor] = []
  private(set) var read: [Graph.Reference] = []
  private var known: [Graph.Reference: Bounds] = [:]

  init(_ builder: Builder) { self.builder = builder }

  mutating func bounds(of mask: Graph.Reference) -> (least: Graph.Reference, greatest: Graph.Reference)? {
    let needed = builder.graph.needed(for: [mask])
    for index in builder.graph.nodes.indices where needed[index] {
      let reference = Graph.Reference(index: index)
      known[reference] = bounds(builder.graph[reference], reference)
    }
    return known[mask]?.ends(countsOnly: false)
  }

  private mutating func bounds(_ node: Graph.Node, _ reference: Graph.Reference) -> Bounds {
    switch node.kind {
    case .parameter(let number):
      let parameter = builder.parameters[number]
      if parameter.isAbstract { return anything(node) }
      values.append(parameter.value)
      read.append(reference)
      return .known(part.add(node.made(by: .parameter(values.count - 1))), isCount: node.type == .bool)
    case .apply(let primitive, let operands):
      let x = operands.map { known[$0] ?? .unknown }
      let areCounts = Self.keepsOrder(primitive.kernel)
      var all: [Graph.Reference] = []
      var isCount = areCounts
      for case .known(let reference, let isOne) in x {
        all.append(reference)
        isCount = isCount && isOne
      }
      if case .fill(let constant) = primitive.kernel { isCount = constant.value >= 0 }
      if node.type == .bool { isCount = true }
      if all.count == x.count { return .known(part.add(node.made(by: .apply(primitive, all))), isCount: isCount) }
      if case .not = primitive.kernel, let (least, greatest) = x[0].ends(countsOnly: true) {
        return .between(
          least: part.add(node.made(by: .apply(primitive, [greatest]))),
          greatest: part.add(node.made(by: .apply(primitive, [least]))))
      }
      let ends = x.compactMap { $0.ends(countsOnly: areCounts) }
      guard ends.count == x.count, areCounts || Self.comparesCounts(primitive.kernel, x) else { return anything(node) }
      return .between(
        least: part.add(node.made(by: .apply(primitive, ends.map(\.least)))),
        greatest: part.add(node.made(by: .apply(primitive, ends.map(\.greatest)))))
    }
  }

  /// A mask of which nothing is known, or a number.
  private mutating func anything(_ node: Graph.Node) -> Bounds {
    guard node.type == .bool else { return .unknown }
    let ends = [0.0, 1.0].map { part.add(node.made(by: .apply(.fill(Constant($0)), []))) }
    return .between(least: ends[0], greatest: ends[1])
  }

  /// Whether more true entries, and greater counts, give no fewer and no smaller ones.
  private static func keepsOrder(_ kernel: Kernel) -> Bool {
    switch kernel {
    case .logic(let function), .reduceLogic(let function, axes: _): function != .xor
    case .convert, .reshape, .broadcast, .transpose, .slice, .embed, .concat, .matrixProduct: true
    case .map, .zip, .compare, .test, .not, .select, .keep, .fill, .iota, .window, .windowAdjoint, .reduce, .argument,
      .scan, .take, .takeAdjoint, .gather, .gatherAdjoint, .planned, .loop, .uniform, .normal, .host:
      false
    }
  }

  /// Whether it asks of counts if they are greater than something that is known.
  private static func comparesCounts(_ kernel: Kernel, _ x: [Bounds]) -> Bool {
    guard case .compare(.greater) = kernel, case .between = x[0], case .known = x[1] else { return false }
    return true
  }
}
