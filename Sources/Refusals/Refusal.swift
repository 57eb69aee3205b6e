/// Why something can't be done: a reason that code may ask for, and sentences that only people read.
public struct Refusal: Error, Equatable, Sendable {
  public var reason: Reason
  /// One sentence in the user's words, without a full stop.
  public var message: String
  /// Something that can be typed.
  public var help: String?
  /// The cause.
  public var note: String?

  public init(_ message: String, reason: Reason = .other, help: String? = nil, note: String? = nil) {
    self.reason = reason
    self.message = message
    self.help = help
    self.note = note
  }

  public var isInterrupt: Bool { reason.isInterrupt }
}

extension Refusal {
  /// What code does differently for; whatever only a person needs to know is `other`.
  public enum Reason: Equatable, Sendable {
    /// The text only needs more of it: the prompt asks for another line.
    case unfinished
    /// No such name or function.
    case unknownName
    /// It depends on an input that has no value yet: too early to tell.
    case unknownValue
    /// Only running it would tell.
    case tooLongToForesee
    /// Formulas, calls or expressions lie deeper in each other than there is room for.
    case tooDeep
    /// Shapes that don't go together; `brief` is the sentence without them, for a place whose labels show them.
    case unfitShapes(brief: String)
    /// Bytes that are needed and bytes that are free.
    case outOfMemory(needed: Int, free: Int)
    /// A product isn't finite, so that strong zeros matter: the exact plan gives the answer.
    case notFinite
    /// A part of the program left something wrong: what it made isn't run.
    case fault
    /// Ctrl-C.
    case interrupted(Interruption)
    /// As many steps as were asked for are done.
    case stopped
    case other

    /// Whether the work was ended from outside: nothing is wrong with it, and nothing may go on in its place.
    public var isInterrupt: Bool {
      switch self {
      case .interrupted, .stopped: true
      case .unfinished, .unknownName, .unknownValue, .tooLongToForesee, .tooDeep, .unfitShapes, .outOfMemory,
        .notFinite, .fault,
        .other:
        false
      }
    }
  }

  /// What is told of an interruption: `interrupted after 2.3 s in for (step 3 of 10)`.
  public struct Interruption: Equatable, Sendable {
    public var duration: String?
    public var place: String?

    public init(after duration: String? = nil, in place: String? = nil) {
      self.duration = duration
      self.place = place
    }

    public var sentence: String {
      "interrupted" + (duration.map { " after " + $0 } ?? "") + (place.map { " in " + $0 } ?? "")
    }
  }
}

extension Refusal {
  public static var interrupted: Refusal { Refusal(Interruption()) }

  /// Where it was, and how long it had taken.
  public static func interrupted(after duration: String? = nil, in place: String) -> Refusal {
    Refusal(Interruption(after: duration, in: place))
  }

  private init(_ interruption: Interruption) {
    self.init(interruption.sentence, reason: .interrupted(interruption))
  }

  public static var notFinite: Refusal { Refusal("a product is not finite", reason: .notFinite) }

  /// What is wrong with a plan, in one sentence that says whose fault it is.
  public static func fault(_ message: String) -> Refusal { Refusal(message, reason: .fault) }

  public static var unknownValue: Refusal { unknownValue("the value depends on an input that has none yet") }

  public static func unknownValue(_ message: String) -> Refusal {
    Refusal(message, reason: .unknownValue, note: "it needs a value before its shape is known")
  }

  public static func outOfMemory(needed: Int, free: Int) -> Refusal {
    Refusal(
      "the result would need \(ByteCount(needed)); \(ByteCount(free)) \(free == 1 ? "is" : "are") free",
      reason: .outOfMemory(needed: needed, free: free))
  }

  /// `brief: shapes`, as in "inner dimensions differ: 2×3 @ 4×5".
  public static func unfitShapes(
    _ brief: String, _ shapes: String, help: String? = nil, note: String? = nil
  ) -> Refusal {
    Refusal("\(brief): \(shapes)", reason: .unfitShapes(brief: brief), help: help, note: note)
  }

  /// The same behind what could not be done: `cannot read "w.npy": it is too short`.
  public func prefixed(_ prefix: String) -> Refusal {
    var copy = self
    copy.message = "\(prefix): \(message)"
    return copy
  }
}
