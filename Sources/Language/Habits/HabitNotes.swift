import Graphs
import Syntax
import Tensors

/// A line that runs, and means something else to people from elsewhere: said once a session.
private struct SilentHabit: Sendable {
  let name: String
  /// Only where somebody sits: in scripts it is meant as it is written.
  let isForPrompts: Bool
  /// What to say about a part of a statement, and what to write in its place; nil: nothing.
  ///
  /// The statement's text and a translator are made where they are asked for: nearly all statements have no such part.
  let note: @Sendable (Expression, () -> String, () -> HabitTranslator) -> (words: String, line: String)?

  static let all: [SilentHabit] = [
    SilentHabit(name: "range", isForPrompts: false) { part, _, octave in
      guard case .range(let first, let middle, let last?) = part.kind, let start = first.plainNumber,
        let second = middle.plainNumber, let third = last.plainNumber,
        // From, to, step: one step goes past the end, or away from it.
        second > start ? third >= second - start && third != second - start : third > 0
      else { return nil }
      let bounds: [ForeignExpression?] = [.number(start), .number(second), .number(third)]
      guard let line = try? octave().range(bounds) else { return nil }
      return ("a:b:step has its step last; with the step in the middle:", line.description)
    },
    SilentHabit(name: "arrow", isForPrompts: false) { part, text, _ in
      guard case .binary(.less, _, let left, let right) = part.kind, case .name(let name) = left.kind,
        case .unary(.negative, let value) = right.kind, text().filter({ $0 != " " }).hasPrefix(name + "<-")
      else { return nil }
      return ("this compares \(name) with \(right); a name is given a value by", "\(name) = \(value)")
    },
    SilentHabit(name: "normal", isForPrompts: false) { part, _, _ in
      guard case .call(let callee, let arguments) = part.kind, case .name("normal") = callee.kind, arguments.count == 3,
        arguments.allSatisfy({ $0.label == nil }), arguments[0].value.plainNumber == 0
      else { return nil }
      return ("the extents come first:", "normal(\(arguments[2].value), mean=0, std=\(arguments[1].value))")
    },
    SilentHabit(name: "size", isForPrompts: false) { part, text, _ in
      guard case .call(let callee, let arguments) = part.kind, arguments.count == 1, case .name("size") = callee.kind,
        text().contains(".size()")
      else { return nil }
      return ("size counts entries; the extents are", "shape(\(arguments[0].value))")
    },
    SilentHabit(name: "power", isForPrompts: true) { part, text, octave in
      guard case .binary(.power, _, let base, let exponent) = part.kind, text().contains("^"),
        let power = exponent.plainNumber, power == power.rounded(), let extents = octave().shape(of: base),
        extents.count == 2, extents[0] == extents[1], extents[0] > 1
      else { return nil }
      let line = power == -1 ? "inv(\(base))" : power == 2 ? "\(base) @ \(base)" : "matrix_power(\(base), \(exponent))"
      return ("^ goes entry by entry; the power of the matrix is", line)
    },
    SilentHabit(name: "transpose", isForPrompts: true) { part, text, octave in
      guard case .transpose(let base) = part.kind, text().contains(".T"), let rank = octave().shape(of: base)?.count,
        rank > 2
      else { return nil }
      let axes = (0..<rank).reversed().map(String.init).joined(separator: ", ")
      return (".T swaps the last two axes; all of them turn round in", "transpose(\(base), [\(axes)])")
    },
  ]
}

extension Session {
  /// After a statement: what it may have been meant to be.
  mutating func noteHabits(in statement: Statement, of source: Source, _ emit: (Output) -> Void) {
    let expression: Expression
    var target = ""
    switch statement.kind {
    case .expression(let x): expression = x
    case .assign(let names, let x):
      (expression, target) = (x, names.map(\.text).joined(separator: ", ") + " = ")
    case .live(let name, let x): (expression, target) = (x, name.text + " := ")
    default: return
    }
    guard statement.range.count < 500 else { return }
    for part in expression.reachableParts {
      for habit in SilentHabit.all where isInteractive || !habit.isForPrompts {
        let found = habit.note(part, { source.slice(statement.range) }, { HabitTranslator(self, tool: .octave) })
        guard let note = found, state.warned.insert("habit " + habit.name).inserted else { continue }
        // All of the line, where the part is all of its right side.
        let target = part == expression ? target : ""
        emit(.notice("note: \(note.words)  \(target)\(note.line)"))
      }
    }
  }
}

extension Expression {
  /// It and what it is made of, but for what stands in indices and functions.
  fileprivate var reachableParts: [Expression] {
    var found: [Expression] = []
    var waiting = [self]
    while let part = waiting.popLast(), found.count < 1_000 {
      found.append(part)
      switch part.kind {
      case .unary(_, let x), .transpose(let x), .member(let x, _), .index(let x, _): waiting.append(x)
      case .binary(_, _, let a, let b): waiting += [a, b]
      case .call(_, let arguments), .record(let arguments): waiting += arguments.map(\.value)
      case .list(let entries), .tuple(let entries): waiting += entries
      default: break
      }
    }
    return found
  }
}
