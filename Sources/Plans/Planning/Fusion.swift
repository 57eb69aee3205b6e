import CKernels
import Graphs
import Tensors

/// Elementwise operations over one shape, run together strip by strip: what passes between them stays in the first
/// cache, and what comes from outside is read once.
struct Fusion: Sendable {
  /// Elements of a strip: the run that the reduction kernel makes sums of, so that they come out the same.
  static let strip = 1_024

  /// Where a part finds an operand or leaves its result.
  enum Place: Sendable, Equatable {
    /// An operand of the step, by number.
    case outside(Int)
    /// A strip of scratch memory.
    case strip(Int)
    /// A buffer of the step, by its position among the targets.
    case target(Int)
  }

  /// What a part reads: the node, and where it is.
  struct Operand: Sendable {
    var source: Graph.Reference
    var place: Place
  }

  struct Part: Sendable {
    var reference: Graph.Reference
    var primitive: Primitive
    var type: ElementType
    var operandType: ElementType
    var operands: [Operand]
    var result: Place
    /// The result must be finite.
    var isGuarded = false
    /// The logical reduction that alone needs this, if one does: once it is decided, the part rests.
    var end: Int?
  }

  /// A sum or a norm, of everything or of each column, or whether any or all is true.
  struct End: Sendable {
    var reference: Graph.Reference
    var primitive: Primitive
    var type: ElementType
    var operandType: ElementType
    var operand: Operand
    var target: Int
    /// A slot for the sums of runs.
    var partials: Int?
    /// Whether it is one of each column.
    var isOfColumns = false
  }

  struct Target: Sendable {
    var slot: Int
    var stride: Int
  }

  var domain: Domain
  var parts: [Part] = []
  var ends: [End] = []
  /// Buffers written; those of ends are numbers, or rows of them.
  var targets: [Target] = []
  var walks: [Domain.Walk] = []
  /// Strips of scratch that are needed at once.
  var stripCount = 0
  var names: [String] = []
  /// What an element takes, in the units of `Price`.
  var work = 0.0
  /// The group as machine code, where that is worth it.
  var code = FusionCode()

  var shape: Shape { domain.shape }

  /// Runs that a sum is made of.
  var runs: Int { (shape.count + Self.strip - 1) / Self.strip }

  /// The accumulators of one sum.
  var accumulatorBytes: Int {
    sumsColumns ? (gk_column_levels(domain.rows) + 1) * Self.strip * 8 : Int(GK_TILE) * 8
  }
  /// What one thread needs.
  var scratchBytes: Int { stripCount * Self.strip * 8 + ends.count * accumulatorBytes }

  /// Columns, at most, of rows that are too short to be strips of their own.
  static let shortRow = Int(GK_NARROW)
  /// Rows of one strip where rows are short.
  var rowsAtOnce: Int { writesOut ? Self.strip / domain.columns : 1 }
  /// Operands that are stretched row by row are written out into strips of their own.
  var writesOut: Bool { !domain.isFlat && domain.columns <= Self.shortRow }

  /// Whether it goes through its rows column by column, for their sums.
  var sumsColumns: Bool { ends.contains(where: \.isOfColumns) }
}

extension Planner {
  /// One step for a group.
  mutating func emit(_ group: Int, reading reads: [Read]) {
    let members = grouping.members(of: group)
    var layout = Layout(
      Fusion(domain: grouping.domain(of: group)), reads, members, lastReader: lastReaders(of: members))
    for member in members {
      let reference = Graph.Reference(index: member)
      guard let primitive = graph.primitive(of: reference) else { continue }
      layout.fusion.names.append(primitive.name)
      if primitive.kernel.traits.contains(.elementwise) {
        emitPart(reference, primitive, in: &layout)
      } else {
        emitEnd(reference, primitive, in: &layout)
      }
    }
    var fusion = layout.fusion
    fusion.stripCount = layout.registers.count
    for end in fusion.ends.indices where fusion.ends[end].type.isFloat && !fusion.ends[end].isOfColumns {
      slots.append(fusion.runs * 8)
      fusion.ends[end].partials = slots.count - 1
    }
    fusion.markRestingParts()
    guard let last = members.last, let primitive = graph.primitive(of: Graph.Reference(index: last)) else { return }
    steps.append(
      Plan.Step(
        reference: Graph.Reference(index: last), primitive: primitive, operands: reads.map(operand),
        target: fusion.targets[0].slot, shape: fusion.shape, type: graph.nodes[last].type, fusion: fusion))
  }

  /// For what the members read the last of them that does; `.max` for what a reduction reads: those come after all parts.
  private func lastReaders(of members: [Int]) -> [Int: Int] {
    var last: [Int: Int] = [:]
    for member in members {
      let reference = Graph.Reference(index: member)
      let isEnd = graph.primitive(of: reference)?.kernel.traits.contains(.elementwise) == false
      for source in graph.reads(of: reference).map(\.source.index) where last[source] != .max {
        last[source] = isEnd ? .max : member
      }
    }
    return last
  }

  private mutating func emitEnd(_ reference: Graph.Reference, _ primitive: Primitive, in layout: inout Layout) {
    let target = target(of: reference, in: &layout)
    let operand = layout.places(of: graph.reads(of: reference))[0]
    layout.fusion.ends.append(
      Fusion.End(
        reference: reference, primitive: primitive, type: graph[reference].type,
        operandType: graph[operand.source].type, operand: operand, target: target,
        isOfColumns: graph.summedRows(of: reference) != nil))
  }

  private mutating func emitPart(_ reference: Graph.Reference, _ primitive: Primitive, in layout: inout Layout) {
    let node = graph[reference]
    let member = reference.index
    let own = graph.reads(of: reference)
    let operands = layout.places(of: own)
    let dying = own.map(\.source.index).filter { layout.isLast(member, toRead: $0) }
    var result: Fusion.Place?
    // Readers outside of the group, the outputs among them.
    if readers[member] > 0 {
      result = .target(target(of: reference, in: &layout))
    } else if layout.lastReader[member] == .max {
      // It has to last until the ends are run.
      result = layout.registers.takeAnother()
    } else if primitive.kernel.traits.contains(.overwrites) {
      for source in dying where graph.nodes[source].type == node.type {
        if case .strip? = layout.places[source] { result = layout.places[source] }
      }
    }
    layout.fusion.work += primitive.kernel.price.rawValue
    let place = result ?? layout.registers.take()
    for source in Set(dying) where layout.places[source] != place { layout.registers.release(layout.places[source]) }
    layout.places[member] = place
    layout.fusion.parts.append(
      Fusion.Part(
        reference: reference, primitive: primitive, type: node.type,
        operandType: own.last.map { graph[$0.source].type } ?? node.type, operands: operands, result: place,
        isGuarded: guarded.contains(reference)))
  }

  /// A buffer of its own for a result that is read outside of the group, by its position among the targets.
  private mutating func target(of reference: Graph.Reference, in layout: inout Layout) -> Int {
    let node = graph[reference]
    let slot = slot(ofBytes: node.byteCount)
    placed[reference.index] = .slot(slot)
    layout.fusion.targets.append(Fusion.Target(slot: slot, stride: node.type.stride))
    return layout.fusion.targets.count - 1
  }
}

/// A group that is being laid out: where its members' results lie, and for how long.
private struct Layout {
  var fusion: Fusion
  var registers: Registers
  var places: [Int: Fusion.Place] = [:]
  let lastReader: [Int: Int]
  private let reads: [Planner.Read]
  private let members: Set<Int>

  init(_ fusion: Fusion, _ reads: [Planner.Read], _ members: [Int], lastReader: [Int: Int]) {
    self.fusion = fusion
    self.fusion.walks = reads.map { fusion.domain.walk($0.shape) }
    self.reads = reads
    self.members = Set(members)
    self.lastReader = lastReader
    registers = Registers(fusion, reads)
  }

  func places(of own: [Planner.Read]) -> [Fusion.Operand] {
    own.map { read in
      Fusion.Operand(
        source: read.source, place: places[read.source.index] ?? .outside(reads.firstIndex(of: read) ?? 0))
    }
  }

  /// Whether a member is the last reader of another one.
  func isLast(_ member: Int, toRead source: Int) -> Bool { members.contains(source) && lastReader[source] == member }
}

/// Strips of scratch in use while a group is laid out.
private struct Registers {
  private(set) var count: Int
  private var free: [Int] = []

  /// The first strips hold operands that are written out.
  init(_ fusion: Fusion, _ reads: [Planner.Read]) { count = fusion.writesOut ? reads.count : 0 }

  mutating func take() -> Fusion.Place { free.popLast().map { .strip($0) } ?? takeAnother() }

  /// One that nothing was in before.
  mutating func takeAnother() -> Fusion.Place {
    count += 1
    return .strip(count - 1)
  }

  mutating func release(_ place: Fusion.Place?) {
    if case .strip(let number)? = place { free.append(number) }
  }
}

extension Fusion {
  /// Backwards: a part that only one logical reduction needs rests once that is decided.
  fileprivate mutating func markRestingParts() {
    /// For each strip the reduction that waits for it; nil where something else does.
    var waiting: [Int: Int?] = [:]
    func note(_ place: Place, _ end: Int?) {
      guard case .strip(let number) = place else { return }
      if let known = waiting[number], known != end {
        waiting[number] = .some(nil)
      } else {
        waiting[number] = .some(end)
      }
    }
    for (number, end) in ends.enumerated() { note(end.operand.place, end.type == .bool ? number : nil) }
    for part in parts.indices.reversed() {
      var end: Int?
      if case .strip(let number) = parts[part].result {
        end = waiting[number] ?? nil
        // Before this part the strip held something else, unless the part works in place.
        waiting[number] = nil
      }
      parts[part].end = parts[part].isGuarded ? nil : end
      if parts[part].isGuarded { end = nil }
      for operand in parts[part].operands { note(operand.place, end) }
    }
  }
}
