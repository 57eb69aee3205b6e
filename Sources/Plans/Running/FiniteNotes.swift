import CKernels
import Tensors

/// Which of a plan's results turned out finite, noted while they were written: nobody has to read them again for that.
@safe final class FiniteNotes: Sendable {
  /// For each buffer a place that is 0 while all that was written to it is known to be finite; nil where nobody asks.
  private nonisolated(unsafe) let places: [UnsafeMutablePointer<UInt8>?]
  /// Whose places these are.
  private let whole: FiniteNotes?

  /// Nil for a plan whose results are brief.
  init?(_ plan: Plan) {
    var places = unsafe [UnsafeMutablePointer<UInt8>?](repeating: nil, count: plan.slots.count)
    var isAsked = false
    for output in plan.outputs where output.type.isFloat && output.shape.count > 4_096 {
      guard case .slot(let slot) = output.place, unsafe places[slot] == nil else { continue }
      let place = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
      unsafe place.initialize(to: 1)
      unsafe places[slot] = place
      isAsked = true
    }
    guard isAsked else { return nil }
    unsafe self.places = places
    whole = nil
  }

  /// Those of a block, by its own places.
  init(_ whole: FiniteNotes, _ block: RowBlock) {
    unsafe places = block.places.map { place in
      if case .rows(.slot(let slot), _) = place { unsafe whole.places[slot] } else { nil }
    }
    self.whole = whole
  }

  deinit {
    guard whole == nil else { return }
    for slot in unsafe places.indices { unsafe places[slot]?.deallocate() }
  }

  /// Where it is noted that a buffer holds something that isn't finite.
  subscript(slot: Int) -> UnsafeMutablePointer<UInt8>? { unsafe places[slot] }

  func isFinite(_ place: Plan.Place) -> Bool {
    guard case .slot(let slot) = place, let note = unsafe places[slot] else { return false }
    return unsafe note.pointee == 0
  }

  func note(_ slot: Int, isFinite: Bool) { unsafe places[slot]?.pointee = isFinite ? 0 : 1 }

  /// A step is about to write: what elementwise parts leave is looked at piece by piece, other results aren't.
  func begin(_ step: Plan.Step) {
    note(step.target, isFinite: false)
    guard let fusion = step.fusion else { return }
    for target in fusion.targets { note(target.slot, isFinite: false) }
    for part in fusion.parts where part.type.isFloat {
      if case .target(let number) = part.result { note(fusion.targets[number].slot, isFinite: true) }
    }
  }
}
