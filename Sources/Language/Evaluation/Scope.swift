import Graphs
import Syntax

/// What a function that is being called has of its own.
struct Scope {
  private(set) var values: [String: Value]
  /// The file whose names it reads; nil: those of the session.
  var home: Module?
  /// The text that it was written in; nil for the one that is run.
  var source: Source?
  /// How the call began.
  var beginning: Beginning?

  init(_ values: [String: Value] = [:], home: Module? = nil, source: Source? = nil) {
    (self.values, self.home, self.source) = (values, home, source)
  }

  subscript(name: String) -> Value? {
    get { values[name] }
    set { values[name] = newValue }
  }

  var keys: some Collection<String> { values.keys }
}

extension Evaluator {
  /// Nodes by what made them, where the places that hold them are to know it.
  struct Made {
    /// By `weights(…)`: whoever holds them is trained where nothing else is asked for.
    var weights: Set<Graph.Reference> = []
    /// By `stop_gradient(…)`: whoever holds them isn't trained any longer.
    var stopped: Set<Graph.Reference> = []
  }

  /// The local values of the function at hand.
  var locals: Scope {
    get { scopes.last ?? Scope() }
    set { scopes[scopes.count - 1] = newValue }
  }
}
