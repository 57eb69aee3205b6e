import Exports
import Syntax
import Tensors

extension Command {
  /// How names are cut where `:export` spreads a program over devices.
  static let shard = Command(
    ":shard NAME… rows|columns|whole", "How names are cut where :export spreads a program over devices."
  ) { session, call, emit throws(Diagnostic) in
    var words = call.words
    guard let last = words.popLast() else {
      let cuts = session.settings.cuts.sorted { $0.key < $1.key }
      if cuts.isEmpty { emit(.result("nothing is cut but inputs with a free first dimension, by rows")) }
      for (name, cut) in cuts { emit(.result("\(name)  \(cut.rawValue)")) }
      return
    }
    guard let cut = Mesh.Cut(rawValue: last), !words.isEmpty else {
      let ways = Mesh.Cut.allCases.map(\.rawValue).joined(separator: ", ")
      throw Diagnostic("a name is cut by one of \(ways)", at: call.range, help: ":shard x rows")
    }
    for name in words {
      // Of a record its parts are cut: `net.w`.
      let owner = String(name.prefix { $0 != "." })
      guard let binding = session.names[owner] else { throw Evaluator(session).unknown(owner, call.range) }
      if name == owner, let rank = binding.rank, let objection = cut.objection(to: name, rank: rank) {
        throw Diagnostic(objection, at: call.range, help: rank == 0 ? nil : ":shard \(name) rows")
      }
    }
    for name in words { session.settings.cuts[name] = cut }
  }
}

extension Binding {
  /// How many axes it has, as far as that is known.
  fileprivate var rank: Int? {
    if case .tensor(let held, _) = content { held.tensor.shape.rank } else { dimensions?.count }
  }
}
