import Graphs
import Refusals
import Syntax
import Tensors

/// The steps of a training from which on its names hold infinity, and no numbers.
struct Breakage {
  private var infinite: [Int: Int] = [:]
  private var odd: [Int: Int] = [:]
  private let places: [TrainedPlace]

  /// Takes the steps again and looks at the names after each; nil where that is too much, or can't be.
  init?(_ call: Training, _ before: Session, _ start: TrainingStart, _ count: Int) {
    places = call.places
    let evaluator = Evaluator(before)
    guard var step = try? TrainingStep(evaluator, call, start, order: nil), step.isReusable,
      step.current.reduce(0, { $0 + $1.count }) * count <= 1 << 26
    else { return nil }
    for number in 1..<count + 1 {
      guard !Interrupt.isRequested, (try? step.run()) != nil, (try? step.takeState()) != nil else { break }
      for (position, tensor) in step.current.enumerated() {
        let values = tensor.values
        if infinite[position] == nil, values.contains(where: \.isInfinite) { infinite[position] = number }
        if odd[position] == nil, values.contains(where: \.isNaN) { odd[position] = number }
      }
      if odd.count == places.count { break }
    }
  }

  /// The places that hold no numbers any more, each with the step that made it so.
  var last: [(TrainedPlace, Int)] {
    places.indices.compactMap { position in (odd[position] ?? infinite[position]).map { (places[position], $0) } }
  }

  /// `w is inf after step 42, NaN after step 43`.
  var text: String? {
    let words = places.indices.compactMap { position -> String? in
      let parts = [infinite[position].map { "inf after step \($0)" }, odd[position].map { "NaN after step \($0)" }]
      let said = parts.compactMap { $0 }
      return said.isEmpty ? nil : "\(places[position].label) is \(said.joined(separator: ", "))"
    }
    guard !words.isEmpty else { return nil }
    return words.prefix(3).joined(separator: "; ") + (words.count > 3 ? " …" : "")
  }
}
