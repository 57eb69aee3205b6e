import Refusals
import Syntax

extension Diagnostic {
  /// The same; an error says in which round of a loop it came, behind the first.
  ///
  /// - Parameter count: how many there would be, where anybody knows.
  func inRound(_ round: Int, of count: Int?, of word: String) -> Diagnostic {
    if isInterrupt || round == 0 { return self }
    var copy = self
    let words = "in round \(round + 1)" + (count.map { " of \($0)" } ?? "") + " of \(word)"
    copy.refusal.note = note.map { "\($0); \(words)" } ?? words
    return copy
  }
}

extension Evaluator {
  /// One round of a loop in a function, or of a function that calls another for each entry.
  func inRound<Result>(
    _ round: Int, of count: Int?, of word: String, _ body: () throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    do throws(Diagnostic) { return try body() } catch { throw error.inRound(round, of: count, of: word) }
  }
}
