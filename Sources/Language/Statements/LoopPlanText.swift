import Plans
import Syntax
import Tensors

/// `:plan for i in 0:100 { … }`: what of a loop is followed, and what isn't.
extension Session {
  /// Nil for anything but a loop.
  func planOfLoop(_ text: String) throws(Diagnostic) -> String? {
    let source = Source(name: nil, text: text)
    let program = Parser.parse(source)
    guard program.diagnostics.isEmpty, program.statements.count == 1, let statement = program.statements.first else {
      return nil
    }
    let whole: LoopCompiler.Whole
    switch statement.kind {
    case .loop(let count, let body):
      let times = try Evaluator(self).wholeNumber(count)
      whole = .counted(Loop(count: times, variable: nil, body: body, line: 1))
    case .forEach(let names, let values, let body):
      let elements = try Loop.Elements(values, Evaluator(self))
      whole = .counted(Loop(count: elements.count, variable: (names, elements), body: body, line: 1))
    case .whileLoop(let condition, let body): whole = .open(condition, body)
    default: return nil
    }
    switch LoopCompiler.program(whole, self, in: source, besides: []) {
    case .failure(.impossible(let reason)): return "statement by statement: \(reason)"
    case .failure: return "statement by statement"
    case .success(let program):
      let singles = program.followedSingly.map {
        "statement by statement: \(source.slice($0.statement.range)): \($0.reason)"
      }
      return (program.lines(in: source) + singles).joined(separator: "\n")
    }
  }
}

extension LoopProgram {
  /// One line a step, as they are run; those of branches and rounds are indented below them.
  fileprivate func lines(in source: Source) -> [String] {
    ["\(root.word):"] + indented(Self.lines(root.rounds[0].body, in: source))
  }

  private static func lines(_ nodes: [Node], in source: Source) -> [String] {
    nodes.flatMap { node -> [String] in
      switch node {
      case .stretch(let stretch): return stretch.passage.lines
      case .branch(let branch):
        let otherwise = lines(branch.otherwise, in: source)
        return ["if \(branch.condition):"] + indented(lines(branch.then, in: source))
          + (otherwise.isEmpty ? [] : ["else:"] + indented(otherwise))
      case .rounds(let rounds):
        guard let last = rounds.rounds.last else { return [] }
        return ["\(rounds.word):"] + indented((last.test?.passage.lines ?? []) + lines(last.body, in: source))
      case .single(let statement, _): return ["run: \(source.slice(statement.range))"]
      case .leave(let leaving): return [leaving == .loop ? "break" : "continue"]
      }
    }
  }
}

private func indented(_ lines: [String]) -> [String] { lines.map { "  " + $0 } }
