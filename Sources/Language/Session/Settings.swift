import Exports
import Tensors

extension Session {
  /// What commands and options set and values, or their text, depend on; an undo brings it back.
  package struct Settings: Equatable, Sendable {
    /// The element type that goes without saying.
    package var precision = ElementType.float32
    /// Significant digits; nil for the shortest text that reads back to the same value.
    package var digits: Int? = 5
    package var isASCII = false
    package var seed: UInt64 = 0
    package var refusesMutualBroadcast = false
    /// Names whose changes are shown.
    package var watched: [String] = []
    /// How names are cut where a program is spread over devices.
    package var cuts: [String: Mesh.Cut] = [:]
    /// A script's own arguments.
    package var arguments: [String] = []
  }
}
