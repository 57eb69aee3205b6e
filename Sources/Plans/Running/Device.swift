import CKernels
import Graphs
import Refusals
import Tensors

/// Another processor that runs graphs, as a GPU.
public protocol Device: AnyObject, Sendable {
  /// What it is, for people.
  var name: String { get }

  /// A graph made ready to run there; nil where nothing in it is worth the way.
  func program(_ graph: Graph, outputs: [Graph.Reference]) throws(Refusal) -> (any DeviceProgram)?
}

/// A graph that a device runs, again and again.
public protocol DeviceProgram {
  /// The outputs for these parameters; `notFinite` where strong zeros decide what a product is.
  func run(_ parameters: [DeviceValue]) throws(Refusal) -> [DeviceValue]
}

/// A device's own copy of a tensor.
public protocol DeviceBuffer: AnyObject {
  func tensor() throws(Refusal) -> Tensor
}

/// A tensor that is here, on a device, or on both.
public final class DeviceValue {
  private var here: Tensor?
  public var there: (any DeviceBuffer)?

  public init(_ tensor: Tensor) { here = tensor }
  public init(_ buffer: any DeviceBuffer) { there = buffer }

  /// Fetched when it is first asked for.
  public func tensor() throws(Refusal) -> Tensor {
    if let here { return here }
    guard let there else { preconditionFailure("a value is somewhere") }
    let tensor = try there.tensor()
    here = tensor
    return tensor
  }
}

extension Device {
  /// The outputs' values, where the device has something to do and no strong zero meets what isn't finite.
  public func values(
    _ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor]
  ) throws(Refusal) -> [Tensor]? {
    guard let program = try program(graph, outputs: outputs) else { return nil }
    do throws(Refusal) {
      var tensors: [Tensor] = []
      for value in try program.run(parameters.map { DeviceValue($0) }) { tensors.append(try value.tensor()) }
      if gk_is_interrupted() != 0 { throw Refusal.interrupted }
      return tensors
    } catch {
      if error.reason == .notFinite { return nil }
      throw error
    }
  }
}
