import Syntax
import Tensors

/// Names that are shown whenever a statement has changed them.
extension Session {
  func tellOfWatched(since before: Moment, _ emit: (Output) -> Void) {
    guard !settings.watched.isEmpty, clock != before.state.clock else { return }
    for name in settings.watched where hasChanged(name, since: before) {
      let evaluator = Evaluator(self)
      guard let value = try? evaluator.resolve(name, 0..<0),
        let stored = try? evaluator.stored(value, 0..<0, isFixed: nil)
      else { continue }
      let trainable = names[name]?.trainable ?? []
      switch stored {
      case .tensor(let held):
        if held.tensor.shape.rank == 0 {
          emit(.result("\(name)  \(text(of: held, title: nil))"))
        } else {
          emit(.result(text(of: held, title: name, isTrainable: trainable.contains(""))))
        }
      case .tuple(let parts):
        emit(.result(StructureText(display: display, trainable: trainable).tree(of: parts, title: name)))
      case .text(let words): emit(.result("\(name)  \(words)"))
      case .function, .list: continue
      }
    }
  }

  private func hasChanged(_ name: String, since before: Moment) -> Bool {
    guard let binding = names[name] else { return false }
    if binding.version > before.state.clock { return true }
    guard case .live = binding.content else { return false }
    return Evaluator(self).reachable(from: [name]).contains { (names[$0]?.version ?? 0) > before.state.clock }
  }
}
