import CKernels
import Graphs
import Tensors

/// Steps in a row that work on the rows of their operands, each by itself: they are done for a few rows at a time, so that what
/// passes between them stays in a cache, and several threads share the rows.
final class RowBlock: Sendable {
  /// Where a step of the block finds a value.
  enum Place: Sendable {
    /// The same for all rows: a buffer or a parameter of the plan.
    case outside(Plan.Place)
    /// As many bytes for each row, in a buffer or a parameter of the plan.
    case rows(Plan.Place, bytes: Int)
    /// As many bytes for each row, in memory of the thread's own.
    case own(bytes: Int)
  }

  let steps: Range<Int>
  let rows: Int
  /// Rows at a time.
  let height: Int
  /// What the steps of a block have as their buffers.
  let places: [Place]
  /// Steps that know of no rows: done once, before all others.
  let first: [Plan.Step]
  /// For all rows of a block, and for the rows of the last one.
  let whole: [Plan.Step]
  let last: [Plan.Step]
  /// What all rows take, in the units of `Price`.
  let work: Double

  fileprivate init(
    steps: Range<Int>, rows: Int, height: Int, places: [Place], first: [Plan.Step], whole: [Plan.Step],
    last: [Plan.Step], work: Double
  ) {
    (self.steps, self.rows, self.height, self.places) = (steps, rows, height, places)
    (self.first, self.whole, self.last, self.work) = (first, whole, last, work)
  }

  var count: Int { (rows + height - 1) / height }
}

extension RowBlock {
  /// Elements below which nothing is gained.
  private static let leastCount = 1 << 15
  /// Bytes of the widest value of a block: a few of them fit into the second cache.
  private static let mostBytes = 3 << 16

  /// All that there are in a plan.
  static func all(in plan: Plan) -> [RowBlock] {
    var blocks: [RowBlock] = []
    for (number, step) in plan.steps.enumerated() where number >= blocks.last?.steps.upperBound ?? 0 {
      guard let rows = reducedRows(step), rows >= 8, step.operands[0].shape.count >= leastCount else { continue }
      var first = number
      let least = blocks.last?.steps.upperBound ?? 0
      while first > least, kind(plan.steps[first - 1], rows: rows) != nil { first -= 1 }
      var end = number + 1
      while end < plan.steps.count, kind(plan.steps[end], rows: rows) != nil { end += 1 }
      if let block = RowBlock(plan, first..<end, rows: rows) { blocks.append(block) }
    }
    return blocks
  }

  /// The rows of a step that makes one number of each.
  private static func reducedRows(_ step: Plan.Step) -> Int? {
    guard step.fusion == nil, case .reduce(_, let axes) = step.primitive.kernel, step.shape.count > 0 else {
      return nil
    }
    let rank = step.operands[0].shape.rank
    return axes == Array(rank - axes.count..<rank) ? step.shape.count : nil
  }

  private enum Kind { case rows, number }

  /// Whether a step works row by row, or on numbers alone; nil if it does neither.
  private static func kind(_ step: Plan.Step, rows: Int) -> Kind? {
    if let fusion = step.fusion {
      guard fusion.ends.isEmpty, fusion.shape.count % rows == 0, fusion.domain.isFlat || fusion.domain.rows == rows
      else { return nil }
      return .rows
    }
    if reducedRows(step) == rows { return .rows }
    if case .fill = step.primitive.kernel, step.shape.count == 1 { return .number }
    guard step.primitive.kernel.traits.contains(.elementwise) else { return nil }
    if step.shape.count == 1 { return .number }
    guard step.shape.count % rows == 0,
      step.operands.allSatisfy({ $0.shape.count == step.shape.count || $0.shape.count == 1 })
    else { return nil }
    return .rows
  }

  /// Nil where a step reads what another one hasn't done for all rows, or where nothing is gained.
  private convenience init?(_ plan: Plan, _ range: Range<Int>, rows: Int) {
    var writer = Writer(plan, range, rows: rows)
    for number in range { guard writer.add(plan.steps[number]) else { return nil } }
    guard writer.widest > 0, writer.rowSteps > 1 else { return nil }
    var height = Swift.max(Self.mostBytes / writer.widest, 2)
    // One row alone isn't walked as rows.
    while height > 2, rows % height == 1 { height -= 1 }
    guard rows > height, rows % height != 1 else { return nil }
    let rest = rows % height == 0 ? height : rows % height
    self.init(
      steps: range, rows: rows, height: height, places: writer.places, first: writer.first,
      whole: writer.steps(height: height), last: writer.steps(height: rest), work: writer.work)
  }
}

/// A block that is being written.
private struct Writer {
  private(set) var places: [RowBlock.Place] = []
  private(set) var first: [Plan.Step] = []
  /// Bytes of a row of the widest value.
  private(set) var widest = 0
  private(set) var rowSteps = 0
  private(set) var work = 0.0
  private let plan: Plan
  private let range: Range<Int>
  private let rows: Int
  private var parts: [Plan.Step] = []
  /// Where the plan's places are in the block, as rows and as the same for all.
  private var numbers: [Plan.Place: Int] = [:]
  private var values: [Plan.Place: Int] = [:]
  /// Buffers that the block's rows have been written to.
  private var written: Set<Int> = []

  init(_ plan: Plan, _ range: Range<Int>, rows: Int) { (self.plan, self.range, self.rows) = (plan, range, rows) }

  mutating func add(_ step: Plan.Step) -> Bool {
    let isNumber = step.fusion == nil && step.shape.count == 1
    var own = step
    for (position, operand) in step.operands.enumerated() {
      let isRows =
        if let fusion = step.fusion { fusion.walks[position] == .whole || fusion.walks[position] == .column } else {
          !isNumber && operand.shape.count != 1
        }
      guard let place = isRows ? row(operand.place, operand.shape.count * operand.type.stride) : same(operand.place)
      else { return false }
      own.operands[position].place = .slot(place)
    }
    if isNumber {
      // Each has a place of its own: others of the plan serve several, one after another.
      places.append(.own(bytes: 0))
      numbers[.slot(step.target)] = places.count - 1
      own.target = places.count - 1
      first.append(own)
      return true
    }
    rowSteps += 1
    work += (step.fusion?.work ?? 0.5) * Double(step.operands.map(\.shape.count).max() ?? 0)
    if var fusion = step.fusion {
      for target in fusion.targets.indices {
        let slot = fusion.targets[target].slot
        guard let place = row(.slot(slot), fusion.shape.count * fusion.targets[target].stride, isResult: true) else {
          return false
        }
        fusion.targets[target].slot = place
      }
      own.fusion = fusion
      own.target = fusion.targets[0].slot
    } else {
      guard let place = row(.slot(step.target), step.shape.count * step.type.stride, isResult: true) else {
        return false
      }
      own.target = place
    }
    parts.append(own)
    return true
  }

  /// What is the same for all rows; nil for what the block's rows make.
  private mutating func same(_ place: Plan.Place) -> Int? {
    if let known = numbers[place] { return known }
    if case .slot(let slot) = place, written.contains(slot) { return nil }
    places.append(.outside(place))
    numbers[place] = places.count - 1
    return places.count - 1
  }

  private mutating func row(_ place: Plan.Place, _ bytes: Int, isResult: Bool = false) -> Int? {
    let each = bytes / rows
    widest = max(widest, each)
    if isResult, case .slot(let slot) = place {
      // What was read as one for all rows can't be written row by row.
      if numbers[place] != nil { return nil }
      written.insert(slot)
    }
    if let known = values[place] { return known }
    var isOwn = false
    if isResult, case .slot(let slot) = place { isOwn = !isRead(slot) }
    places.append(isOwn ? .own(bytes: each) : .rows(place, bytes: each))
    values[place] = places.count - 1
    return places.count - 1
  }

  /// Whether a buffer is read after the block as the block left it.
  private func isRead(_ slot: Int) -> Bool {
    for step in plan.steps[range.upperBound...] {
      if step.operands.contains(where: { $0.place == .slot(slot) }) { return true }
      let targets = step.fusion.map { $0.targets.map(\.slot) } ?? [step.target]
      if targets.contains(slot) { return false }
    }
    return plan.outputs.contains { $0.place == .slot(slot) }
  }

  /// The steps for so many rows.
  func steps(height: Int) -> [Plan.Step] {
    parts.map { part in
      var step = part
      func shape(_ count: Int) -> Shape { count == 1 ? .scalar : Shape([height * (count / rows)]) }
      if var fusion = part.fusion {
        fusion.domain = fusion.domain.part(height: height, of: rows)
        fusion.code = FusionCode(isPart: true)
        step.shape = fusion.domain.shape
        step.fusion = fusion
        return step
      }
      if case .reduce = part.primitive.kernel, let primitive = part.primitive.over([1]) {
        step.primitive = primitive
        step.operands[0].shape = Shape([height, part.operands[0].shape.count / rows])
        step.shape = Shape([height])
        return step
      }
      step.shape = shape(part.shape.count)
      for position in part.operands.indices {
        step.operands[position].shape = shape(part.operands[position].shape.count)
      }
      if part.loop != nil { step.loop = BroadcastLoop(step.operands.map(\.shape), over: step.shape) }
      return step
    }
  }
}
