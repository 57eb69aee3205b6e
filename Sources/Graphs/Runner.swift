import Refusals
import Tensors

/// Computes values of a graph for its builder, which knows neither plans nor devices.
public protocol Runner: AnyObject, Sendable {
  /// What was wrong with plans that were not run: their answers came another way.
  var faults: [String] { get }

  /// On this machine, at once: extents, indices and conditions that the graph under construction goes on from.
  ///
  /// - Parameters:
  ///   - memoryLimit: in bytes; more is refused before anything is allocated.
  func valuesHere(
    _ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor], memoryLimit: Int
  ) throws(Refusal) -> [Tensor]

  /// On the device, where there is one and it has something to do.
  func values(
    _ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor], memoryLimit: Int
  ) throws(Refusal) -> [Tensor]

  /// How many rounds a loop goes through, on this machine, until its only output says no: it is looked at before each.
  func rounds(of loop: GraphLoop, operands: [Tensor], memoryLimit: Int) throws(Refusal) -> Int
}
