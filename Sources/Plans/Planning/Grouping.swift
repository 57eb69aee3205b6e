import CKernels
import Graphs
import Tensors

/// Which elementwise nodes, with the sums at their ends, are computed together strip by strip.
struct Grouping {
  /// Below this many elements everything is in a cache anyway, and one call a node is faster.
  private static let leastCount = 4_096
  fileprivate static let leastStretched = 1 << 17
  private static let mostNodes = 20_000

  let needed: [Bool]
  private let graph: Graph
  private var groups: [Int?]
  private var memberLists: [[Int]] = []
  private var domains: [Domain] = []

  init(_ graph: Graph, outputs: [Graph.Reference]) {
    self.graph = graph
    var needed = [Bool](repeating: false, count: graph.nodes.count)
    for output in outputs { needed[graph.source(of: output).index] = true }
    for index in graph.nodes.indices.reversed() where needed[index] {
      for read in graph.reads(of: Graph.Reference(index: index)) { needed[read.source.index] = true }
    }
    self.needed = needed
    groups = [Int?](repeating: nil, count: graph.nodes.count)
    guard graph.nodes.count <= Self.mostNodes else { return }
    for index in graph.nodes.indices where needed[index] {
      if gk_is_interrupted() != 0 { break }
      assign(index)
    }
    for (group, members) in memberLists.enumerated() where members.count == 1 && !isStretched(group) {
      groups[members[0]] = nil
      memberLists[group] = []
    }
  }

  /// Whether a group walks over rows, and over so many that several threads gain.
  private func isStretched(_ group: Int) -> Bool {
    !domains[group].isFlat && domains[group].shape.count >= Self.leastStretched
  }

  func group(of index: Int) -> Int? { groups[index] }
  /// In the order of the graph.
  func members(of group: Int) -> [Int] { memberLists[group] }
  func domain(of group: Int) -> Domain { domains[group] }

  /// What a group reads from outside, each once.
  func reads(of group: Int) -> [Planner.Read] {
    var reads: [Planner.Read] = []
    for member in memberLists[group] {
      for read in graph.reads(of: Graph.Reference(index: member))
      where groups[read.source.index] != group && !reads.contains(read) {
        reads.append(read)
      }
    }
    return reads
  }

  private mutating func assign(_ index: Int) {
    guard let primitive = graph.primitive(of: Graph.Reference(index: index)) else { return }
    let node = graph.nodes[index]
    let reads = graph.reads(of: Graph.Reference(index: index))
    let isWhole = isWholeReduction(index, primitive)
    let rows = graph.summedRows(of: Graph.Reference(index: index))
    let isEnd = isWhole || rows != nil
    guard isEnd ? reads[0].shape.count >= Self.leastCount : isCandidate(node, primitive) else { return }
    let shape = isEnd ? reads[0].shape : node.shape
    let near = Set(reads.compactMap { groups[$0.source.index] }).sorted(by: >)
    for group in near where domains[group].shape == shape && !memberLists[group].isEmpty {
      if !isEnd { for other in near where other != group { merge(other, into: group) } }
      let outside = isEnd ? [] : reads.filter { groups[$0.source.index] != group }
      if let domain = rows.map(domains[group].cut) ?? domains[group].joined(by: outside),
        domain.isFlat || !(isWhole && primitive.isSum) && !memberLists[group].contains(where: isWholeSum),
        reads.allSatisfy({ fits($0, in: group) })
      {
        domains[group] = domain
        memberLists[group].append(index)
        groups[index] = group
        return
      }
    }
    guard !isEnd, let domain = Domain(shape).joined(by: reads) else { return }
    groups[index] = memberLists.count
    memberLists.append([index])
    domains.append(domain)
  }

  /// Members of a group that others may still join: tiles are for groups of few.
  private static let mostMerged = 24

  /// Makes one group of two that are read together, if neither waits for what waits for the other.
  private mutating func merge(_ other: Int, into group: Int) {
    let members = (memberLists[group] + memberLists[other]).sorted()
    guard let domain = domains[group].merged(with: domains[other]), members.count <= Self.mostMerged,
      domain.isFlat || !members.contains(where: isWholeSum),
      areFree(memberLists[group], beside: other), areFree(memberLists[other], beside: group)
    else { return }
    for member in memberLists[other] { groups[member] = group }
    (memberLists[group], memberLists[other], domains[group]) = (members, [], domain)
  }

  /// Whether a group's members read of another group its elements alone, and nothing that waits for it.
  private func areFree(_ members: [Int], beside other: Int) -> Bool {
    members.allSatisfy { member in
      graph.reads(of: Graph.Reference(index: member)).allSatisfy { read in
        groups[read.source.index] == groups[member] || fits(read, in: other)
      }
    }
  }

  private func isCandidate(_ node: Graph.Node, _ primitive: Primitive) -> Bool {
    primitive.kernel.traits.contains(.elementwise) && node.shape.count >= Self.leastCount && node.shape.count < .max
  }

  private func isWholeReduction(_ index: Int, _ primitive: Primitive) -> Bool {
    guard case .apply(_, let operands) = graph.nodes[index].kind else { return false }
    switch primitive.kernel {
    case .reduce(let op, let axes):
      let x = graph[operands[0]]
      return op.canEndFused(x.type) && axes.count == x.shape.rank
    case .reduceLogic(let op, let axes): return op != .xor && axes.count == graph[operands[0]].shape.rank
    default: return false
    }
  }

  private func isWholeSum(_ index: Int) -> Bool {
    graph.nodes[index].shape.rank == 0 && graph.primitive(of: Graph.Reference(index: index))?.isSum == true
  }

  /// Whether a member may read this: a member's elements, or something that doesn't wait for the group.
  private func fits(_ read: Planner.Read, in group: Int) -> Bool {
    guard groups[read.source.index] == group else { return !waits(read.source.index, for: group) }
    return graph[read.source].shape == read.shape && read.shape == domains[group].shape
  }

  /// Whether a node can be computed only after a group.
  private func waits(_ index: Int, for group: Int) -> Bool {
    let first = memberLists[group][0]
    var seen: Set<Int> = []
    var waiting = [index]
    while let next = waiting.popLast() {
      let unit = groups[next].map { memberLists[$0] } ?? [next]
      for member in unit where member > first && seen.insert(member).inserted {
        for read in graph.reads(of: Graph.Reference(index: member)) {
          if groups[read.source.index] == group { return true }
          if read.source.index > first { waiting.append(read.source.index) }
        }
      }
    }
    return false
  }
}

extension gk_reduction {
  /// Whether a whole sum of elements of this type can be made strip by strip.
  func canEndFused(_ type: ElementType) -> Bool { self == .sum || self == .norm && type == .float32 }
}

extension Graph {
  /// The rows that a node adds up column by column, so many and so long that a group does it as it goes.
  func summedRows(of reference: Reference) -> Int? {
    guard case .apply(let primitive, let operands) = self[reference].kind,
      case .reduce(let op, let axes) = primitive.kernel
    else { return nil }
    let x = self[operands[0]]
    guard op.canEndFused(x.type), axes == Array(0..<axes.count), axes.count < x.shape.rank,
      Grouping.leastStretched..<Int.max ~= x.shape.count
    else { return nil }
    let rows = x.shape.extents.prefix(axes.count).reduce(1, *)
    return rows > 1 && x.shape.count / rows > Fusion.shortRow ? rows : nil
  }
}

extension Primitive {
  fileprivate var isSum: Bool { if case .reduce = kernel { true } else { false } }
}

/// The elements a group walks over, as rows and columns.
struct Domain: Sendable {
  /// How an operand from outside is walked.
  enum Walk: Sendable, Equatable {
    case whole
    /// One row for all rows, one column for all columns.
    case row
    case column
    case number
  }

  let shape: Shape
  private(set) var rows: Int
  private(set) var columns: Int

  init(_ shape: Shape) {
    self.shape = shape
    (rows, columns) = (1, shape.count)
  }

  var isFlat: Bool { rows == 1 }

  /// Cut into so many rows; nil if it has another cut.
  func cut(rows: Int) -> Domain? {
    guard isFlat else { return self.rows == rows ? self : nil }
    var domain = self
    (domain.rows, domain.columns) = (rows, shape.count / rows)
    return domain
  }

  /// With the cut of either; nil if they have different ones.
  func merged(with other: Domain) -> Domain? {
    guard shape == other.shape else { return nil }
    return other.isFlat ? self : cut(rows: other.rows)
  }

  /// So many of the rows that there are.
  func part(height: Int, of all: Int) -> Domain {
    var part = Domain(isFlat ? Shape([columns / all * height]) : Shape([height, columns]))
    if !isFlat { (part.rows, part.columns) = (height, columns) }
    return part
  }

  /// With the cut between rows and columns that these operands ask for; nil if they don't agree on one.
  func joined(by reads: [Planner.Read]) -> Domain? {
    var domain = self
    for read in reads where read.shape.count != shape.count && read.shape.count != 1 {
      guard let cut = Self.cut(read.shape, over: shape) else { return nil }
      if domain.isFlat {
        domain.rows = cut
        domain.columns = shape.count / cut
      } else if domain.rows != cut {
        return nil
      }
    }
    return domain
  }

  func walk(_ operand: Shape) -> Walk {
    if operand.count == 1 { return .number }
    if operand.count == shape.count { return .whole }
    let strides = BroadcastLoop.strides(of: operand, over: shape)
    let last = shape.extents.indices.last { shape[$0] != 1 } ?? 0
    return strides[last] == 0 ? .column : .row
  }

  /// The number of rows if an operand is one row, or one column, stretched.
  private static func cut(_ operand: Shape, over shape: Shape) -> Int? {
    let strides = BroadcastLoop.strides(of: operand, over: shape)
    var rows = 1
    var changes = 0
    var wasStretched: Bool?
    for axis in 0..<shape.rank where shape[axis] != 1 {
      let isStretched = strides[axis] == 0
      if let before = wasStretched, before != isStretched { changes += 1 }
      if changes == 0 { rows *= shape[axis] }
      wasStretched = isStretched
    }
    return changes == 1 && rows > 1 ? rows : nil
  }
}
