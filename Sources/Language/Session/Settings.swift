import Printing
import Syntax
import Tensors

/// What statements set, and what belongs to where the session runs.
extension Session {
  struct Settings: Equatable {
    var digits: Int?
    var precision: ElementType
    var seed: UInt64
    var isASCII: Bool
    var refusesMutualBroadcast: Bool
    var watched: [String]
  }

  var settings: Settings {
    Settings(
      digits: display.digits, precision: display.defaultType, seed: seed, isASCII: display.isASCII,
      refusesMutualBroadcast: refusesMutualBroadcast, watched: watched)
  }

  /// Takes over what doesn't belong to a state but to where the session runs.
  mutating func adopt(surroundings other: Session) {
    (display.width, display.height, display.isColored) = (
      other.display.width, other.display.height, other.display.isColored
    )
    display.format = other.display.format
    isInteractive = other.isInteractive
    (memoryLimit, device) = (other.memoryLimit, other.device)
    (files, follow, progress) = (other.files, other.follow, other.progress)
  }
}
