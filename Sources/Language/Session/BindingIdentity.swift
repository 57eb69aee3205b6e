import Graphs
import Syntax
import Tensors

extension Binding {
  /// Whether it is the very thing that another one is: copies of a session, and states that were left, count alike.
  func isSame(as other: Binding) -> Bool {
    guard version == other.version, hasSameMarks(as: other) else { return false }
    switch (content, other.content) {
    case (.tensor(let a, let formula), .tensor(let b, let other)): return a.isSame(as: b) && same(formula, other)
    case (.tuple(let a, let formula), .tuple(let b, let other)):
      return Stored.tuple(a).isSame(as: .tuple(b)) && same(formula, other)
    case (.function(let a), .function(let b)): return a.isSame(as: b)
    case (.text(let a), .text(let b)): return a == b
    case (.live(let a, let draw), .live(let b, let other)): return a == b && draw == other
    case (.unset, .unset): return true
    case (.tensor, _), (.tuple, _), (.function, _), (.text, _), (.live, _), (.unset, _): return false
    }
  }

  private func same(_ a: Formula?, _ b: Formula?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.isSame(as: b)
  }
}

extension Formula {
  func isSame(as other: Formula) -> Bool {
    draw == other.draw && element == other.element && reads == other.reads && expression == other.expression
  }
}

extension Held {
  fileprivate func isSame(as other: Held) -> Bool {
    tensor.storage === other.tensor.storage && tensor.shape == other.tensor.shape && tensor.type == other.tensor.type
      && isFixed == other.isFixed && pattern.structural?.storage === other.pattern.structural?.storage
      && pattern.strong?.storage === other.pattern.strong?.storage
  }
}

extension Stored {
  fileprivate func isSame(as other: Stored) -> Bool {
    switch (self, other) {
    case (.tensor(let a), .tensor(let b)): a.isSame(as: b)
    case (.text(let a), .text(let b)): a == b
    case (.function(let a), .function(let b)): a.isSame(as: b)
    case (.tuple(let a), .tuple(let b)):
      a.count == b.count && a.keys == b.keys && zip(a, b).allSatisfy { $0.isSame(as: $1) }
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
    case (.tensor, _), (.text, _), (.function, _), (.tuple, _), (.list, _): false
    }
  }
}

extension Function<Held> {
  fileprivate func isSame(as other: Function) -> Bool {
    switch (self, other) {
    case (.user(let a), .user(let b)):
      a.definition == b.definition && a.home === b.home && a.isInner == b.isInner
        && a.captured.count == b.captured.count
        && a.captured.allSatisfy { name, value in b.captured[name].map { value.isSame(as: $0) } ?? false }
    case (.operation(let a), .operation(let b)): a.name == b.name
    case (.builtin(let a), .builtin(let b)): a.name == b.name
    case (.derivative(let a, let kind), .derivative(let b, let other)): kind == other && a.isSame(as: b)
    case (.user, _), (.operation, _), (.builtin, _), (.derivative, _): false
    }
  }
}
