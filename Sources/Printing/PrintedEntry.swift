import Tensors

/// What stands in one place of a printed tensor.
enum PrintedEntry {
  case number(Double)
  case word(String)
  case removed
  case gated
  case on
}

/// The entries of a tensor by row-major offset.
struct Entries {
  private let storage: Storage
  private let causes: [Cause]?
  let type: ElementType
  let count: Int

  init(_ tensor: Tensor, causes: [Cause]?) {
    storage = tensor.storage
    type = tensor.type
    count = tensor.count
    self.causes = causes?.count == count ? causes : nil
  }

  subscript(index: Int) -> PrintedEntry {
    let value = value(at: index)
    if type == .bool { return value == 0 ? .removed : .on }
    if value == 0, let causes {
      switch causes[index] {
      case .structural: return .removed
      case .gated: return .gated
      case .exact, .live: break
      }
    }
    if value.isFinite { return .number(value) }
    return .word(value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf")
  }

  private func value(at index: Int) -> Double {
    precondition(index >= 0 && index < count, "an offset lies inside its tensor")
    switch type {
    case .bool: return unsafe storage.bytes.load(fromByteOffset: index, as: UInt8.self) != 0 ? 1 : 0
    case .float32: return Double(unsafe storage.bytes.load(fromByteOffset: index &* 4, as: Float.self))
    case .literal, .float64: return unsafe storage.bytes.load(fromByteOffset: index &* 8, as: Double.self)
    }
  }
}

/// Some of a row of places: all, or a few from its start and a few from its end.
struct Visible: Equatable {
  var head: Int
  var tail: Int
  let total: Int

  static func all(_ total: Int) -> Visible { Visible(head: total, tail: 0, total: total) }

  /// So many of them, more from the start.
  static func some(_ count: Int, of total: Int) -> Visible {
    count >= total ? all(total) : Visible(head: (count + 1) / 2, tail: count / 2, total: total)
  }

  var count: Int { head + tail }
  var hidden: Int { total - count }
  var isElided: Bool { hidden > 0 }

  /// The place of the n-th that is visible.
  subscript(position: Int) -> Int { position < head ? position : position + hidden }
}
