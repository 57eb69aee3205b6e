import Exports
import Graphs
import Tensors

/// A graph cut into stretches that run here and on a device in turn.
///
/// Stretches with an even number run here: what the device's language lacks, and single numbers that follow from
/// parameters alone.
struct Stages {
  struct Stage {
    let isHere: Bool
    fileprivate(set) var graph = Graph()
    /// The whole graph's nodes that its parameters stand for.
    fileprivate(set) var inputs: [Graph.Reference] = []
    /// The whole graph's nodes that it computes for others.
    fileprivate(set) var results: [Graph.Reference] = []
    fileprivate(set) var outputs: [Graph.Reference] = []
    /// Products of which some entries are not to be looked at; without that they must be finite.
    fileprivate var guarded: [Graph.Reference] = []
    fileprivate var moved: [Graph.Reference: Graph.Reference] = [:]
  }

  private(set) var stages: [Stage] = []
  private let whole: Graph
  private var numbers: [Int]

  init(_ whole: Graph, outputs: [Graph.Reference]) {
    self.whole = whole
    numbers = [Int](repeating: 0, count: whole.nodes.count)
    for index in whole.nodes.indices {
      let reference = Graph.Reference(index: index)
      numbers[index] = number(of: reference)
    }
    var needed: Set<Graph.Reference> = Set(outputs)
    var wanted: Set<Graph.Reference> = Set(outputs)
    for index in whole.nodes.indices.reversed() {
      let reference = Graph.Reference(index: index)
      guard needed.contains(reference) else { continue }
      for operand in operands(of: reference) {
        needed.insert(operand)
        if numbers[operand.index] != numbers[index] { wanted.insert(operand) }
      }
    }
    let last = needed.map { numbers[$0.index] }.max() ?? 0
    stages = (0...last).map { Stage(isHere: $0.isMultiple(of: 2)) }
    for reference in needed.sorted() where whole.primitive(of: reference) != nil {
      let number = numbers[reference.index]
      let moved = move(reference, into: number)
      if wanted.contains(reference), !isConstant(reference) || outputs.contains(reference) {
        stages[number].results.append(reference)
        stages[number].outputs.append(moved)
      }
    }
    for number in stages.indices { guardProducts(of: number) }
  }

  // MARK: Where a node runs

  private func number(of reference: Graph.Reference) -> Int {
    guard let primitive = whole.primitive(of: reference), !isConstant(reference) else { return 0 }
    let before = operands(of: reference).map { numbers[$0.index] }.max() ?? 0
    let isHere = !StableHLO.canWrite(primitive.kernel)
    let isSmall = before == 0 && ([reference] + operands(of: reference)).allSatisfy { whole[$0].shape.count == 1 }
    if isSmall { return 0 }
    return before.isMultiple(of: 2) == isHere ? before : before + 1
  }

  /// Made anew wherever it is read.
  private func isConstant(_ reference: Graph.Reference) -> Bool {
    guard case .apply(let primitive, let operands) = whole[reference].kind else { return false }
    return operands.isEmpty && StableHLO.canWrite(primitive.kernel)
  }

  private func operands(of reference: Graph.Reference) -> [Graph.Reference] {
    guard let primitive = whole.primitive(of: reference), StableHLO.canWrite(primitive.kernel) else {
      return whole.operands(of: reference)
    }
    return ExportedProgram.operands(of: reference, in: whole)
  }

  // MARK: The stretches

  private mutating func move(_ reference: Graph.Reference, into number: Int) -> Graph.Reference {
    if let known = stages[number].moved[reference] { return known }
    let node = whole[reference]
    let result: Graph.Reference
    if case .apply(let primitive, let all) = node.kind,
      numbers[reference.index] == number || isConstant(reference)
    {
      let x = operands(of: reference).map { move($0, into: number) }
      result = stages[number].graph.add(node.made(by: .apply(primitive, x)))
      if all.count == 4, case .matrixProduct = primitive.kernel { stages[number].guarded.append(result) }
    } else {
      result = stages[number].graph.add(node.made(by: .parameter(stages[number].inputs.count)))
      stages[number].inputs.append(reference)
    }
    stages[number].moved[reference] = result
    return result
  }

  /// One more output: whether every guarded product is finite.
  private mutating func guardProducts(of number: Int) {
    var all: Graph.Reference?
    for product in stages[number].guarded {
      let finite = stages[number].graph.isFinite(product)
      all = all.map { stages[number].graph.and($0, finite) } ?? finite
    }
    if let all { stages[number].outputs.append(all) }
  }
}

extension Stages.Stage {
  /// The last output says whether strong zeros could be left aside.
  var isGuarded: Bool { outputs.count > results.count }
}
