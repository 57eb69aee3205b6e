import Graphs
import Printing
import Syntax
import Tensors
import Text

/// One step of `:learn`: what to do, how, and whether it was done.
struct Lesson: Sendable {
  let task: String
  let hint: String
  /// Said when it was done.
  let remark: String
  let isDone: @Sendable (_ now: Session, _ before: Session) -> Bool

  /// A row of steps, by the word that begins it.
  struct Course: Sendable {
    let name: String
    let steps: Range<Int>
  }

  static let all = first + ofPyTorch
  static let courses = [
    Course(name: "", steps: 0..<first.count), Course(name: "pytorch", steps: first.count..<all.count),
  ]

  /// The course that a step belongs to; a course's end belongs to it, too.
  static func course(of step: Int) -> Course { courses.first { step <= $0.steps.upperBound } ?? courses[0] }

  private static let first: [Lesson] = [
    Lesson(
      task: "Give the name a to a matrix of two rows and two columns.", hint: "a = [1, 2; 3, 4]",
      remark: "a now is that matrix; [[1, 2], [3, 4]] is the same."
    ) { now, _ in now.tensor("a")?.shape.extents == [2, 2] },
    Lesson(
      task: "Show the matrix product of a with itself.", hint: "a @ a",
      remark: "a * a would have multiplied entry by entry. The last answer is called ans."
    ) { now, _ in now.shows("a @ a") },
    Lesson(
      task: "Make w a trainable matrix of 3 rows and 2 columns.", hint: "w = weights(3, 2)",
      remark: "Chance is seeded: everybody gets these numbers first."
    ) { now, _ in now.names["w"]?.isTrainable == true && now.tensor("w")?.shape.extents == [3, 2] },
    Lesson(
      task: "Make m a mask for it, with some entries off.", hint: "m = mask([[0, 1], [1, 0], [0, 1]])",
      remark: "A mask says which connections exist."
    ) { now, _ in
      guard let m = now.tensor("m") else { return false }
      return m.type == .bool && m.shape.extents == [3, 2] && m.values.contains(0)
    },
    Lesson(
      task: "Look at w with the connections removed.", hint: "w * m",
      remark: "A removed entry is no number: not even NaN comes through it."
    ) { now, _ in now.answerTensor?.tensor.shape.extents == [3, 2] && now.answerTensor?.pattern.structural != nil },
    Lesson(
      task: "Give the name x to an input: one row of three numbers.", hint: "x = [[0.5, 0.5, 0.4]]",
      remark: "Rows are examples, columns are features."
    ) { now, _ in now.tensor("x")?.shape.extents == [1, 3] },
    Lesson(
      task: "Define y live as the relu of x times the masked w.", hint: "y := relu(x @ (w * m))",
      remark: "With := y follows whatever it reads; with = it would keep this value."
    ) { now, _ in now.isLive("y") && now.value("y")?.shape.extents == [1, 2] },
    Lesson(
      task: "Define loss live as the mean squared error of y against [[1, 1]].", hint: "loss := mse(y, [[1, 1]])",
      remark: ":graph loss draws it, :shapes loss tells the shape of each part."
    ) { now, _ in now.isLive("loss") && now.value("loss")?.shape.rank == 0 },
    Lesson(
      task: "Show the gradient of loss by w.", hint: "grad(loss, w)",
      remark: "A removed entry has no gradient (:why grad(loss, w)[0, 0] tells more)."
    ) { now, _ in now.shows("grad(loss, w)") },
    Lesson(
      task: "Take a step downhill: subtract a tenth of that gradient from w.", hint: "w -= 0.1 * grad(loss, w)",
      remark: "train(loss, steps=100) does it a hundred times; :undo takes it back."
    ) { now, before in now.names["w"]?.version != before.names["w"]?.version && now.names["w"]?.isTrainable == true },
  ]
}

extension Session {
  func tensor(_ name: String) -> Tensor? {
    if case .tensor(let held, _)? = names[name]?.content { held.tensor } else { nil }
  }

  func isLive(_ name: String) -> Bool {
    if case .live? = names[name]?.content { true } else { false }
  }

  func value(_ name: String) -> Tensor? {
    let evaluator = Evaluator(self)
    guard case .tensor(let symbol)? = try? evaluator.resolve(name, 0..<0) else { return nil }
    return try? evaluator.value(of: symbol, 0..<0)
  }

  /// The last answer is an expression's value.
  func shows(_ text: String) -> Bool {
    guard let expression = try? Parser.parseExpression(text), let answer = answerTensor else { return false }
    let evaluator = Evaluator(self)
    guard let symbol = try? evaluator.tensor(expression), let wanted = try? evaluator.value(of: symbol, 0..<0) else {
      return false
    }
    return wanted.shape == answer.tensor.shape && wanted.values == answer.tensor.values
  }

  /// After a statement: whether it was what the lesson asked for, and what comes next.
  mutating func followLesson(since before: Moment, _ emit: (Output) -> Void) {
    guard let step = state.lesson, step < Lesson.all.count, Lesson.all[step].isDone(self, back(at: before)) else {
      return
    }
    emit(.result(("✓ " + Lesson.all[step].remark).wrapped(to: 79, indent: 2)))
    let isLast = step + 1 == Lesson.course(of: step).steps.upperBound
    state.lesson = isLast ? nil : step + 1
    isLast ? tellEnd(emit) : tellLesson(emit)
  }

  mutating func tellLesson(_ emit: (Output) -> Void) {
    guard let step = state.lesson else { return }
    let steps = Lesson.courses.first { $0.steps.contains(step) }?.steps ?? 0..<0
    guard !steps.isEmpty else {
      state.lesson = nil
      return tellEnd(emit)
    }
    let place = "\(step - steps.lowerBound + 1) of \(steps.count)  "
    emit(.result((place + Lesson.all[step].task + "  (:learn hint)").wrapped(to: 79, indent: place.count)))
  }

  private func tellEnd(_ emit: (Output) -> Void) {
    emit(.result("That was all. :help has the rest: :help language, :help functions, :help numpy."))
  }
}

extension Command {
  static let ofLessons = [learn]

  static let learn = Command(
    ":learn [pytorch|hint|skip|stop|N]", "Ten short steps, done in this session; eight for who knows PyTorch."
  ) {
    session, call, emit throws(Diagnostic) in
    switch call.words.first {
    case nil: session.state.lesson = session.state.lesson ?? 0
    case "hint":
      guard let step = session.state.lesson, step < Lesson.all.count else {
        throw Diagnostic("no lesson has been begun", at: call.range, help: ":learn")
      }
      return emit(.result("type  \(Lesson.all[step].hint)"))
    case "skip":
      let next = (session.state.lesson ?? -1) + 1
      let isEnd = session.state.lesson.map { next == Lesson.course(of: $0).steps.upperBound } ?? false
      session.state.lesson = isEnd ? Lesson.all.count : next
    case let word? where Lesson.courses.contains { $0.name == word }:
      session.state.lesson = Lesson.courses.first { $0.name == word }?.steps.lowerBound
    case "stop":
      session.state.lesson = nil
      return
    case let word?:
      let course = Lesson.course(of: session.state.lesson ?? 0)
      guard let number = Int(word), 1...course.steps.count ~= number else {
        throw Diagnostic("the steps go from 1 to \(course.steps.count)", at: call.range, help: ":learn 1")
      }
      session.state.lesson = course.steps.lowerBound + number - 1
    }
    session.tellLesson(emit)
  }
}
