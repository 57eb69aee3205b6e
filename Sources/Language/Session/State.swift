import Graphs
import Tensors

extension Session {
  /// What statements change: names, functions, the last answer, and how far clock and random numbers have come.
  ///
  /// A copy shares all that hasn't changed since, so that one is kept for every statement that can be undone.
  struct State: Sendable {
    var names = NameTable()
    /// The values of live names.
    var cache: [String: Cached] = [:]
    /// What optimisers go on from, by the places they move.
    var optimisers: [String: OptimiserState] = [:]
    /// What watched entries were, round by round, by how they were written.
    var histories: [String: Tensor] = [:]
    var answer: Stored? {
      didSet {
        answerCount += 1
        answerMaker = nil
        if let oldValue { earlierAnswers = Answers.earlier(oldValue, before: earlierAnswers) }
      }
    }
    /// What made the last answer, where it is large.
    private var answerMaker: (repetition: Repetition, versions: [Int])?
    /// Those before it, the newest first.
    private(set) var earlierAnswers: [Stored] = []
    /// How many answers there have been.
    private(set) var answerCount = 0
    /// Grows with every change.
    var clock = 0
    /// The number of the next random draw.
    var draw = 0
    /// Places whose broadcast warning has been given.
    var warned: Set<String> = []
    var hasNotedNaN = false
    /// Whether any statement so far has a word in it that reads files.
    var mentionsFiles = false
    /// The step of `:learn` that is next.
    var lesson: Int?

    /// Takes what an expression gave as the last answer.
    ///
    /// What the same expression made of the same values is the same: nobody needs it twice, and the memory of the second is
    /// soon taken again.
    mutating func take(_ value: Stored, madeBy repetition: Repetition, _ versions: [Int]) {
      guard case .tensor(let held) = value, held.tensor.isKeptOnce else { return answer = value }
      let isSame = answerMaker.map { $0.repetition === repetition && $0.versions == versions } ?? false
      answer = isSame ? answer : value
      answerMaker = (repetition, versions)
    }
  }

  /// All that an undo brings back, as it was.
  struct Moment: Sendable {
    var state: State
    var settings: Settings
  }

  var moment: Moment {
    get { Moment(state: state, settings: settings) }
    set { (state, settings) = (newValue.state, newValue.settings) }
  }

  /// The session as it was, where it runs now.
  func back(at moment: Moment) -> Session {
    var copy = self
    copy.moment = moment
    return copy
  }
}
