import Graphs
import Refusals
import Syntax
import Tensors

/// Entries that training leaves as they are.
extension Training {
  /// A mask that would freeze nothing is a mistake.
  static func checkFrozen(
    _ mask: Shape, _ places: [TrainedPlace], _ evaluator: Evaluator, _ range: SourceRange
  ) throws(Diagnostic) {
    let shapes = places.compactMap { place -> Shape? in
      guard case .tensor(let held)? = evaluator.session.names[place.name.text]?.stored?[place.positions[...]] else {
        return nil
      }
      return held.tensor.shape
    }
    guard !shapes.contains(where: { mask.broadcast(with: $0) == $0 }) else { return }
    let list = zip(places, shapes).map { "\($0.label) is \($1)" }.joined(separator: ", ")
    throw Diagnostic("'freeze' is a mask of \(mask), and \(list)", at: range, help: "freeze=\(places[0].label) == 0")
  }

  /// A gradient without the entries that stay as they are: those of the call, and those of the place.
  func freezing(_ gradient: Symbol, at place: TrainedPlace, _ session: Session) -> Symbol {
    let still = session.names[place.name.text]?.frozenEntries[place.path].map { gradient.frozen($0.mask) } ?? gradient
    return frozen.map { still.frozen($0) } ?? still
  }
}

extension Symbol {
  /// Without the entries that a mask is on for.
  func frozen(_ mask: Tensor) -> Symbol {
    guard mask.shape.broadcast(with: shape) == shape else { return self }
    return Symbol.keep(Operator.not(builder.constant(mask)), self)
  }
}
