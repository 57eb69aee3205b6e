import Graphs
import Refusals
import Tensors

/// A StableHLO program with all that it takes to run it: `step.mlir`, `bundle.json`, `run.py`, and its inputs.
package struct Bundle {
  package let program: String
  package let description: String
  /// Inputs in the order of the program's arguments, with the names of their files.
  package let inputs: [(file: String, value: Tensor)]

  /// `run.py`, the same in every bundle: runs the program with jax.
  package static let runner = Array(String(decoding: PackageResources.run_py, as: UTF8.self).withWatchedProcess.utf8)

  package init(_ program: ExportedProgram, mesh: Mesh, steps: Int) throws(Refusal) {
    self.program = try StableHLO(program, mesh: mesh).text
    inputs = program.inputs.map { ("\($0.name).npy", $0.value) }
    func quoted(_ text: String) -> String { "\"\(text)\"" }
    func listed(_ spec: [String?]) -> String {
      "[" + spec.map { $0.map(quoted) ?? "null" }.joined(separator: ", ") + "]"
    }
    let arguments = program.inputs.map { input in
      let spec = listed(mesh.spec(of: input, in: program))
      return "    {\"name\": \(quoted(input.name)), \"file\": \(quoted(input.name + ".npy")), \"spec\": \(spec)}"
    }
    let results = program.outputs.map { output in
      let shape = program.graph[output.reference].shape.extents.map(String.init).joined(separator: ", ")
      let spec = listed(mesh.spec(of: output, in: program))
      return "    {\"name\": \(quoted(output.name)), \"shape\": [\(shape)], \"spec\": \(spec)}"
    }
    let carried = program.carried.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }
    description = """
      {
        "program": "step.mlir",
        "mesh": {\(mesh.axes.map { "\(quoted($0.name)): \($0.extent)" }.joined(separator: ", "))},
        "steps": \(steps),
        "carry": {\(carried.joined(separator: ", "))},
        "inputs": [
      \(arguments.joined(separator: ",\n"))
        ],
        "outputs": [
      \(results.joined(separator: ",\n"))
        ]
      }

      """
  }
}

extension String {
  /// A Python program in which `# watched.py` stands for the function by which one process starts and watches another.
  var withWatchedProcess: String {
    var function = String(decoding: PackageResources.watched_py, as: UTF8.self)
    while function.last == "\n" { function.removeLast() }
    return replacing("# watched.py", with: function)
  }
}
