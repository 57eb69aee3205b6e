import Graphs
import Plans
import Refusals
import Synchronization

/// A library that runs StableHLO on its devices, through the PJRT C API; programs run on its first device.
package final class Plugin: Device {
  let client: Client
  /// Compiled programs by their text.
  private let executables = Mutex<[String: Executable]>([:])

  package init(path: String) throws(Refusal) { client = try Client(path: path) }

  package var name: String { client.name }

  package func program(
    _ graph: Graph, outputs: [Graph.Reference]
  ) throws(Refusal) -> (any DeviceProgram)? {
    let stages = Stages(graph, outputs: outputs)
    if stages.stages.count == 1 { return nil }
    return try StagedProgram(self, stages, graph, outputs)
  }

  /// Programs that are compiled and kept.
  package var programCount: Int { executables.withLock { $0.count } }

  /// Whether the device takes a text without results; the error says why not.
  package func compile(_ text: String) throws(Refusal) { _ = try executable(text, outputCount: 0) }

  /// The program for a text, compiled when it is first asked for.
  func executable(_ text: String, outputCount: Int) throws(Refusal) -> Executable {
    if let known = executables.withLock({ $0[text] }) { return known }
    let made = try Executable(client, text, outputCount: outputCount)
    executables.withLock { known in
      if known.count >= 1_000 { known = [:] }
      known[text] = made
    }
    return made
  }
}
