import Graphs
import Plans
import Refusals
import Syntax
import Tensors

/// A loop's body as one graph, made after the first step was run.
struct CompiledLoop {
  private let loop: Loop
  private let recurrence: Recurrence
  /// Names whose values go from one step to the next.
  private let carried: [String]
  private let targets: Set<String>
  /// The session's clock and draws before and after the first step.
  private let before: (clock: Int, draw: Int)
  private let after: (clock: Int, draw: Int)

  /// Nil where the steps might not be alike.
  init?(_ loop: Loop, _ session: Session, before: (clock: Int, draw: Int), in source: Source) {
    guard let targets = loop.targets, loop.variable?.elements.isUniform != false, loop.variable?.names.count ?? 1 == 1
    else { return nil }
    let tracer = Tracer(session, drawsPerStep: session.draw - before.draw)
    var ghost = session
    ghost.tracer = tracer
    ghost.cache = [:]
    var starts: [String: (held: Held, number: Int)] = [:]
    for name in targets {
      guard case .tensor(let held, let formula)? = session.names[name]?.content else { return nil }
      let traced = tracer.start(held, name: name)
      starts[name] = (held, traced.traced ?? 0)
      ghost.names[name]?.content = .tensor(traced, formula)
    }
    var variable: Int?
    do throws(Diagnostic) {
      if let (name, elements) = loop.soleVariable {
        variable = tracer.builder.parameters.count
        tracer.variable = elements.numbers.map { (tracer.builder.parameters.count, $0) }
        guard let first = elements.tensor else { return nil }
        ghost.bind(name, tracer.start(first, name: name), nil, loop.line)
      }
      try ghost.execute(loop.body, in: source) { _ in }
    } catch { return nil }
    guard !tracer.builder.hasDemandedUnknown, ghost.draw - session.draw == tracer.drawsPerStep else { return nil }
    var values = tracer.builder.parameters.map(\.value)
    var carried: [(name: String, values: Recurrence.Carried)] = []
    for (name, start) in starts.sorted(by: { $0.key < $1.key }) where tracer.wasRead[start.number] {
      guard name != loop.soleVariable?.name, case .tensor(let held, _)? = ghost.names[name]?.content,
        let number = held.traced
      else { return nil }
      let (first, last) = (tracer[start.number], tracer[number])
      guard first.shape == last.shape, first.type == last.type, Self.keepsZeros(start.held, last),
        let parameter = Self.parameter(first)
      else { return nil }
      values[parameter] = start.held.tensor
      carried.append((name, Recurrence.Carried(parameter: parameter, next: last.reference)))
    }
    guard !carried.isEmpty, let draw = Self.parameter(tracer.draw) else { return nil }
    // Steps are counted from the first, which is done.
    let first = Double(before.draw)
    let draws = Recurrence.Input.Values.counting(from: first, by: Double(tracer.drawsPerStep))
    var inputs = tracer.inputs + [Recurrence.Input(parameter: draw, values: draws)]
    for input in inputs { values[input.parameter] = Tensor(0) }
    if let variable, let elements = loop.variable?.elements {
      values[variable] = elements.tensor(at: 0)
      inputs.append(
        Recurrence.Input(
          parameter: variable, values: elements.numbers.map { .numbers($0) } ?? .tensors { elements.tensor(at: $0) }))
    }
    do throws(Refusal) {
      recurrence = try Recurrence(
        tracer.builder.graph, parameters: values, carried: carried.map(\.values), inputs: inputs, count: 1,
        memoryLimit: tracer.builder.memoryLimit, device: session.device)
    } catch { return nil }
    self.loop = loop
    self.carried = carried.map(\.name)
    self.targets = targets
    self.before = before
    after = (session.clock, session.draw)
  }

  private static func parameter(_ symbol: Symbol) -> Int? {
    if case .parameter(let number) = symbol.node.kind { number } else { nil }
  }

  /// Whether a value's zeros have the same causes after a step as before it.
  private static func keepsZeros(_ before: Held, _ after: Symbol) -> Bool {
    let pattern = after.builder.pattern(of: after)
    func isSame(_ mask: Tensor?, _ symbol: Symbol?) -> Bool {
      guard let symbol else { return mask == nil }
      guard let value = try? after.builder.settledMask(symbol) else { return false }
      guard let mask else { return value.values.allSatisfy { $0 != 0 } }
      return mask.count == value.count && mask.hasSameBits(as: value)
    }
    return isSame(before.pattern.structural, pattern.structural) && isSame(before.pattern.strong, pattern.strong)
  }

  /// Runs up to a step; the number of steps that are done then, the first one counted.
  mutating func run(
    _ session: inout Session, to end: Int, in source: Source, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Int {
    let start = ContinuousClock.now
    var failure: Refusal?
    if let fault = recurrence.fault { emit(.notice("\(fault); the slow twin goes through the steps")) }
    do throws(Refusal) { try recurrence.run(to: end) } catch { failure = error }
    var step = recurrence.count
    // Without memory for the state, the steps are done again one by one.
    guard settle(&session, step) else { return 1 }
    guard failure?.isInterrupt == true || Interrupt.isRequested else { return step }
    if Set(carried) != targets {
      // Names that no step hands on are settled by running one more.
      Interrupt.clear()
      try session.run(loop, step, in: source, emit)
      step += 1
    }
    let names = carried.count == 1 ? "\(carried[0]) keeps" : carried.joined(separator: ", ") + " keep"
    throw Diagnostic(
      .interrupted(
        after: Duration.text(.now - start),
        in: "\(loop.word) (step \(step + 1) of \(loop.count)); \(names) the values of step \(step)"))
  }

  /// Gives the session the state after some steps.
  private func settle(_ session: inout Session, _ step: Int) -> Bool {
    if step == 1 { return true }
    guard let state = try? recurrence.state() else { return false }
    let (ticks, draws) = ((step - 1) * (after.clock - before.clock), (step - 1) * (after.draw - before.draw))
    for (name, tensor) in zip(carried, state) {
      guard case .tensor(var held, let formula)? = session.names[name]?.content else { continue }
      held.tensor = tensor
      session.names[name]?.content = .tensor(held, formula)
    }
    let assigned = targets.union(loop.soleVariable.map { [$0.name] } ?? [])
    for name in assigned {
      guard var binding = session.names[name], case .tensor(let held, var formula) = binding.content else { continue }
      binding.version += ticks
      for (read, version) in formula?.reads ?? [:] where version > before.clock {
        formula?.reads[read] = version + ticks
      }
      if let draw = formula?.draw, draw >= before.draw { formula?.draw = draw + draws }
      binding.content = .tensor(held, formula)
      session.names[name] = binding
    }
    if let (name, elements) = loop.soleVariable, !targets.contains(name), case .tensor(let held) = elements[step - 1] {
      session.names[name]?.content = .tensor(held, nil)
    }
    session.clock = after.clock + ticks
    session.draw = after.draw + draws
    session.progress?.steps += (step - 1) * loop.body.count
    session.progress?.clock = session.state.clock
    return true
  }
}
