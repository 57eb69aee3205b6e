import Graphs
import Syntax

/// Names and entries of what they hold, as places: what gradients are taken by, what is frozen and what is given values.
extension Evaluator {
  /// The place that an expression names, for a gradient.
  func place(_ expression: Expression) throws(Diagnostic) -> Place {
    guard let place = Place(expression) else { return Place(try name(expression)) }
    guard !place.steps.isEmpty else { return place }
    // Entries of a tensor are no places of their own.
    let whole = try resolve(place.name.text, place.name.range)
    return try positions(of: place, in: whole) == nil ? Place(try name(expression)) : place
  }

  /// Where an entry lies; nil where its last steps pick from a tensor.
  func positions(of place: Place, in value: Value) throws(Diagnostic) -> [Int]? {
    var positions: [Int] = []
    var value = value
    for step in place.steps {
      guard case .tuple(let parts) = value, let position = try position(of: step, in: parts) else { return nil }
      positions.append(position)
      value = parts[position]
    }
    return positions
  }

  /// The entry of tuples and records that a place lies in, and the steps that pick from there on.
  func entry(
    at place: Place, in stored: Stored
  ) throws(Diagnostic) -> (positions: [Int], path: String, steps: ArraySlice<Place.Step>) {
    var (positions, path, steps) = ([Int](), "", place.steps[...])
    while let step = steps.first, case .tuple(let entries) = stored[positions[...]],
      let position = try position(of: step, in: entries)
    {
      positions.append(position)
      path = path.entry(entries.label(position))
      steps = steps.dropFirst()
    }
    return (positions, path, steps)
  }

  /// The entry that a step leads to; nil where it picks several, or from what is in the entry.
  func position<Element>(of step: Place.Step, in parts: Entries<Element>) throws(Diagnostic) -> Int? {
    switch step {
    case .member(let key, let range):
      guard let position = parts.position(of: key) else { throw missing(key, in: parts, range) }
      return position
    case .index(let entries, let range):
      guard entries.count == 1, case .at(let index) = entries[0] else { return nil }
      return try position(index, in: parts, range)
    }
  }
}
