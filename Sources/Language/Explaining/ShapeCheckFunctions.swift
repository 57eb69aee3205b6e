import Graphs
import Refusals
import Syntax
import Text

/// What can be said of functions whoever calls them, once all names are known.
extension ShapeCheck {
  mutating func checkFunctions() -> [Diagnostic] {
    var found: [Diagnostic] = []
    for definition in functions {
      var mistakes = unknownNames(in: definition)
      if let statement = definition.unreachable {
        mistakes.append(Diagnostic("this is never reached", at: statement.range))
      }
      mistakes += mistakesInBody(of: definition).filter { mistake in !mistakes.contains { $0.range == mistake.range } }
      for mistake in mistakes {
        var mistake = mistake
        mistake.refusal.note = (mistake.note.map { "\($0); " } ?? "") + "in \(definition.title)"
        found.append(mistake)
      }
    }
    functions = []
    return found
  }

  private func unknownNames(in definition: FunctionDefinition) -> [Diagnostic] {
    // Those that only some branches give a value may have one.
    Names.free(in: definition).subtracting(Names.given(in: definition.body)).sorted().compactMap { name in
      let evaluator = Evaluator(known.session)
      guard !evaluator.isKnown(name), !known.unknown.contains(name), let place = definition.place(of: name),
        // Behind a point it may be an entry of whatever comes.
        source.slice(max(place.lowerBound - 1, 0)..<place.lowerBound) != "."
      else { return nil }
      return evaluator.unknown(name, place)
    }
  }

  /// What is wrong whatever its parameters are.
  private func mistakesInBody(of definition: FunctionDefinition) -> [Diagnostic] {
    var inner = self
    inner.functions = []
    // Names that change their shapes have nobody knows which when it is called.
    for name in known.varying.union(definition.parameterNames) { inner.forget(name) }
    return inner.check(definition.body, givesResult: true) + inner.checkFunctions()
  }
}
