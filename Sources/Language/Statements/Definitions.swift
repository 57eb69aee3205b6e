import Graphs
import Syntax
import Tensors

/// Live names, functions and inputs.
extension Session {
  mutating func define(
    _ name: Name, _ expression: Expression, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    try refuseReserved(name, emit)
    let evaluator = Evaluator(self)
    // What is there already can't lead to a name that isn't.
    let isNew = names[name.text] == nil
    let reached = evaluator.reachable(from: Names.read(in: expression), throughFunctionsOnly: isNew)
    if reached.contains(name.text) {
      throw Diagnostic("\(name.text) would depend on itself", at: expression.range)
    }
    let found = try DefinitionCheck(self).check(expression)
    let start = draw
    draw += found.draws
    names[name.text] = Binding(
      content: .live(expression, draw: start), version: tick(), line: line, outline: found.outline)
    cache[name.text] = nil
  }

  mutating func define(
    _ definition: FunctionDefinition, text: String, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    guard let name = definition.name else { return }
    try refuseReserved(name, emit)
    if Builtin.named[name.text]?.isReserved == true {
      throw Diagnostic("\(name.text) can't be given another meaning", at: name.range)
    }
    names[name.text] = Binding(
      content: .function(.user(Closure(definition: definition))), version: tick(), line: line, text: text)
  }

  mutating func declare(_ name: Name, _ dimensions: [Dimension], _ line: Int) throws(Diagnostic) {
    guard dimensions.count <= Shape.maximumRank else {
      throw Diagnostic("a tensor has at most \(Shape.maximumRank) axes", at: name.range)
    }
    names[name.text] = Binding(content: .unset, version: tick(), line: line, dimensions: dimensions)
  }

  func checkDeclared(_ name: Name, _ shape: Shape, _ range: SourceRange) throws(Diagnostic) {
    guard let dimensions = names[name.text]?.dimensions else { return }
    var known: [String: Int] = [:]
    var fits = dimensions.count == shape.rank
    for (dimension, extent) in zip(dimensions, shape.extents) {
      switch dimension {
      case .extent(let wanted): fits = fits && wanted == extent
      case .named(let symbol):
        fits = fits && (known[symbol] ?? extent) == extent
        known[symbol] = extent
      case .any: break
      }
    }
    if !fits {
      throw Diagnostic("\(name.text) is declared as \(Dimension.text(dimensions)); this is \(shape)", at: range)
    }
  }
}
