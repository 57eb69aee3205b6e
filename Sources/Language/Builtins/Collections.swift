import Graphs
import Refusals
import Syntax
import Tensors

/// Functions of tuples and records, and those that call a function for each entry.
extension Builtin {
  static let ofCollections = [size, append, keys, zip, enumerate, map, fold, scan]

  static let size = Builtin(
    "size(x)", "How many entries a tensor, a tuple, a record or a text has.", traits: [.extendsOperator],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "size(x)", range)
      switch given[0].value {
      case .tuple(let parts): return .tensor(evaluator.builder.constant(Double(parts.count)))
      case .text(let text): return .tensor(evaluator.builder.constant(Double(text.unicodeScalars.count)))
      case .tensor, .list, .function:
        throw Diagnostic("size takes something with entries; this is \(given[0].value.kindName)", at: given[0].range)
      }
    })

  static let append = Builtin(
    "append(x, values, axis=0)", "A tuple with one more entry, or a tensor with more rows.", traits: [.extendsOperator],
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "append(t, x)", range)
      guard case .tuple(let parts) = given[0].value else {
        throw Diagnostic(
          "append takes a tuple here; this is \(given[0].value.kindName)", at: given[0].range, help: "append((1, 2), 3)"
        )
      }
      guard parts.keys == nil || parts.isEmpty else {
        throw Diagnostic(
          "a record's entries have names; append gives none", at: given[0].range, help: "p = (w=p.w, b=p.b, c=x)")
      }
      return try evaluator.shallow(.tuple(Entries(parts.values + [given[1].value])), range)
    })

  static let keys = Builtin(
    "keys(p)", "The names of a record's entries, as a tuple of texts.",
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "keys(p)", range)
      guard case .tuple(let parts) = given[0].value, let keys = parts.keys ?? (parts.isEmpty ? [] : nil) else {
        throw Diagnostic(
          "keys takes a record; this is \(given[0].value.kindName)", at: given[0].range, help: "keys((w=1, b=2))")
      }
      return .tuple(Entries(keys.map { .text($0) }))
    })

  static let zip = Builtin(
    "zip(xs, ys…)", "The entries of several things side by side, as a tuple of tuples.",
    .values { evaluator, arguments, range throws(Diagnostic) in
      let columns = try evaluator.columns(arguments, of: "zip", range)
      return .tuple(
        Entries(
          try evaluator.positions(of: columns, "zip", range).map { row in
            .tuple(Entries(columns.compactMap { $0[row] }))
          }))
    })

  static let enumerate = Builtin(
    "enumerate(xs)", "The entries of something with their numbers in front, from 0 on.",
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "enumerate(xs)", range)
      let entries = try evaluator.elements(given[0].value, given[0].range)
      return .tuple(
        Entries(
          entries.enumerated().map { number, entry in
            .tuple(Entries([.tensor(evaluator.builder.constant(Double(number))), entry]))
          }))
    })

  static let map = Builtin(
    "map(f, xs…)", "A function applied to each entry or row: rows give a stack, entries a tuple.",
    .values { evaluator, arguments, range throws(Diagnostic) in try evaluator.map(arguments, range) })

  static let fold = Builtin(
    "fold(f, start, xs)", "f(state, x) for each entry or row, from a start on: the last state.",
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "fold(f, start, xs)", range)
      let function = try evaluator.function(given[0])
      let walk = try evaluator.walk(
        try evaluator.columns([given[2]], of: "fold", range), from: [given[1].value], "fold", range
      ) {
        state, entries throws(Diagnostic) in
        let next = try evaluator.call(
          function, [.init(value: state[0], range: given[1].range), .init(value: entries[0], range: given[2].range)],
          range)
        return ([next], nil)
      }
      return walk.state[0]
    })

  static let scan = Builtin(
    "scan(f, start, xs)", "f(state, x) gives (state, output) for each entry or row: the last state and all outputs.",
    .values { evaluator, arguments, range throws(Diagnostic) in
      let given = try evaluator.matched(arguments, to: "scan(f, start, xs)", range)
      let function = try evaluator.function(given[0])
      let walk = try evaluator.walk(
        try evaluator.columns([given[2]], of: "scan", range), from: [given[1].value], "scan", range
      ) {
        state, entries throws(Diagnostic) in
        let result = try evaluator.call(
          function, [.init(value: state[0], range: given[1].range), .init(value: entries[0], range: given[2].range)],
          range)
        guard case .tuple(let pair) = result, pair.count == 2 else {
          throw Diagnostic(
            "scan wants (state, output) of its function; \(function.name) gives \(result.kindName)", at: range,
            help: "scan((h, x) -> (h + x, h), 0, xs)")
        }
        return ([pair[0]], pair[1])
      }
      let isOfEntries = if case .tuple = given[2].value { true } else { false }
      let outputs = isOfEntries ? Value.tuple(Entries(walk.outputs)) : try evaluator.stack(walk, "scan", range)
      return .tuple(Entries([walk.state[0], outputs]))
    })
}

extension Evaluator {
  fileprivate func function(_ argument: Evaluated) throws(Diagnostic) -> Function<Symbol> {
    guard case .function(let function) = argument.value else {
      throw Diagnostic(
        "a function is wanted here; this is \(argument.value.kindName)", at: argument.range, help: "x -> x^2")
    }
    return function
  }

  /// The entries of several things of one length.
  fileprivate func columns(
    _ arguments: [Evaluated], of name: String, _ range: SourceRange
  ) throws(Diagnostic) -> [LoopElements] {
    guard !arguments.isEmpty else { throw Diagnostic("\(name) needs something with entries", at: range) }
    var columns: [LoopElements] = []
    for argument in arguments {
      guard argument.label == nil else { throw Diagnostic("\(name) takes nothing by name", at: argument.range) }
      if case .tensor(let x) = argument.value, x.rank == 0 {
        throw Diagnostic("\(name) wants a vector, rows or a tuple; this is a number", at: argument.range)
      }
      let entries = try LoopElements(argument.value, argument.range, self)
      if let first = columns.first, first.count != entries.count {
        throw Diagnostic("\(name) wants equal lengths; \(first.count) meets \(entries.count)", at: argument.range)
      }
      columns.append(entries)
    }
    return columns
  }

  fileprivate func map(_ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard let first = arguments.first, arguments.count > 1 else {
      throw Diagnostic("map takes a function and what to apply it to", at: range, help: "map(f, xs)")
    }
    let function = try function(first)
    let rest = Array(arguments.dropFirst())
    let walk = try walk(try columns(rest, of: "map", range), from: [], "map", range) { _, entries throws(Diagnostic) in
      let given = Swift.zip(entries, rest).map { Evaluated(value: $0, range: $1.range) }
      return ([], try call(function, given, range))
    }
    for argument in rest {
      if case .tuple(let parts) = argument.value { return .tuple(parts.with(walk.outputs)) }
      if case .text = argument.value { return .tuple(Entries(walk.outputs)) }
    }
    return try stack(walk, "map", range)
  }

  /// The outputs of a walk along a new first axis.
  fileprivate func stack(_ walk: Walk, _ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard let rest = walk.rest else { return try stack(walk.outputs, name, range) }
    if walk.outputs.isEmpty { return rest }
    let first = try stack(walk.outputs, name, range)
    var parts = Swift.zip(first.leaves, rest.leaves).makeIterator()
    guard first.leaves.count == rest.leaves.count else {
      throw Diagnostic("\(name)'s function gives results of different structures", at: range)
    }
    return first.mapped { leaf in
      parts.next().map { Symbol.concatenated([$0, $1], axis: 0) } ?? leaf
    }
  }

  /// Results of equal structure, each of their tensors stacked along a new first axis.
  fileprivate func stack(_ results: [Value], _ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard let first = results.first else { return .tensor(builder.zeros(Shape([0]), type: builder.defaultType)) }
    switch first {
    case .tuple(let parts):
      var columns: [Value] = []
      for position in parts.indices {
        var column: [Value] = []
        for result in results {
          guard case .tuple(let entries) = result, parts.misfit(with: entries) == nil else {
            throw Diagnostic("\(name)'s function gives results of different structures", at: range)
          }
          column.append(entries[position])
        }
        columns.append(try stack(column, name, range))
      }
      return .tuple(parts.with(columns))
    case .text, .function: return .tuple(Entries(results))
    case .tensor, .list:
      let stacked = stacked(results)
      guard case .list = stacked else { return stacked }
      let shapes = results.compactMap { $0.symbol?.shape }
      let other = shapes.first { $0 != shapes[0] }
      throw Diagnostic(
        "\(name)'s function gives results of different shapes"
          + (other.map { ", \(shapes[0]) and \($0)" } ?? ""), at: range)
    }
  }
}
