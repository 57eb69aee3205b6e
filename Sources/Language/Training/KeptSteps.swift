import Graphs
import Plans
import Synchronization
import Syntax
import Tensors

/// Calls of `train` that take one step and have come before: where all that they read is of the same kind, only the plan of
/// the step is run.
final class KeptSteps: Sendable {
  private struct State {
    var known: [KeptStep] = []
    /// Calls that came once.
    var seen: [(call: KeptCall, misses: Misses)] = []
    var served = 0
  }

  // Work that was left behind may go on beside what the session does.
  private let state = Mutex(State())
  private static let limit = 16

  func step(of arguments: [Syntax.Argument]) -> KeptStep? {
    let call = KeptCall(arguments)
    return state.withLock { state in
      // In a loop it stands where it stood: nothing has to be written out.
      state.known.first { $0.arguments.stands(like: call) } ?? state.known.first { $0.arguments == call }
    }
  }

  /// How many steps were taken by what was kept.
  var served: Int { state.withLock(\.served) }

  func noteServed() { state.withLock { $0.served += 1 } }

  /// Whether it is time to keep what a call is: when it comes again.
  func isAgain(_ arguments: [Syntax.Argument]) -> Bool {
    let call = KeptCall(arguments)
    return state.withLock { state in
      if let known = state.seen.first(where: { $0.call == call }) { return !known.misses.areTooMany }
      if state.seen.count >= Self.limit { state.seen = [] }
      state.seen.append((call, Misses()))
      return false
    }
  }

  func keep(_ step: KeptStep) {
    state.withLock { state in
      if let last = state.known.firstIndex(where: { $0.arguments == step.arguments }) {
        let hasServed = state.known.remove(at: last).hasServed
        if let number = state.seen.firstIndex(where: { $0.call == step.arguments }) {
          state.seen[number].misses.note(hasServed)
        }
      }
      if state.known.count >= Self.limit { state.known = [] }
      state.known.append(step)
    }
  }
}

/// The arguments of a call, wherever it stands: on another line of a script it is the same one.
final class KeptCall: Equatable, Sendable {
  private let arguments: [Syntax.Argument]
  private let text = Mutex<String?>(nil)

  init(_ arguments: [Syntax.Argument]) { self.arguments = arguments }

  /// How they are written, which is only looked at where they stand at different places.
  private var written: String {
    text.withLock { text in
      if let text { return text }
      let own = arguments.map { "\($0.label ?? "")=\($0.value)" }.joined(separator: ", ")
      text = own
      return own
    }
  }

  /// At the same place, too.
  func stands(like other: KeptCall) -> Bool { arguments == other.arguments }

  static func == (a: KeptCall, b: KeptCall) -> Bool { a.stands(like: b) || a.written == b.written }
}

/// One step of training as a plan, and what the session must be like for it.
final class KeptStep: Sendable {
  /// What a parameter of the plan is given.
  private enum Source {
    case value(Tensor)
    case name(String)
    case place(Int)
    case state(Int, of: Int)
    case time
  }

  /// What a trained name was like.
  private struct Place {
    let shape: Shape
    let type: ElementType
    let pattern: Pattern<Tensor>
    let trainable: Set<String>
    let frozen: Set<String>
    /// The zeros that it has after a step.
    let next: Pattern<Tensor>
  }

  let arguments: KeptCall
  private let served = Atomic(false)
  private let call: Training
  private let settings: Session.Settings
  private let reads: [KeptRead]
  private let plan: Plan
  private let sources: [Source]
  private let places: [Place]
  private let lossType: ElementType

  /// Nil where something else counts than what tensors hold.
  ///
  /// - Parameters:
  ///   - options: what the call's arguments were evaluated by.
  ///   - session: as it was before the step.
  init?(
    _ arguments: [Syntax.Argument], _ call: Training, _ step: TrainingStep, _ start: TrainingStart,
    _ options: Evaluator, _ evaluator: Evaluator, _ session: Session
  ) {
    let builder = evaluator.builder
    guard session.tracer == nil, session.device == nil, session.surroundings.compilesLoops, call.steps == 1,
      call.batches == nil, call.rates.count == 1, call.frozen == nil, !call.isFresh, step.isReusable,
      step.drawCount == 0, start.notes.isEmpty, start.isEven(call), call.places.allSatisfy({ $0.positions.isEmpty })
    else { return nil }
    let trained = Set(call.places.map(\.name.text))
    let demanded = builder.demandedNames
    guard options.hasOnlyRead(session), evaluator.hasOnlyRead(session), demanded.isDisjoint(with: trained) else {
      return nil
    }
    var reads: [KeptRead] = []
    let known = evaluator.allReads
    for (name, version) in known.merging(options.allReads, uniquingKeysWith: { first, _ in first })
    where !trained.contains(name) || options.allReads[name] != nil {
      if version == 0 { guard Operator.named[name] != nil else { return nil } }
      let isAsItWas = options.allReads[name] != nil || demanded.contains(name)
      guard let read = KeptRead(name, version, in: session, asItIs: isAsItWas) else { return nil }
      reads.append(read)
    }
    var places: [Place] = []
    for (place, movable) in zip(call.places, step.movable) {
      guard let binding = session.names[place.name.text], case .tensor(let held, _) = binding.content,
        binding.frozenEntries.isEmpty
      else { return nil }
      places.append(
        Place(
          shape: held.tensor.shape, type: held.tensor.type, pattern: held.pattern, trainable: binding.trainable,
          frozen: binding.frozen, next: movable.map { held.pattern.moving($0) } ?? .full))
    }
    var sources: [Source] = []
    let perPlace = call.optimiser.stateCount(call.settings)
    for (number, parameter) in builder.parameters.enumerated() {
      // The last thing that is carried is the loss, which no step reads.
      let position = step.carried.dropLast().firstIndex { $0.parameter == number }
      if number == step.time {
        sources.append(.time)
      } else if let position, position < places.count {
        sources.append(.place(position))
      } else if let position {
        let (owner, kept) = (position - places.count).quotientAndRemainder(dividingBy: perPlace)
        sources.append(.state(kept, of: owner))
      } else if let name = parameter.name {
        guard trained.contains(name) || known[name] != nil else { return nil }
        sources.append(.name(name))
      } else {
        // What has no name is kept, so it must be little.
        guard !parameter.isAbstract, parameter.value.count <= KeptRead.mostElements else { return nil }
        sources.append(.value(parameter.value))
      }
    }
    let outputs = step.outputs
    guard outputs.allSatisfy({ builder.variables(of: $0).isEmpty }) else { return nil }
    plan = builder.plan(for: outputs)
    guard plan.fault == nil else { return nil }
    (self.arguments, self.call) = (KeptCall(arguments), call)
    (self.reads, self.sources, self.places) = (reads, sources, places)
    (settings, lossType) = (session.settings, step.lossType)
  }

  /// Whether a step was taken by it.
  var hasServed: Bool { served.load(ordering: .relaxed) }

  /// The loss before a step, which is taken; nil, and nothing is done, where it has to be understood anew.
  func take(in session: inout Session) -> Held? {
    guard session.keepsRepetitions, session.tracer == nil, session.device == nil, session.settings == settings,
      session.surroundings.compilesLoops
    else { return nil }
    let start = TrainingStart(call, session)
    let done = start.steps(0)
    guard start.notes.isEmpty, start.isEven(call) else { return nil }
    var values: [String: Tensor] = [:]
    for read in reads {
      guard let now = read.now(in: session, takesGradients: true) else { return nil }
      if let tensor = now.tensor { values[read.name] = tensor }
    }
    var current: [Held] = []
    for (place, known) in zip(call.places, places) {
      guard let binding = session.names[place.name.text], case .tensor(let held, _) = binding.content,
        held.tensor.shape == known.shape, held.tensor.type == known.type,
        held.pattern.isKnownSame(as: known.pattern), binding.trainable == known.trainable,
        binding.frozen == known.frozen, binding.frozenEntries.isEmpty
      else { return nil }
      current.append(held)
      values[place.name.text] = held.tensor
    }
    let perPlace = call.optimiser.stateCount(call.settings)
    var parameters: [Tensor] = []
    for source in sources {
      switch source {
      case .value(let tensor): parameters.append(tensor)
      case .name(let name):
        guard let tensor = values[name] else { return nil }
        parameters.append(tensor)
      case .place(let number): parameters.append(current[number].tensor)
      case .state(let number, of: let place):
        parameters.append(
          start.tensor(number, of: place, count: perPlace) ?? .zeros(places[place].shape, places[place].type))
      case .time: parameters.append(Tensor(1 + Double(done)))
      }
    }
    // What went wrong, and what is out of bounds, is told by who goes through it step by step.
    guard !Interrupt.isRequested, let results = try? plan.run(parameters, memoryLimit: session.freeBytes),
      results[0][flat: 0].isFinite
    else { return nil }
    served.store(true, ordering: .relaxed)
    session.keptSteps.noteServed()
    let count = places.count
    start.keep(Array(results[(1 + count)...]), after: 1, call, in: &session.state)
    for (number, place) in call.places.enumerated() {
      session.put(Held(tensor: results[1 + number], pattern: places[number].next), at: place, by: Builtin.train.name)
    }
    return Held(tensor: Tensor([results[0][flat: 0]], shape: Shape([1]), type: lossType))
  }
}

extension Pattern<Tensor> {
  /// What is left of zeros where some entries can move: a mask that stays what it is stays the same one.
  func moving(_ movable: Tensor) -> Pattern {
    map { still in
      let next = Tensor((0..<still.count).map { still[flat: $0] != 0 || movable[flat: $0] != 0 }, shape: still.shape)
      return next.hasSameBits(as: still) ? still : next
    }
  }
}
