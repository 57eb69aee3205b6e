/// Why operands don't fit an operator; the evaluator adds the place.
public struct ShapeError: Error, Equatable, Sendable {
  /// One sentence in the user's words, without a full stop.
  public var message: String
  public var help: String?
  public var note: String?
  /// The work was stopped or refused while a value was needed to settle a shape.
  public var execution: ExecutionError?

  public init(_ message: String, help: String? = nil, note: String? = nil, execution: ExecutionError? = nil) {
    self.message = message
    self.help = help
    self.note = note
    self.execution = execution
  }
}
