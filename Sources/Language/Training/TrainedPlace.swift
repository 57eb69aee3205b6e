import Syntax
import Tensors

/// A tensor that training moves: a name, or an entry of what it holds.
struct TrainedPlace {
  let name: Name
  let positions: [Int]
  let path: String

  /// `w`, `net.layers.0.w`.
  var label: String { name.text.entry(path: path) }
}

extension Session {
  /// A place given a value that nothing is known to lead to; what it is marked as stays.
  mutating func put(_ held: Held, at place: TrainedPlace, by giver: String?) {
    guard let binding = names[place.name.text], var stored = binding.stored else { return }
    if place.positions.isEmpty {
      bind(place.name.text, held, nil, currentLine)
      names[place.name.text]?.trainable = binding.trainable
      names[place.name.text]?.frozen = binding.frozen
      names[place.name.text]?.frozenEntries = binding.frozenEntries
      names[place.name.text]?.giver = giver
      return
    }
    stored[place.positions[...]] = .tensor(held)
    guard case .tuple(let parts) = stored else { return }
    let version = tick()
    names[place.name.text]?.content = .tuple(parts, nil)
    names[place.name.text]?.note(changeAt: place.path, version: version)
    let line = currentLine
    names[place.name.text]?.line = line
    names[place.name.text]?.giver = giver
  }
}
