import Exports
import Graphs
import Plans
import Refusals
import Tensors

/// A graph's stretches, each made ready where it runs.
struct StagedProgram: DeviceProgram {
  private enum Runner {
    case here(Plan)
    case there(Executable, [(shape: Shape, type: ElementType)])
  }

  private let client: Client
  private let stages: [(stage: Stages.Stage, runner: Runner)]
  private let parameters: [(reference: Graph.Reference, number: Int)]
  private let outputs: [Graph.Reference]

  init(_ plugin: Plugin, _ stages: Stages, _ graph: Graph, _ outputs: [Graph.Reference]) throws(Refusal) {
    (client, self.outputs) = (plugin.client, outputs)
    parameters = graph.nodes.enumerated().compactMap { index, node in
      if case .parameter(let number) = node.kind { (Graph.Reference(index: index), number) } else { nil }
    }
    var ready: [(stage: Stages.Stage, runner: Runner)] = []
    for stage in stages.stages where !stage.outputs.isEmpty {
      if stage.isHere {
        ready.append((stage, .here(Plan(stage.graph, outputs: stage.outputs))))
      } else {
        let shapes = stage.outputs.map { (shape: stage.graph[$0].shape, type: stage.graph[$0].type) }
        let executable = try plugin.executable(try Self.text(of: stage), outputCount: shapes.count)
        ready.append((stage, .there(executable, shapes)))
      }
    }
    self.stages = ready
  }

  private static func text(of stage: Stages.Stage) throws(Refusal) -> String {
    let program = ExportedProgram(stage.graph, outputs: stage.outputs)
    return try StableHLO(program, mesh: Mesh()).text
  }

  func run(_ given: [DeviceValue]) throws(Refusal) -> [DeviceValue] {
    var values: [Graph.Reference: DeviceValue] = [:]
    for (reference, number) in parameters { values[reference] = given[number] }
    for (stage, runner) in stages {
      let inputs = stage.inputs.compactMap { values[$0] }
      let results = try run(runner, inputs)
      if stage.isGuarded, try results[results.count - 1].tensor()[flat: 0] == 0 { throw .notFinite }
      for (reference, result) in zip(stage.results, results) { values[reference] = result }
    }
    return outputs.compactMap { values[$0] }
  }

  private func run(_ runner: Runner, _ inputs: [DeviceValue]) throws(Refusal) -> [DeviceValue] {
    switch runner {
    case .here(let plan):
      var tensors: [Tensor] = []
      for input in inputs { tensors.append(try input.tensor()) }
      return try plan.run(tensors).map { DeviceValue($0) }
    case .there(let executable, let shapes):
      var buffers: [Buffer] = []
      for input in inputs { buffers.append(try buffer(of: input)) }
      return try executable.run(buffers, shapes: shapes).map { DeviceValue($0) }
    }
  }

  private func buffer(of value: DeviceValue) throws(Refusal) -> Buffer {
    if let buffer = value.there as? Buffer { return buffer }
    let buffer = try Buffer(client, try value.tensor())
    value.there = buffer
    return buffer
  }
}
