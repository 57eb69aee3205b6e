import CKernels
import Graphs
import Refusals
import Tensors

/// A recurrence whose state stays on a device.
struct RemoteMachine {
  private let program: any DeviceProgram
  /// What the program is given, in the order of its parameters; carried values change from step to step.
  private var parameters: [DeviceValue]
  /// For each carried value its parameter's number in the program.
  private let places: [Int]
  private let inputs: [(place: Int, values: Recurrence.Input.Values)]

  /// Nil where the device has nothing to do.
  init?(
    _ device: any Device, _ whole: Graph, parameters: [Tensor], carried: [Recurrence.Carried],
    inputs: [Recurrence.Input], memoryLimit: Int
  ) throws(Refusal) {
    let variables = Set(carried.map(\.parameter) + inputs.map(\.parameter))
    var split = InvariantSplit(whole, variables: variables)
    for value in carried { split.enter(parameter: value.parameter, like: parameters[value.parameter]) }
    let outputs = split.outputs(carried.map(\.next))
    let bytes = Plan(split.graph, outputs: outputs).byteCount
    guard bytes <= memoryLimit else { throw .outOfMemory(needed: bytes, free: memoryLimit) }
    guard let program = try device.program(split.graph, outputs: outputs) else { return nil }
    self.program = program
    let invariant = try Plan(whole, outputs: split.invariants).run(parameters, memoryLimit: memoryLimit)
    self.parameters = split.parameters.map { parameter in
      switch parameter {
      case .outer(let number): DeviceValue(parameters[number])
      case .invariant(let number): DeviceValue(invariant[number])
      }
    }
    places = carried.compactMap { split.place(of: $0.parameter) }
    self.inputs = inputs.compactMap { input in split.place(of: input.parameter).map { ($0, input.values) } }
  }

  mutating func run(from count: inout Int, to last: Int) throws(Refusal) {
    while count < last {
      for input in inputs { parameters[input.place] = DeviceValue(input.values.tensor(in: count)) }
      if gk_is_interrupted() != 0 { throw .interrupted }
      let next = try program.run(parameters)
      for (place, value) in zip(places, next) { parameters[place] = value }
      count += 1
    }
  }

  func number(carried position: Int) throws(Refusal) -> Double {
    try parameters[places[position]].tensor()[flat: 0]
  }

  func state() throws(Refusal) -> [Tensor] {
    var state: [Tensor] = []
    for place in places { state.append(try parameters[place].tensor()) }
    return state
  }
}

extension Recurrence.Input.Values {
  /// What the parameter is in one step.
  func tensor(in step: Int) -> Tensor {
    switch self {
    case .counting(let first, let stride): Tensor(first + Double(step) * stride)
    case .numbers(let numbers): Tensor(numbers[step])
    case .tensors(let value): value(step)
    }
  }
}
