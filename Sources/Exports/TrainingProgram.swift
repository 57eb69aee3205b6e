import Graphs
import Refusals
import Tensors

/// A whole training as one Python file that reads its data from files, and can be stopped and go on.
package struct TrainingProgram {
  /// What the steps go by.
  package struct Plan: Sendable {
    package var steps: Int
    /// Steps that were done before, as the optimiser counts.
    package var done: Int
    /// Rows in all, and of a step; 0 where nothing is drawn.
    package var rowCount = 0
    package var batch = 0
    package var seed: UInt64
    /// The draw that orders the rows of the first epoch, the first one of the first step, and how many a step takes.
    package var order: Int
    package var draw: Int
    package var drawsPerStep: Int
    package var optimiser: String
    /// One for each step; empty where they are all the same.
    package var rates: [Double]
    /// Whose rows are drawn.
    package var data: [(name: String, tensor: Tensor)] = []
    /// The trained places, and what the optimiser keeps for each of them, by the names of the step's inputs.
    package var places: [(label: String, states: [String])] = []
    /// What goes from step to step, as it is before the first.
    package var starts: [(name: String, tensor: Tensor)] = []
    /// The optimiser of a library that does the same, and the rate where it is one for all steps.
    package var counterpart: Counterpart?
    package var rate: Double?
    /// The call as it was written.
    package var text: String

    package init(
      steps: Int, done: Int, seed: UInt64, order: Int, draw: Int, drawsPerStep: Int, optimiser: String,
      rates: [Double], text: String
    ) {
      (self.steps, self.done, self.seed, self.order) = (steps, done, seed, order)
      (self.draw, self.drawsPerStep, self.optimiser, self.rates) = (draw, drawsPerStep, optimiser, rates)
      self.text = text
    }
  }

  /// What stands for an optimiser in a library.
  package struct Counterpart: Sendable {
    /// The call that makes it, of the weights that it moves at a `@`.
    package let make: String
    /// What it calls the tensors that it keeps for each weight, in our order.
    package let kept: [String]
    /// What it leaves to others: decay that is a part of the gradient, and decay that is not.
    package var decay = 0.0
    package var apart = 0.0

    package init(_ make: String, kept: [String]) { (self.make, self.kept) = (make, kept) }
  }

  /// Names that no name of the session can be.
  package static let step = "step number"
  package static let draw = "draw number"
  package static let rate = "rate of the step"
  package static let loss = "loss of the step"

  private let plan: Plan
  private let program: ExportedProgram
  private let dialect: ArrayDialect
  private let functions: [ArraySource]
  private let last: ExportedProgram?
  /// The loss and its slopes alone, of a step and of the last one of an epoch, for an optimiser of the library's own.
  private var slopes: [(program: ExportedProgram, function: ArraySource)] = []

  /// - Parameters:
  ///   - step: one step.
  ///   - last: the last one of each epoch, where it has fewer rows.
  ///   - slopes: the same without what the optimiser does, where the library has one.
  package init(
    _ plan: Plan, step: ExportedProgram, last: ExportedProgram?, slopes: [ExportedProgram], _ dialect: ArrayDialect
  ) throws(Refusal) {
    (self.plan, program, self.dialect) = (plan, step, dialect)
    var functions = [try ArraySource(step, dialect)]
    var last = last
    if var own = last {
      functions.append(try ArraySource(own, dialect))
      // What has no name may be another tensor there.
      for place in own.inputs.indices where !own.inputs[place].isNamed { own.inputs[place].name += " of the last step" }
      last = own
    }
    (self.functions, self.last) = (functions, last)
    if plan.counterpart == nil { return }
    for (number, program) in slopes.enumerated() {
      let function = try ArraySource(program, dialect)
      var program = program
      if number > 0 {
        for place in program.inputs.indices where !program.inputs[place].isNamed {
          program.inputs[place].name += " of the last step"
        }
      }
      self.slopes.append((program, function))
    }
  }

  /// What stays as it is, and what goes from step to step at its start.
  package var arrays: [(name: String, tensor: Tensor)] {
    let given = Set((plan.data + plan.starts).map(\.name) + [Self.step, Self.draw, Self.rate])
    var arrays = plan.starts + program.inputs.filter { !given.contains($0.name) }.map { ($0.name, $0.value) }
    let known = given.union(arrays.map(\.name))
    arrays += (last?.inputs ?? []).filter { !known.contains($0.name) }.map { ($0.name, $0.value) }
    for slope in slopes {
      let known = given.union(arrays.map(\.name))
      arrays += slope.program.inputs.filter { !known.contains($0.name) }.map { ($0.name, $0.value) }
    }
    if !plan.rates.isEmpty {
      arrays.append(("program.rates", Tensor(plan.rates, shape: Shape([plan.rates.count]), type: .float64)))
    }
    return arrays
  }

  /// The rows that steps are drawn from.
  package var data: [(name: String, tensor: Tensor)] { plan.data }

  package func text(_ file: String) -> String {
    var bodies: [String] = []
    var lines: [String] = []
    let named =
      Array(zip(functions, ["step", "last_step"])) + zip(slopes.map(\.function), ["slopes", "last_slopes"])
    for (source, name) in named {
      let (parameters, body) = source.function
      lines += body
      bodies.append(
        "def \(name)(\(parameters.joined(separator: ", "))):" + body.map { "\n    " + $0 }.joined())
    }
    let helpers = ArrayModule.helpers(dialect, lines)
    let trainer = dialect.trainer(plan.counterpart != nil)
    let runner = String(decoding: PackageResources.train_py, as: UTF8.self)
    let whole = ([trainer] + helpers).joined(separator: "\n")
    let always = ["argparse", "concurrent.futures", "io", "itertools", "json", "os", "signal", "sys", "time"]
    let modules = always + ["functools", "inspect", "math", "threading"].filter { whole.contains("\($0).") }
    let libraries = dialect.imports.split(separator: "\n", omittingEmptySubsequences: false).drop {
      $0 == "import os" || $0.isEmpty
    }
    let imports =
      modules.sorted().map { "import \($0)" }.joined(separator: "\n") + "\n\n" + libraries.joined(separator: "\n")
    let optimiser = plan.counterpart.map { counterpart in
      let call = counterpart.make.replacing("@", with: "weights")
      let parameter = counterpart.make.contains("@") ? "weights" : ""
      return ["def make_optimiser(\(parameter)):\n    return \(call)"]
    }
    let parts =
      [header(file) + "\n\n" + imports] + helpers + bodies + [planText] + (optimiser ?? []) + [trainer]
    return parts.joined(separator: "\n\n\n") + "\n\n\n"
      + runner
  }

  private func header(_ file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    let base = String(name.dropLast(3))
    let data = plan.data.isEmpty ? "" : "\nThe rows come from \(base).NAME.npy, or from --data NAME=FILE."
    let hosts =
      dialect.trainer(false).contains("--procs")
      ? "\n    python \(name) --procs 2 --proc I --addr HOST0:47200 --host MY_ADDRESS     on each of 2 hosts, I = 0, 1"
      : ""
    return """
      \"\"\"\(plan.text.replacing("\"\"\"", with: "'''").replacing("\\", with: "\\\\"))

      Exported from Gradus.

          python \(name)                 trains, and goes on from the last checkpoint where there is one
          python \(name) --fresh         begins anew
          python \(name) --every 1000    writes a checkpoint every 1000 steps, besides every 5 minutes\(hosts)
      \(data)
      The weights come from \(base).safetensors; at the end they are in \(base).trained.safetensors under the same names, the
      losses in \(base).losses.npy. In Gradus, restore(load("\(base).checkpoint.safetensors")) goes on from there.
      Exit status: 0 done, 3 something failed and the last checkpoint is whole, 130 stopped.
      \"\"\"
      """
  }

  private var planText: String {
    func quoted(_ text: String) -> String { "\"\(text)\"" }
    func list(_ names: [String]) -> String { "[\(names.map(quoted).joined(separator: ", "))]" }
    var paths: [String] = []
    for place in plan.places {
      paths.append("        \(quoted(place.label)): \(quoted("values." + place.label)),")
      for (number, state) in place.states.enumerated() {
        paths.append(
          "        \(quoted(state)): \(quoted("optimisers.\(plan.optimiser).state\(number).\(place.label)")),")
      }
    }
    let data = plan.data.map { name, tensor in
      "\(quoted(name)): {\"row\": [\(tensor.shape.extents.dropFirst().map(String.init).joined(separator: ", "))]}"
    }
    // Steps that are taken together; the rows of so many fit in 64 MB.
    let bytes = plan.data.reduce(1) { $0 + plan.batch * ($1.tensor.count / max(plan.rowCount, 1)) * 4 }
    let chunk = min(100, max(1, 64_000_000 / bytes))
    return """
      plan = {
          "program": \(quoted(fingerprint)),
          "steps": \(plan.steps),
          "done": \(plan.done),
          "rows": \(plan.rowCount),
          "batch": \(plan.batch),
          "chunk": \(chunk),
          "seed": \(plan.seed),
          "order": \(plan.order),
          "draw": \(plan.draw),
          "draws": \(plan.drawsPerStep),
          "optimiser": \(quoted(plan.optimiser)),
          "data": {\(data.joined(separator: ", "))},
          "places": \(list(plan.places.map(\.label))),
          "inputs": \(list(program.inputs.map(\.name))),
          "last inputs": \(list((last ?? program).inputs.map(\.name))),
          "outputs": \(list(program.outputs.map(\.name))),
      \(libraryText)    # Where a checkpoint has them.
          "checkpoint": {
      \(paths.joined(separator: "\n"))
          },
      }
      """
  }

  /// What an optimiser of the library's own has to be told, lines of the plan.
  private var libraryText: String {
    guard let counterpart = plan.counterpart, let first = slopes.first else { return "" }
    func list(_ names: [String]) -> String { "[\(names.map { "\"\($0)\"" }.joined(separator: ", "))]" }
    let states = plan.places.map { "\"\($0.label)\": \(list($0.states))" }.joined(separator: ", ")
    return """
          "slope inputs": \(list(first.program.inputs.map(\.name))),
          "last slope inputs": \(list((slopes.last ?? first).program.inputs.map(\.name))),
          "library": {
              "kept": \(list(counterpart.kept)),
              "states": {\(states)},
              "rate": \(plan.rate.map { "\($0)" } ?? "None"),
              "decay": \(counterpart.decay),
              "apart": \(counterpart.apart),
          },

      """
  }

  /// Tells a checkpoint of another program from one of this.
  private var fingerprint: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let text =
      functions.map { $0.function.lines.joined(separator: "\n") }.joined(separator: "\n")
      + "\(plan.seed) \(plan.order) \(plan.draw)"
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }
}
