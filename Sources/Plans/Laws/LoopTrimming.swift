import Graphs
import Tensors

/// A graph in which loops do only what is read of them, and loops by one body are one.
///
/// A loop's results are read by slices of its vector: what none of them reads is no longer kept, what that took is no
/// longer computed, and what it would have read isn't needed any more either.
struct LoopTrimming {
  private(set) var graph = Graph()
  /// The names of the laws that found something to do in bodies.
  private(set) var fired: [String] = []
  private let whole: Graph
  /// The vectors of the trimmed loops, by the numbers of their groups.
  private var vectors: [Int: Graph.Reference] = [:]
  private(set) var moved: [Graph.Reference?]

  init(_ whole: Graph, outputs: [Graph.Reference], laws: [Simplify.Law]) {
    self.whole = whole
    moved = [Graph.Reference?](repeating: nil, count: whole.nodes.count)
    var search = Search(whole, outputs: outputs, laws: Simplify.Law.anywhere(of: laws))
    search.run()
    for index in whole.nodes.indices where search.isNeeded[index] { moved[index] = move(index, search) }
    for group in search.groups {
      for name in group.fired where !fired.contains(name) { fired.append(name) }
    }
  }

  subscript(reference: Graph.Reference) -> Graph.Reference {
    guard let result = moved[reference.index] else { preconditionFailure("only what is needed is kept") }
    return result
  }

  private mutating func move(_ index: Int, _ search: Search) -> Graph.Reference {
    let node = whole.nodes[index]
    guard case .apply(let primitive, let operands) = node.kind else { return graph.add(node) }
    if let number = search.group[index] {
      let group = search.groups[number]
      let vector: Graph.Reference
      if let known = vectors[number] {
        vector = known
      } else {
        let kept = group.operands.map { self[operands[$0]] }
        let kind = Graph.Node.Kind.apply(group.trimmed.primitive, kept)
        vector = graph.add(Graph.Node(kind: kind, shape: group.trimmed.shape, type: group.trimmed.type))
        vectors[number] = vector
      }
      guard !group.isWhole, let read = search.soleRead(of: index) else { return vector }
      return slice(node, of: vector, group.trimmed, read)
    }
    if let source = operands.first, let number = search.group[source.index], let read = search.reads[index],
      let vector = vectors[number]
    {
      return slice(node, of: vector, search.groups[number].trimmed, read)
    }
    return graph.add(node.made(by: .apply(primitive, operands.map { self[$0] })))
  }

  /// A slice of the old vector as one of the new.
  private mutating func slice(
    _ node: Graph.Node, of vector: Graph.Reference, _ loop: GraphLoop, _ read: Search.Read
  ) -> Graph.Reference {
    // Of what nobody reads nothing is left.
    guard let part = loop.parts.first(where: { $0.result == read.renamed }) else { return vector }
    var result = vector
    if node.shape != loop.shape {
      let cut = Cut(starts: [part.offset + read.offset], steps: [1])
      result = graph.add(Graph.Node(kind: .apply(.slice(cut), [vector]), shape: node.shape, type: loop.type))
    }
    guard loop.type != node.type else { return result }
    return graph.add(Graph.Node(kind: .apply(.convert, [result]), shape: node.shape, type: node.type))
  }
}

extension LoopTrimming {
  /// Which nodes are needed, and what is read of which loop: from the last node to the first.
  private struct Search {
    /// What a slice takes: a result, from a place of it on.
    struct Read {
      var result: GraphLoop.Result
      /// The same in the trimmed loop.
      var renamed: GraphLoop.Result
      var offset: Int
    }

    /// Loops with the same body and operands.
    struct Group {
      var members: [Int] = []
      var kept: [GraphLoop.Result] = []
      /// Something reads the vector as it is.
      var isWhole = false
      var trimmed: GraphLoop
      /// The operands that are left.
      var operands: [Int] = []
      var fired: [String] = []
    }

    private struct Key: Hashable {
      let loop: GraphLoop
      let operands: [Graph.Reference]
    }

    let whole: Graph
    let laws: [Simplify.Law]
    private(set) var isNeeded: [Bool]
    private(set) var groups: [Group] = []
    private(set) var group: [Int?]
    private(set) var reads: [Int: Read] = [:]
    private var renames: [Int: [GraphLoop.Result: GraphLoop.Result]] = [:]
    private var parts: [Graph.Reference: [GraphLoop.Part]] = [:]
    private let outputs: [Graph.Reference]

    init(_ whole: Graph, outputs: [Graph.Reference], laws: [Simplify.Law]) {
      (self.whole, self.outputs, self.laws) = (whole, outputs, laws)
      isNeeded = [Bool](repeating: false, count: whole.nodes.count)
      group = [Int?](repeating: nil, count: whole.nodes.count)
    }

    mutating func run() {
      // Whoever reads a vector of several results other than by slices of one wants all of it: that loop stays by itself.
      var isReadWhole = Set(outputs.filter { whole[$0].isLoop && parts(of: $0)?.count != 1 }.map(\.index))
      for index in whole.nodes.indices {
        guard case .apply(let primitive, let operands) = whole.nodes[index].kind else { continue }
        for operand in operands where whole[operand].isLoop {
          if let read = read(primitive, whole.nodes[index], of: operand) {
            reads[index] = read
          } else if parts(of: operand)?.count != 1 {
            isReadWhole.insert(operand.index)
          }
        }
      }
      join(besides: isReadWhole)
      for output in outputs {
        isNeeded[output.index] = true
        note(reading: output, by: nil)
      }
      for index in whole.nodes.indices.reversed() where isNeeded[index] || groupIsNeeded(startingAt: index) {
        isNeeded[index] = true
        let operands = whole.operands(of: Graph.Reference(index: index))
        guard let number = group[index] else {
          for operand in operands {
            isNeeded[operand.index] = true
            note(reading: operand, by: index)
          }
          continue
        }
        guard groups[number].members.first == index else { continue }
        trim(number)
        for position in groups[number].operands {
          isNeeded[operands[position].index] = true
          note(reading: operands[position], by: index)
        }
      }
      rename()
    }

    private func groupIsNeeded(startingAt index: Int) -> Bool {
      guard let number = group[index], groups[number].members.first == index else { return false }
      return groups[number].members.contains { isNeeded[$0] }
    }

    private mutating func join(besides isReadWhole: Set<Int>) {
      var known: [Key: Int] = [:]
      for index in whole.nodes.indices {
        guard case .apply(let primitive, let operands) = whole.nodes[index].kind, let loop = primitive.kernel.loop
        else {
          continue
        }
        let key = Key(loop: loop.keeping([]), operands: operands)
        if isReadWhole.contains(index) {
          groups.append(Group(members: [index], kept: loop.kept, isWhole: true, trimmed: loop))
        } else if let number = known[key] {
          groups[number].members.append(index)
          group[index] = number
          continue
        } else {
          known[key] = groups.count
          groups.append(Group(members: [index], trimmed: loop))
        }
        group[index] = groups.count - 1
      }
    }

    private mutating func parts(of reference: Graph.Reference) -> [GraphLoop.Part]? {
      if let parts = parts[reference] { return parts }
      parts[reference] = whole.primitive(of: reference)?.kernel.loop?.parts
      return parts[reference]
    }

    private mutating func read(_ primitive: Primitive, _ node: Graph.Node, of operand: Graph.Reference) -> Read? {
      guard case .slice(let cut) = primitive.kernel, cut.steps == [1] || node.shape.count <= 1,
        let parts = parts(of: operand)
      else { return nil }
      let places = cut.starts[0]..<cut.starts[0] + node.shape.count
      guard !places.isEmpty,
        let part = parts.first(where: {
          $0.places.lowerBound <= places.lowerBound && places.upperBound <= $0.places.upperBound
        })
      else { return nil }
      return Read(result: part.result, renamed: part.result, offset: places.lowerBound - part.offset)
    }

    /// A result that is read: what a slice takes, or the only one that there is.
    private mutating func note(reading operand: Graph.Reference, by index: Int?) {
      guard let number = group[operand.index], !groups[number].isWhole else { return }
      let read = index.flatMap { reads[$0]?.result } ?? parts(of: operand)?.first?.result
      if let read, !groups[number].kept.contains(read) { groups[number].kept.append(read) }
    }

    /// The only result of a loop, as a slice would take it.
    func soleRead(of index: Int) -> Read? {
      guard let number = group[index], let own = parts[Graph.Reference(index: index)], own.count == 1 else {
        return nil
      }
      return Read(result: own[0].result, renamed: renames[number]?[own[0].result] ?? own[0].result, offset: 0)
    }

    private mutating func trim(_ number: Int) {
      let trimmer = LoopTrimmer(groups[number].trimmed.keeping(groups[number].kept), laws: laws)
      (groups[number].trimmed, groups[number].operands) = (trimmer.loop, trimmer.operands)
      groups[number].fired = trimmer.fired
      renames[number] = trimmer.renamed
    }

    /// What slices read, as the trimmed loops call it.
    private mutating func rename() {
      for (index, read) in reads where isNeeded[index] {
        guard let source = whole.operands(of: Graph.Reference(index: index)).first,
          let number = group[source.index], let renamed = renames[number]?[read.result]
        else { continue }
        reads[index]?.renamed = renamed
      }
    }
  }
}

extension Simplify.Law {
  /// Those of some laws that are about no graph's parameters: they serve in a loop's body, too.
  static func anywhere(of laws: [Simplify.Law]) -> [Simplify.Law] {
    let names = Set((exact + speculative).map(\.name))
    return laws.filter { names.contains($0.name) }
  }
}
