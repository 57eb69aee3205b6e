import Graphs
import Plans
import Refusals
import Syntax
import Tensors

/// A loop at the top, with whatever is in it: straight stretches of statements as graphs, and branches and loops between
/// them.
///
/// What names hold lies in registers while it runs. Where a stretch can't go on as it was followed, its statements are run
/// one by one, which says what is wrong, or goes on another way.
final class LoopProgram {
  /// Where a value of a name lies.
  struct Register {
    let name: Int
    /// With stand-ins for what the leaves hold.
    let stored: Stored
    let leaves: [Leaf]
    let trainable: Set<String>
    let frozen: Set<String>
  }

  struct Leaf {
    let value: Tensor
    let isFixed: Bool
    /// Which entries aren't zero for good.
    let zeros: Pattern<Mask>

    enum Mask {
      /// The same ones each time.
      case constant(Tensor)
      /// Others each time, with the value.
      case computed(Tensor)
    }

    /// Where zeros are the same ones each time.
    var constantZeros: Pattern<Tensor>? {
      guard masks.isEmpty else { return nil }
      return zeros.map { mask in
        switch mask {
        case .constant(let mask), .computed(let mask): mask
        }
      }
    }

    /// The masks that are computed with the value.
    var masks: [Tensor] {
      var masks: [Tensor] = []
      for case .computed(let mask)? in [zeros.structural, zeros.strong] { masks.append(mask) }
      return masks
    }
  }

  /// What a statement leaves behind besides values.
  struct Site {
    let register: Int
    /// As it was when the statement was followed.
    let binding: Binding
    /// What its formula has read of what the loop changes, and where the versions are noted.
    let reads: [(key: String, place: Int)]
    /// Where the number of the formula's first draw is noted, and how far behind the stretch's first it is.
    let draw: (place: Int, offset: Int)?
  }

  /// A name that a stretch gives a value.
  struct Effect {
    let name: Int
    let site: Int
    let register: Int
    /// The ticks of the clock up to it.
    let ticks: Int
    /// Versions to be noted: the clock's, so many ticks on, the one that a name has, or the next draw's number.
    let notes: [(place: Int, version: Version)]

    enum Version {
      case ticks(Int)
      case name(Int)
      case draw
    }
  }

  /// Entries that are given values: where they lie, and which results say so.
  struct Placing {
    let axes: [(start: Start, step: Int, count: Int)]
    let value: Int
    let target: Tensor

    enum Start {
      case fixed(Int)
      case result(Int)
    }

    func placement(_ results: [Tensor]) -> Placement {
      let axes = axes.map { axis in
        let start: Placement.Start =
          switch axis.start {
          case .fixed(let number): .fixed(number)
          case .result(let place): .number(ResultNumber(results[place]))
          }
        return Placement.Axis(start: start, step: axis.step, count: axis.count)
      }
      return Placement(axes, in: target, values: results[value])
    }
  }

  /// What must hold of the results of a stretch.
  enum Check {
    case places(Int, extent: Int)
    case window(Int, count: Int, extent: Int)
    case holds(Int)
    case close(Int, Int, Tolerance)
  }

  final class Stretch {
    let statements: [Statement]
    let passage: Passage
    /// Results that become what registers hold.
    let commits: [(result: Int, target: Tensor)]
    let placements: [Placing]
    let checks: [Check]
    let effects: [Effect]
    let ticks: Int
    let draws: Int
    /// Where the number of the first draw is read from.
    let draw: Tensor
    /// The result that a branch or a loop asks about.
    let test: Int?
    /// Results that say how often a loop runs, or over what.
    let numbers: [Int]
    /// What the names must hold: registers; nil where it doesn't matter.
    let entry: [Int?]

    init(
      statements: [Statement], passage: Passage, commits: [(result: Int, target: Tensor)], placements: [Placing],
      checks: [Check], effects: [Effect], ticks: Int, draws: Int, draw: Tensor, test: Int?, numbers: [Int],
      entry: [Int?]
    ) {
      (self.statements, self.passage, self.commits, self.placements) = (statements, passage, commits, placements)
      (self.checks, self.effects, self.ticks, self.draws, self.draw) = (checks, effects, ticks, draws, draw)
      (self.test, self.numbers, self.entry) = (test, numbers, entry)
    }
  }

  final class Branch {
    let condition: Expression
    let then: [Node]
    let otherwise: [Node]

    init(_ condition: Expression, _ then: [Node], else otherwise: [Node]) {
      (self.condition, self.then, self.otherwise) = (condition, then, otherwise)
    }
  }

  /// A loop; its first rounds may be unlike the others.
  final class Rounds {
    /// How often it goes round.
    enum Count {
      case fixed(Int)
      /// As often as the first number of the stretch before says.
      case number
      case elements(Loop.Elements)
      /// From, to and by the numbers of the stretch before.
      case range
      /// Over the entries of the first result of the stretch before.
      case entries
      /// While the condition holds.
      case open(Expression)
    }

    struct Round {
      /// What finds out whether the condition holds.
      let test: Stretch?
      let body: [Node]
      /// What the names must hold before it.
      let entry: [Int?]
    }

    let statement: Statement?
    let word: String
    let count: Count
    let names: [Name]
    /// The registers of its variables, and what they leave behind.
    let variables: [(name: Int, register: Int, site: Int)]
    let rounds: [Round]
    let line: Int

    init(
      _ statement: Statement?, word: String, _ count: Count, names: [Name],
      variables: [(name: Int, register: Int, site: Int)], rounds: [Round], line: Int
    ) {
      (self.statement, self.word, self.count, self.names) = (statement, word, count, names)
      (self.variables, self.rounds, self.line) = (variables, rounds, line)
    }
  }

  enum Node {
    case stretch(Stretch)
    case branch(Branch)
    case rounds(Rounds)
    /// A statement that can't be followed.
    case single(Statement, entry: [Int?])
    case leave(Progress.Leaving)
  }

  let names: [String]
  /// Those that have no formula and are given none.
  let plain: Set<String>
  let registers: [Register]
  let sites: [Site]
  /// How many versions and numbers of draws are noted.
  let noteCount: Int
  let root: Rounds
  /// Statements that are run one by one, and why.
  let followedSingly: [(statement: Statement, reason: String)]

  /// What was asked of the session while it was followed.
  let witness: NameWitness

  init(
    names: [String], plain: Set<String>, registers: [Register], sites: [Site], noteCount: Int, root: Rounds,
    followedSingly: [(statement: Statement, reason: String)], witness: NameWitness
  ) {
    (self.names, self.plain, self.registers, self.sites) = (names, plain, registers, sites)
    (self.noteCount, self.root, self.followedSingly, self.witness) = (noteCount, root, followedSingly, witness)
  }

  /// Whether there is anything in it that is faster than statement by statement.
  var isWorthwhile: Bool { Self.hasStretch(root.rounds.flatMap(\.body)) }

  private static func hasStretch(_ nodes: [Node]) -> Bool {
    nodes.contains { node in
      switch node {
      case .stretch(let stretch): !stretch.statements.isEmpty
      case .branch(let branch): hasStretch(branch.then) || hasStretch(branch.otherwise)
      case .rounds(let rounds): hasStretch(rounds.rounds.flatMap(\.body))
      case .single, .leave: false
      }
    }
  }
}

extension LoopProgram.Check {
  func holds(of results: [Tensor]) -> Bool {
    switch self {
    case .places(let place, let extent):
      let indices = results[place]
      return (0..<indices.count).allSatisfy { number in
        Int(whole: indices[flat: number]).map { (-extent..<extent).contains($0) } ?? false
      }
    case .window(let place, let count, let extent):
      guard let start = results[place].wholeNumber else { return false }
      return start >= 0 && start + count <= extent
    case .holds(let place):
      let x = results[place]
      return (0..<x.count).allSatisfy { x[flat: $0] != 0 && !x[flat: $0].isNaN }
    case .close(let a, let b, let tolerance):
      let (x, y) = (results[a], results[b])
      let isExact = x.type == .bool || y.type == .bool
      return (0..<x.count).allSatisfy { place in
        isExact ? x[flat: place] == y[flat: place] : tolerance.admits(x[flat: place], y[flat: place])
      }
    }
  }
}

extension Tensor {
  /// The only element, if it is a whole number.
  var wholeNumber: Int? { count == 1 ? Int(whole: self[flat: 0]) : nil }
}
