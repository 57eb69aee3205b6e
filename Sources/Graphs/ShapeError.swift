/// Why operands don't fit an operator; the evaluator adds the place.
package struct ShapeError: Error, Equatable, Sendable {
  /// One sentence in the user's words, without a full stop.
  package var message: String
  package var help: String?
  package var note: String?
  /// The work was stopped or refused while a value was needed to settle a shape.
  package var execution: ExecutionError?

  package init(_ message: String, help: String? = nil, note: String? = nil, execution: ExecutionError? = nil) {
    self.message = message
    self.help = help
    self.note = note
    self.execution = execution
  }
}
