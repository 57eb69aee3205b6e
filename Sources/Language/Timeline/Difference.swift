import Graphs
import Printing
import Syntax
import Tensors
import Text

/// What has become of a name's value since the last statement that changed it.
struct Difference {
  let session: Session

  init(_ session: Session) { self.session = session }

  func text(of name: String, _ range: SourceRange) throws(Diagnostic) -> String {
    guard session.names[name] != nil else { throw Evaluator(session).unknown(name, range) }
    guard let new = try value(of: name, in: session, range) else {
      throw Diagnostic("\(name) holds no tensor", at: range)
    }
    guard let snapshot = session.past.snapshots.last(where: { leads(from: $0.moment.state, to: name) }) else {
      return "\(name) has had no other value that is still known"
    }
    let since = "since \(snapshot.statement.brief(session.display))"
    guard snapshot.moment.state.names[name] != nil,
      let old = try? value(of: name, in: session.back(at: snapshot.moment), range)
    else {
      return "\(name) is new \(since): \(spelled(new.shape))"
    }
    return describe(name, old, new, since)
  }

  /// Whether the name, or what its value is made from, was another one in a state.
  private func leads(from state: Session.State, to name: String) -> Bool {
    Evaluator(session).reachable(from: [name]).contains { name in
      state.names[name]?.version != session.names[name]?.version
    }
  }

  private func value(of name: String, in state: Session, _ range: SourceRange) throws(Diagnostic) -> Tensor? {
    let evaluator = Evaluator(state)
    guard case .tensor(let symbol) = try evaluator.resolve(name, range) else { return nil }
    return try evaluator.value(of: symbol, range)
  }

  private func describe(_ name: String, _ old: Tensor, _ new: Tensor, _ since: String) -> String {
    guard old.shape == new.shape else {
      return "\(name) was \(spelled(old.shape)), now \(spelled(new.shape)), \(since)"
    }
    var changed = 0
    var largest: (place: Int, by: Double) = (0, -1)
    for place in 0..<new.count {
      let (a, b) = (old[flat: place], new[flat: place])
      if a == b || a.isNaN && b.isNaN { continue }
      changed += 1
      let distance = abs(a - b)
      let by = distance.isNaN ? Double.infinity : distance
      if by > largest.by { largest = (place, by) }
    }
    let type = old.type == new.type ? "" : ", \(old.type.name) has become \(new.type.name)"
    guard changed > 0 else { return "\(name) has the same values as before\(type), \(since)" }
    let (a, b) = (number(old, largest.place), number(new, largest.place))
    guard new.shape.rank > 0 else { return "\(name)  \(a) → \(b)\(type), \(since)" }
    return """
      \(name)  \(spelled(new.shape)), \(changed) of \(new.count) changed\(type), \(since)
        largest at \(new.shape.index(largest.place)): \(a) → \(b)
      """
  }

  private func spelled(_ shape: Shape) -> String {
    shape.rank == 0 ? "a number" : "\(shape)"
  }

  /// With all digits where the usual ones would hide the change.
  private func number(_ tensor: Tensor, _ place: Int) -> String {
    var display = Display()
    display.digits = session.settings.digits.map { max($0, 7) }
    return display.text(of: Shown(Tensor(tensor[flat: place], type: tensor.type)))
  }
}

extension String {
  /// The first line, cut to what fits into a message.
  func brief(_ display: Display) -> String {
    let limit = min(60, max(20, (display.width ?? 80) - 20))
    let first = split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
    let line = String(first).shown
    if line.count > limit { return line.prefix(limit - 1) + "…" }
    return first.utf8.count < utf8.count ? line + " …" : line
  }
}
