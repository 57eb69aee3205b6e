import Graphs
import Plans
import Printing
import Syntax
import Tensors
import Testing

@testable import Language

/// A typed line on its way: every stage is a target that takes a value and gives one.
@Suite struct WalkTests {
  private enum Target { case shell, syntax, language, graphs, plans, kernels, printing }

  /// Where the line, and what has become of it, goes next; whoever only hands it on is no stop.
  private struct Walk {
    private(set) var way = [Target.shell]
    mutating func enters(_ target: Target) { if way.last != target { way.append(target) } }
    var borders: Int { way.count - 1 }
  }

  @Test func aGradientCrossesAtMostNineBorders() throws {
    let line = "grad(loss, w)"
    var session = Session()
    try session.run(
      Source(text: "w = weights(value=[[1.0, -2.0]]); m = mask([[1, 0]]); loss := sum(relu(w * m) * [2, 3])")
    ) { _ in }
    var walk = Walk()

    // Text → tree. The console looks whether it is finished and hands the same program on.
    walk.enters(.syntax)
    let program = Parser.parse(line)
    guard case .expression(let expression)? = program.statements.first?.kind else {
      Issue.record("the line is an expression")
      return
    }
    // Tree → what names mean.
    walk.enters(.language)
    let evaluator = Evaluator(session)
    // Names' meaning → nodes, their derivatives and the patterns of their zeros: a builder's, whom a symbol leads to.
    walk.enters(.graphs)
    let symbol = try evaluator.tensor(expression)
    let builder = evaluator.builder
    let pattern = builder.pattern(of: symbol)
    let wanted = [symbol, try #require(pattern.structural), try #require(pattern.strong)]
    // Nodes → steps → tensors.
    walk.enters(.plans)
    let plan = Plan(builder.graph, outputs: wanted.map(\.reference))
    walk.enters(.kernels)
    let tensors = try plan.run(builder.parameters.map(\.value))
    // Tensors → a value with the causes of its zeros, and its title.
    walk.enters(.language)
    let held = Held(tensor: tensors[0], pattern: Pattern(structural: tensors[1], strong: tensors[2]))
    let shown = Shown(held.tensor, title: session.title(of: expression), causes: held.causes)
    // Value → text, which is printed as it is.
    walk.enters(.printing)
    let text = session.display.text(of: shown)
    walk.enters(.shell)

    #expect(walk.borders <= 9)
    var outputs: [Output] = []
    try session.run(program, in: Source(text: line)) { outputs.append($0) }
    #expect(outputs == [.result(text)])
  }
}
