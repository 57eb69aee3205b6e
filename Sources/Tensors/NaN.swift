extension Tensor {
  /// Whether any element is no number.
  package var hasNaN: Bool {
    switch type {
    case .bool: false
    case .float32: unsafe Self.hasNaN(storage.bytes.assumingMemoryBound(to: Float.self), count)
    case .literal, .float64: unsafe Self.hasNaN(storage.bytes.assumingMemoryBound(to: Double.self), count)
    }
  }

  /// Block by block: a loop that may stop anywhere looks at one element at a time.
  @inline(__always)
  private static func hasNaN<T: FloatingPoint>(_ elements: UnsafePointer<T>, _ count: Int) -> Bool {
    var start = 0
    while start < count {
      let end = min(start + 4_096, count)
      var found = 0
      for index in start..<end { found |= unsafe elements[index] == elements[index] ? 0 : 1 }
      if found != 0 { return true }
      start = end
    }
    return false
  }
}
