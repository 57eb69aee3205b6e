import Plans
import Syntax
import Tensors

/// A program with everything looked up, so that what runs again and again asks nothing anew, and counts no owners.
@safe final class LoopCode {
  enum Node {
    case stretch(Int)
    case branch(Int, then: Range<Int>, otherwise: Range<Int>)
    case rounds(Int)
    case single(Int)
    case leave(Progress.Leaving)
  }

  /// A row of things of one kind.
  @safe struct Row<Element> {
    let first: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
      count = elements.count
      unsafe first = .allocate(capacity: max(count, 1))
      unsafe first.initialize(from: elements, count: count)
    }

    subscript(position: Int) -> Element {
      @inline(__always) get {
        precondition(position >= 0 && position < count)
        return unsafe first[position]
      }
      @inline(__always) nonmutating set {
        precondition(position >= 0 && position < count)
        unsafe first[position] = newValue
      }
    }

    func free() {
      unsafe first.deinitialize(count: count)
      unsafe first.deallocate()
    }
  }

  struct Stretch {
    let takings: Range<Int>
    let placement: Int?
    let places: Range<Int>
    let notes: Range<Int>
    let effects: Range<Int>
    let ticks: Int
    let draws: Int
    let statements: Int
    let answer: ResultNumber?
    let draw: NumberPlace?
    /// Whether there are checks of whole tensors, or numbers that a loop asks for.
    let hasTests: Bool
    let hasNumbers: Bool
  }

  struct PlaceCheck {
    let number: ResultNumber
    let least: Int
    let extent: Int
  }

  struct Effect {
    let name: Int
    let site: Int
    let register: Int
    let ticks: Int
  }

  struct Note {
    let place: Int
    let version: LoopProgram.Effect.Version
  }

  /// The only variable of a loop, where it is a number.
  struct Counter {
    let name: Int
    let site: Int
    let register: Int
    let place: NumberPlace
  }

  struct Rounds {
    /// For each round that is unlike the others, and for those, its nodes and the stretch that asks the condition.
    let bodies: Range<Int>
    let counter: Counter?
    /// The numbers that it goes over.
    let numbers: Numbers?
    let isOpen: Bool
  }

  enum Numbers {
    /// These of the row of all numbers.
    case listed(Range<Int>)
    /// Steps of one length: ranges may be long.
    case stepping(from: Double, by: Double)
  }

  struct Body {
    let nodes: Range<Int>
    let test: Int?
  }

  let nodes: Row<Node>
  let stretches: Row<Stretch>
  let takings: Row<TakingOver>
  let places: Row<PlaceCheck>
  let notes: Row<Note>
  let effects: Row<Effect>
  let rounds: Row<Rounds>
  let bodies: Row<Body>
  let numbers: Row<Double>

  // What isn't asked for again and again.
  private(set) var stretchSources: [LoopProgram.Stretch] = []
  private(set) var placements: [Placement] = []
  private(set) var tests: [[LoopProgram.Check]] = []
  private(set) var conditions: [Expression] = []
  private(set) var roundsSources: [LoopProgram.Rounds] = []
  private(set) var singles: [Statement] = []
  let root: Int

  /// Collects what the rows get.
  private struct Collection {
    var nodes: [Node] = []
    var stretches: [Stretch] = []
    var takings: [TakingOver] = []
    var places: [PlaceCheck] = []
    var notes: [Note] = []
    var effects: [Effect] = []
    var rounds: [Rounds] = []
    var bodies: [Body] = []
    var numbers: [Double] = []
    var stretchSources: [LoopProgram.Stretch] = []
    var placements: [Placement] = []
    var tests: [[LoopProgram.Check]] = []
    var conditions: [Expression] = []
    var roundsSources: [LoopProgram.Rounds] = []
    var singles: [Statement] = []
    let registers: [LoopProgram.Register]

    init(_ registers: [LoopProgram.Register]) { self.registers = registers }

    mutating func append<T>(_ new: [T], to row: WritableKeyPath<Collection, [T]>) -> Range<Int> {
      let first = self[keyPath: row].count
      self[keyPath: row] += new
      return first..<first + new.count
    }

    mutating func add(_ list: [LoopProgram.Node]) -> Range<Int> {
      var made: [Node] = []
      for node in list {
        switch node {
        case .stretch(let stretch): made.append(.stretch(add(stretch)))
        case .branch(let branch):
          let (then, otherwise) = (add(branch.then), add(branch.otherwise))
          conditions.append(branch.condition)
          made.append(.branch(conditions.count - 1, then: then, otherwise: otherwise))
        case .rounds(let rounds): made.append(.rounds(add(rounds)))
        case .single(let statement, _):
          singles.append(statement)
          made.append(.single(singles.count - 1))
        case .leave(let leaving): made.append(.leave(leaving))
        }
      }
      return append(made, to: \.nodes)
    }

    mutating func add(_ stretch: LoopProgram.Stretch) -> Int {
      let results = stretch.passage.results
      var (checks, others): ([PlaceCheck], [LoopProgram.Check]) = ([], [])
      for check in stretch.checks {
        switch check {
        case .places(let place, let extent) where results[place].count == 1:
          checks.append(PlaceCheck(number: ResultNumber(results[place]), least: -extent, extent: extent))
        case .window(let place, let count, let extent):
          checks.append(PlaceCheck(number: ResultNumber(results[place]), least: 0, extent: extent - count + 1))
        case .places, .holds, .close: others.append(check)
        }
      }
      // A statement that puts entries to their places is the last of its stretch.
      precondition(stretch.placements.count <= 1)
      placements += stretch.placements.map { $0.placement(results) }
      let code = Stretch(
        takings: append(stretch.commits.map { TakingOver(results[$0.result], in: $0.target) }, to: \.takings),
        placement: stretch.placements.isEmpty ? nil : placements.count - 1, places: append(checks, to: \.places),
        notes: append(
          stretch.effects.flatMap { $0.notes.map { Note(place: $0.place, version: $0.version) } }, to: \.notes),
        effects: append(
          stretch.effects.map { Effect(name: $0.name, site: $0.site, register: $0.register, ticks: $0.ticks) },
          to: \.effects), ticks: stretch.ticks, draws: stretch.draws, statements: stretch.statements.count,
        answer: stretch.test.map { ResultNumber(results[$0]) }, draw: NumberPlace(stretch.draw),
        hasTests: !others.isEmpty, hasNumbers: !stretch.numbers.isEmpty)
      stretches.append(code)
      stretchSources.append(stretch)
      tests.append(others)
      return stretches.count - 1
    }

    mutating func add(_ loop: LoopProgram.Rounds) -> Int {
      var made: [Body] = []
      for round in loop.rounds { made.append(Body(nodes: add(round.body), test: round.test.map { add($0) })) }
      var counter: Counter?
      if loop.variables.count == 1, let variable = loop.variables.first {
        let leaf = registers[variable.register].leaves[0].value
        if leaf.count == 1, leaf.shape.rank == 0, leaf.type == .literal {
          counter = Counter(
            name: variable.name, site: variable.site, register: variable.register, place: NumberPlace(leaf))
        }
      }
      var known: Numbers?
      if case .elements(let elements) = loop.count, let all = elements.numbers, let first = all.first, counter != nil {
        let step = all.count > 1 ? all[1] - first : 0
        let isEven = all.indices.allSatisfy { (first + Double($0) * step).bitPattern == all[$0].bitPattern }
        known = isEven ? .stepping(from: first, by: step) : .listed(append(all, to: \.numbers))
      }
      let isOpen = if case .open = loop.count { true } else { false }
      rounds.append(
        Rounds(bodies: append(made, to: \.bodies), counter: counter, numbers: known, isOpen: isOpen))
      roundsSources.append(loop)
      return rounds.count - 1
    }
  }

  /// The number of a round.
  func number(_ numbers: Numbers, _ round: Int) -> Double {
    switch numbers {
    case .listed(let places): self.numbers[places.lowerBound + round]
    case .stepping(let first, let step): first + Double(round) * step
    }
  }

  init(_ program: LoopProgram) {
    var all = Collection(program.registers)
    root = all.add(program.root)
    (nodes, stretches, takings) = (Row(all.nodes), Row(all.stretches), Row(all.takings))
    (places, notes, effects) = (Row(all.places), Row(all.notes), Row(all.effects))
    (rounds, bodies, numbers) = (Row(all.rounds), Row(all.bodies), Row(all.numbers))
    (stretchSources, placements, tests) = (all.stretchSources, all.placements, all.tests)
    (conditions, roundsSources, singles) = (all.conditions, all.roundsSources, all.singles)
  }

  deinit {
    nodes.free()
    stretches.free()
    takings.free()
    places.free()
    notes.free()
    effects.free()
    rounds.free()
    bodies.free()
    numbers.free()
  }
}
