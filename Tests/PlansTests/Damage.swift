import Tensors
import TestSupport

@testable import Graphs
@testable import Plans

/// A plan that can be changed for the worse.
struct Damage {
  var steps: [Plan.Step]
  var slots: [Int]
  var outputs: [Plan.Operand]
  let graph: Graph
  private var random: SplitMix

  init(_ specimen: Specimen, seed: Int) {
    (steps, slots, outputs) = (specimen.plan.steps, specimen.plan.slots, specimen.plan.outputs)
    graph = specimen.graph
    random = SplitMix(seed &* 2_654_435_761 &+ 99)
  }

  enum Kind: CaseIterable {
    case operandType, operandShape, operandSource, operandPlace, operandTurned, operandsSwapped, operandDropped
    case resultType, resultShape, resultSlot, attribute, operation, loop, guarding, shape
    case slotSize, slotFreedEarly, stepMovedUp, stepDropped, output, outputDropped
    case partType, partOperand, partOrder, partResult, partOperation, partGuarding, partRests, partDropped
    case walk, domain, targetSlot, targetStride, partials, strips, endOperand, endColumns, endDropped
  }

  /// Does a damage; false where this plan has nothing of the kind.
  mutating func `do`(_ kind: Kind) -> Bool {
    switch kind {
    case .operandType: changeOperand { $0.type = $0.type == .bool ? .float32 : $0.type == .float32 ? .float64 : .bool }
    case .operandShape: changeOperand { $0.shape = Shape($0.shape.extents + [2]) }
    case .operandSource: changeOperand { $0.source = Graph.Reference(index: $0.source.index + 1) }
    case .operandPlace:
      changeOperand { operand in
        switch operand.place {
        case .parameter(let number): operand.place = .parameter(number + 1)
        case .slot: operand.place = .slot(999)
        }
      }
    case .operandTurned: changeOperand { $0.isTransposed.toggle() }
    case .operandsSwapped:
      changeStep {
        guard $0.fusion == nil, $0.operands.count > 1, $0.operands[0].source != $0.operands[1].source else {
          return false
        }
        $0.operands.swapAt(0, 1)
        return true
      }
    case .operandDropped:
      changeStep {
        guard $0.fusion == nil, !$0.operands.isEmpty else { return false }
        $0.operands.removeLast()
        return true
      }
    case .resultType: changePlain { $0.type = $0.type == .bool ? .float32 : .bool }
    case .resultShape: changePlain { $0.shape = Shape($0.shape.extents + [3]) }
    case .resultSlot: changePlain { $0.target += 1_000 }
    case .attribute:
      changeStep {
        guard $0.fusion == nil, let other = $0.primitive.damaged else { return false }
        $0.primitive = other
        return true
      }
    case .operation: changePlain { $0.primitive = $0.primitive === Primitive.add ? .subtract : .add }
    case .loop:
      changeStep {
        guard let loop = $0.loop else { return false }
        let other = BroadcastLoop([Shape([2, 1, 2]), Shape([2, 3, 1])], over: Shape([2, 3, 2]))
        $0.loop = loop.inner.isMultiple(of: 2) ? nil : other
        return true
      }
    case .guarding: changeAny { $0.isGuarded.toggle() }
    case .shape: changeAny { $0.shape = Shape($0.shape.extents + [2]) }
    case .slotSize: changeSlot()
    case .slotFreedEarly: freeEarly()
    case .stepMovedUp: moveUp()
    case .stepDropped: drop()
    case .output: changeOutput()
    case .outputDropped: outputs.popLast() != nil
    case .partType: changePart { $0.type = $0.type == .bool ? .float32 : .bool }
    case .partOperand:
      changePart { $0.operands[0].place = $0.operands[0].place == .strip(40) ? .strip(41) : .strip(40) }
    case .partOrder: movePartUp()
    case .partResult: changePart { $0.result = $0.result == .strip(0) ? .strip(1) : .strip(0) }
    case .partOperation: changePart { $0.primitive = $0.primitive === Primitive.add ? .subtract : .add }
    case .partGuarding: changePart { $0.isGuarded.toggle() }
    case .partRests: changePart { $0.end = ($0.end ?? -1) + 1 }
    case .partDropped: changeFusion { if !$0.parts.isEmpty { $0.parts.remove(at: $1 % $0.parts.count) } }
    case .walk:
      changeFusion { fusion, number in
        let place = number % fusion.walks.count
        fusion.walks[place] = fusion.walks[place] == .whole ? .row : .whole
      }
    case .domain: changeFusion { fusion, _ in fusion.domain = Domain(Shape([fusion.shape.count + 1])) }
    case .targetSlot: changeFusion { $0.targets[$1 % $0.targets.count].slot += 1 }
    case .targetStride: changeFusion { $0.targets[$1 % $0.targets.count].stride *= 2 }
    case .partials:
      changeEnd { end in
        end.partials = end.partials == nil ? end.target : nil
        return true
      }
    case .strips: changeFusion { fusion, _ in fusion.stripCount -= 1 }
    case .endOperand:
      changeEnd { end in
        end.operand.place = .strip(77)
        return true
      }
    case .endColumns:
      changeEnd { end in
        end.isOfColumns.toggle()
        return true
      }
    case .endDropped: changeFusion(where: { !$0.ends.isEmpty }) { $0.ends.remove(at: $1 % $0.ends.count) }
    }
  }

  // MARK: Steps

  private mutating func any(where isFit: (Plan.Step) -> Bool = { _ in true }) -> Int? {
    steps.indices.filter { isFit(steps[$0]) }.randomElement(using: &random)
  }

  private mutating func changeStep(_ change: (inout Plan.Step) -> Bool) -> Bool {
    for index in steps.indices.shuffled(using: &random) where change(&steps[index]) { return true }
    return false
  }

  private mutating func changeAny(_ change: (inout Plan.Step) -> Void) -> Bool {
    guard let index = any() else { return false }
    change(&steps[index])
    return true
  }

  private mutating func changePlain(_ change: (inout Plan.Step) -> Void) -> Bool {
    guard let index = any(where: { $0.fusion == nil }) else { return false }
    change(&steps[index])
    return true
  }

  private mutating func changeOperand(_ change: (inout Plan.Operand) -> Void) -> Bool {
    guard let index = any(where: { !$0.operands.isEmpty }) else { return false }
    let place = steps[index].operands.indices.randomElement(using: &random) ?? 0
    change(&steps[index].operands[place])
    return true
  }

  private mutating func changeSlot() -> Bool {
    guard let slot = slots.indices.randomElement(using: &random) else { return false }
    slots[slot] += Bool.random(using: &random) ? 1 : -1
    return true
  }

  private mutating func changeOutput() -> Bool {
    guard let place = outputs.indices.randomElement(using: &random) else { return false }
    switch Int.random(in: 0..<3, using: &random) {
    case 0: outputs[place].type = outputs[place].type == .bool ? .float64 : .bool
    case 1: outputs[place].shape = Shape(outputs[place].shape.extents + [4])
    default: outputs[place].place = .slot(500)
    }
    return true
  }

  /// The slots that a step writes.
  private func written(by step: Plan.Step) -> [Int] { step.fusion?.targets.map(\.slot) ?? [step.target] }

  /// Pairs of a step and a later one that reads what it wrote, with the slot.
  private var readings: [(writer: Int, reader: Int, slot: Int)] {
    var result: [(Int, Int, Int)] = []
    for writer in steps.indices {
      for slot in written(by: steps[writer]) {
        for reader in steps.indices where reader > writer {
          if steps[reader].operands.contains(where: { $0.place == .slot(slot) }) {
            result.append((writer, reader, slot))
          }
          if written(by: steps[reader]).contains(slot) { break }
        }
      }
    }
    return result
  }

  /// A step in between writes where something waits to be read.
  private mutating func freeEarly() -> Bool {
    let fit = readings.filter { $0.reader - $0.writer > 1 }
    guard let (writer, reader, slot) = fit.randomElement(using: &random) else { return false }
    let between = (writer + 1..<reader).filter { steps[$0].fusion == nil && steps[$0].target != slot }
    guard let thief = between.randomElement(using: &random) else { return false }
    let old = steps[thief].target
    steps[thief].target = slot
    for later in steps.indices where later > thief {
      if later == reader { continue }
      for place in steps[later].operands.indices
      where steps[later].operands[place].source == steps[thief].reference
        && steps[later].operands[place].place == .slot(old)
      {
        steps[later].operands[place].place = .slot(slot)
      }
    }
    return true
  }

  private mutating func moveUp() -> Bool {
    guard let (writer, reader, _) = readings.randomElement(using: &random) else { return false }
    let step = steps.remove(at: reader)
    steps.insert(step, at: writer)
    return true
  }

  private mutating func drop() -> Bool {
    guard let (writer, _, _) = readings.randomElement(using: &random) else { return false }
    steps.remove(at: writer)
    return true
  }

  // MARK: Fused steps

  private mutating func changeFusion(
    where isFit: (Fusion) -> Bool = { _ in true }, _ change: (inout Fusion, Int) -> Void
  ) -> Bool {
    guard let index = any(where: { $0.fusion.map(isFit) ?? false }), var fusion = steps[index].fusion else {
      return false
    }
    change(&fusion, Int.random(in: 0..<1_000, using: &random))
    steps[index].fusion = fusion
    return true
  }

  private mutating func changePart(_ change: (inout Fusion.Part) -> Void) -> Bool {
    changeFusion { fusion, number in change(&fusion.parts[number % fusion.parts.count]) }
  }

  private mutating func changeEnd(_ change: (inout Fusion.End) -> Bool) -> Bool {
    var isDone = false
    let isFound = changeFusion(where: { !$0.ends.isEmpty }) { fusion, number in
      isDone = change(&fusion.ends[number % fusion.ends.count])
    }
    return isFound && isDone
  }

  /// A part before one that it reads.
  private mutating func movePartUp() -> Bool {
    var isDone = false
    let isFound = changeFusion { fusion, number in
      var pairs: [(Int, Int)] = []
      for reader in fusion.parts.indices {
        for writer in fusion.parts.indices where writer < reader {
          if fusion.parts[reader].operands.contains(where: { $0.source == fusion.parts[writer].reference }) {
            pairs.append((writer, reader))
          }
        }
      }
      guard !pairs.isEmpty else { return }
      let (writer, reader) = pairs[number % pairs.count]
      fusion.parts.insert(fusion.parts.remove(at: reader), at: writer)
      isDone = true
    }
    return isFound && isDone
  }
}

extension Primitive {
  /// The same operation with something else to know; nil where it knows nothing.
  var damaged: Primitive? {
    let kernel: Kernel
    switch self.kernel {
    case .fill(let constant): kernel = .fill(Constant(constant.value + 1))
    case .transpose(let permutation): kernel = .transpose(permutation.map { $0 + 1 })
    case .slice(let cut): kernel = .slice(Cut(starts: cut.starts.map { $0 + 1_000 }, steps: cut.steps))
    case .embed(let cut): kernel = .embed(Cut(starts: cut.starts, steps: cut.steps + [1]))
    case .window(let window): kernel = .window(Window(axis: window.axis + 9, step: window.step))
    case .windowAdjoint(let window): kernel = .windowAdjoint(Window(axis: window.axis, step: window.step * 1_000))
    case .concat(let axis): kernel = .concat(axis: axis + 9)
    case .reduce(let op, let axes): kernel = .reduce(op, axes: axes + [9])
    case .reduceLogic(let op, let axes): kernel = .reduceLogic(op, axes: axes + [9])
    case .argument(let largest, let axis): kernel = .argument(largest: largest, axis: axis - 9)
    case .scan(let op, let axis): kernel = .scan(op, axis: axis + 9)
    case .take(let axis): kernel = .take(axis: axis + 9)
    case .takeAdjoint(let axis): kernel = .takeAdjoint(axis: axis + 9)
    case .gather(let axis): kernel = .gather(axis: axis + 9)
    case .gatherAdjoint(let axis): kernel = .gatherAdjoint(axis: axis + 9)
    case .loop(let loop):
      kernel = .loop(
        GraphLoop(loop.body, count: loop.count + 1, isReversed: loop.isReversed, kept: loop.kept + [.states(99)]))
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .iota, .broadcast,
      .matrixProduct, .planned, .uniform, .normal, .host:
      return nil
    }
    return Primitive(rules, kernel)
  }
}
