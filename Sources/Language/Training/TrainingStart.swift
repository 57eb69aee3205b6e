import Graphs
import Syntax
import Tensors

/// What an optimiser keeps for one place from a call of `train` to the next.
struct OptimiserState: Sendable {
  var optimiser: String
  /// Steps that are done.
  var steps: Int
  /// Shaped like the place's value.
  var tensors: [Tensor]
}

/// Where a call of `train` goes on from.
struct TrainingStart {
  /// For each place the steps that are done, and the optimiser's tensors; nil where it begins anew.
  private(set) var states: [OptimiserState?] = []
  private(set) var notes: [String] = []

  init() {}

  init(_ call: Training, _ session: Session) {
    var changed: [String: [String]] = [:]
    for place in call.places {
      guard !call.isFresh, let state = session.state.optimisers[place.label],
        case .tensor(let held)? = session.names[place.name.text]?.stored?[place.positions[...]]
      else {
        states.append(nil)
        continue
      }
      guard state.optimiser == call.optimiser.name, state.tensors.count == call.optimiser.stateCount(call.settings),
        state.tensors.allSatisfy({ $0.shape == held.tensor.shape })
      else {
        if state.optimiser != call.optimiser.name { changed[state.optimiser, default: []].append(place.label) }
        states.append(nil)
        continue
      }
      states.append(state)
    }
    for (before, labels) in changed.sorted(by: { $0.key < $1.key }) {
      let list = labels.prefix(3).joined(separator: ", ") + (labels.count > 3 ? " and \(labels.count - 3) more" : "")
      notes.append("note: \(call.optimiser.name) begins anew with \(list); \(before) was used before")
    }
  }

  /// The same call, so many steps later.
  func after(_ count: Int, _ tensors: [Tensor]) -> TrainingStart {
    var later = TrainingStart()
    later.states = states
    later.running = tensors
    return later
  }

  /// The tensors of a call under way, place after place.
  private var running: [Tensor]?

  /// The steps that were done at a place before this call.
  func steps(_ place: Int) -> Int { states.indices.contains(place) ? states[place]?.steps ?? 0 : 0 }

  /// Whether all places have come equally far.
  func isEven(_ call: Training) -> Bool { call.places.indices.allSatisfy { steps($0) == steps(0) } }

  /// One of a place's tensors; nil: zeros.
  func tensor(_ number: Int, of place: Int, count: Int) -> Tensor? {
    if let running { return running[place * count + number] }
    return states.indices.contains(place) ? states[place]?.tensors[number] : nil
  }

  /// Puts what is left after so many steps where the next call finds it.
  func keep(_ tensors: [Tensor], after count: Int, _ call: Training, in state: inout Session.State) {
    let perPlace = call.optimiser.stateCount(call.settings)
    for (number, place) in call.places.enumerated() {
      state.optimisers[place.label] = OptimiserState(
        optimiser: call.optimiser.name, steps: steps(number) + count,
        tensors: Array(tensors[number * perPlace..<(number + 1) * perPlace]))
    }
  }
}
