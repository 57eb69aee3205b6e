import Graphs
import Plans
import Refusals
import Synchronization
import Syntax
import Tensors

/// Expressions that have been evaluated before: where the names that they read hold values of the same kind again, all that
/// is left to do is to run their plans.
final class Repetitions: Sendable {
  private struct State {
    var known: [String: Repetition] = [:]
    /// Texts that were evaluated once.
    var seen: Set<String> = []
    var misses: [String: Misses] = [:]
  }

  // Work that was left behind may go on beside what the session does.
  private let state = Mutex(State())
  private static let limit = 256
  /// Texts that are longer are seldom written twice.
  private static let longest = 300

  /// What such a text was found to be.
  func repetition(of text: String) -> Repetition? {
    state.withLock { $0.known.isEmpty ? nil : $0.known[text] }
  }

  /// Whether it is time to keep what a text is: when it comes again.
  func isAgain(_ text: String) -> Bool {
    guard text.utf8.count <= Self.longest else { return false }
    return state.withLock { state in
      if state.seen.contains(text) { return state.misses[text]?.areTooMany != true }
      if state.seen.count >= Self.limit { state.seen = [] }
      state.seen.insert(text)
      return false
    }
  }

  func keep(_ repetition: Repetition?, for text: String) {
    state.withLock { state in
      if state.known.count >= Self.limit { (state.known, state.misses) = ([:], [:]) }
      if let last = state.known[text] { state.misses[text, default: Misses()].note(last.hasServed) }
      state.known[text] = repetition
    }
  }
}

/// An expression as a plan, and what the session must be like for it.
final class Repetition: Sendable {
  private let served = Atomic(false)
  private let plan: Plan
  /// The values alone, where their masks take long; these are only wanted if there are zeros.
  private let brief: Plan?
  /// The last time there were: they are asked for at once.
  private let hadZeros = Atomic(false)
  /// Each one's own value, or the number of the name among those read that holds it.
  private let parameters: [(read: Int?, value: Tensor)]
  private let reads: [KeptRead]
  private let takesGradients: Bool
  private let settings: Session.Settings
  /// The value with stand-ins for what is computed, and where the masks of each of them are among the results.
  private let stored: Stored
  private let leaves: [(isFixed: Bool, structural: Int?, strong: Int?)]

  /// Nil where something else counts than what tensors hold.
  init?(_ evaluator: Evaluator, _ value: Value, _ result: Stored, _ session: Session) {
    let builder = evaluator.builder
    guard session.tracer == nil, session.device == nil, !session.isInteractive, evaluator.hasOnlyRead(session),
      result.functions.isEmpty
    else { return nil }
    let demanded = builder.demandedNames
    var reads: [KeptRead] = []
    for (name, version) in evaluator.allReads {
      if version == 0 {
        guard Operator.named[name] != nil || Builtin.gradientNames.contains(name) else { return nil }
      }
      guard let read = KeptRead(name, version, in: session, asItIs: demanded.contains(name)) else { return nil }
      reads.append(read)
    }
    var parameters: [(read: Int?, value: Tensor)] = []
    for parameter in builder.parameters {
      guard let name = parameter.name, !parameter.isAbstract else {
        // What has no name is kept, so it must be little.
        guard parameter.isAbstract || parameter.value.count <= 1 << 12 else { return nil }
        parameters.append((nil, parameter.value))
        continue
      }
      guard case .tensor(let held, _)? = session.names[name]?.content, held.tensor.storage === parameter.value.storage,
        evaluator.reads[name] != nil, let read = reads.firstIndex(where: { $0.name == name })
      else { return nil }
      // The names' own values are asked for anew each time, and not kept.
      parameters.append((read, Tensor(0)))
    }
    self.parameters = parameters
    self.reads = reads
    settings = session.settings
    takesGradients = evaluator.takesGradients
    var symbols: [Symbol] = []
    var leaves: [(isFixed: Bool, structural: Int?, strong: Int?)] = []
    let values = value.leaves
    var masks: [Symbol] = []
    for (symbol, held) in zip(values, result.leaves) {
      let pattern = builder.pattern(of: symbol).shown
      func place(_ mask: Symbol?) -> Int? {
        guard let mask else { return nil }
        masks.append(mask)
        return values.count + masks.count - 1
      }
      leaves.append((held.isFixed, place(pattern.structural), place(pattern.strong)))
    }
    symbols = values + masks
    // What stands for the values of a round is inside of its loop.
    guard symbols.allSatisfy({ builder.variables(of: $0).isEmpty }) else { return nil }
    self.leaves = leaves
    plan = builder.plan(for: symbols)
    brief = builder.isLong(masks, beside: values) ? builder.plan(for: values) : nil
    stored = result.mapped { held in
      Held(
        tensor: .hollow(held.tensor.shape, held.tensor.type),
        isFixed: held.isFixed)
    }
    guard plan.fault == nil, brief?.fault == nil, builder.parameters.count == self.parameters.count else { return nil }
  }

  /// Whether it gave a value.
  var hasServed: Bool { served.load(ordering: .relaxed) }

  /// The versions of what is read by its names, as formulas have them.
  func reads(_ versions: [Int]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: zip(reads.lazy.map(\.name), versions))
  }

  /// What the expression gives now, with the versions of what it reads; nil where it has to be evaluated anew.
  func value(in session: Session, _ range: SourceRange) throws(Diagnostic) -> (value: Stored, versions: [Int])? {
    guard session.keepsRepetitions, session.tracer == nil, session.device == nil, session.progress?.limit == nil,
      !session.isInteractive,
      session.settings == settings
    else { return nil }
    var (versions, values) = ([Int](), [Tensor?]())
    versions.reserveCapacity(reads.count)
    values.reserveCapacity(reads.count)
    for read in reads {
      guard let now = read.now(in: session, takesGradients: takesGradients) else { return nil }
      versions.append(now.version)
      values.append(now.tensor)
    }
    var tensors: [Tensor] = []
    tensors.reserveCapacity(parameters.count)
    for parameter in parameters {
      guard let read = parameter.read else {
        tensors.append(parameter.value)
        continue
      }
      guard let value = values[read] else { return nil }
      tensors.append(value)
    }
    served.store(true, ordering: .relaxed)
    let results: [Tensor]
    do throws(Refusal) {
      if let brief, !hadZeros.load(ordering: .relaxed) {
        let values = try brief.run(tensors, memoryLimit: session.freeBytes)
        let areOut = zip(values, leaves).allSatisfy { value, leaf in
          leaf.structural == nil && leaf.strong == nil || !value.hasZero
        }
        if areOut {
          var next = values.makeIterator()
          let value = stored.mapped { Held(tensor: next.next() ?? $0.tensor, isFixed: $0.isFixed) }
          return (value, versions)
        }
      }
      results = try plan.run(tensors, memoryLimit: session.freeBytes)
    } catch {
      throw error.located(at: range)
    }
    var (number, hasZeros) = (0, false)
    let value = stored.mapped { held -> Held in
      let leaf = leaves[number]
      defer { number += 1 }
      let pattern = Pattern(structural: leaf.structural.map { results[$0] }, strong: leaf.strong.map { results[$0] })
      let zeros: Pattern<Tensor> = pattern.isFull ? .full : pattern.withoutEmpty
      if !zeros.isFull { hasZeros = true }
      return Held(tensor: results[number], pattern: zeros, isFixed: leaf.isFixed)
    }
    hadZeros.store(hasZeros, ordering: .relaxed)
    return (value, versions)
  }
}

extension Tensor {
  /// So large that it pays to find out whether it was made before, and then to keep only that one.
  var isKeptOnce: Bool { storage.byteCount >= 1 << 16 }
}
