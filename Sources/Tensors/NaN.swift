extension Tensor {
  /// Whether any element is no number.
  package var hasNaN: Bool {
    switch type {
    case .bool: return false
    case .float32:
      for index in 0..<count where unsafe storage.bytes.load(fromByteOffset: index &* 4, as: Float.self).isNaN {
        return true
      }
    case .literal, .float64:
      for index in 0..<count where unsafe storage.bytes.load(fromByteOffset: index &* 8, as: Double.self).isNaN {
        return true
      }
    }
    return false
  }
}
