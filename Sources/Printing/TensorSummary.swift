import Tensors

/// What one pass over a tensor tells: range, mean, deviation, counts and the shape of its distribution.
struct TensorSummary {
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  private(set) var nanCount = 0
  private(set) var infinityCount = 0
  /// The entries that are not 0.
  private(set) var onCount = 0
  private(set) var finiteCount = 0
  private var histogram: Histogram?
  private var shift = 0.0
  private var sum = 0.0
  private var squares = 0.0

  /// Reads all elements once; the distribution costs more than the rest and isn't always wanted.
  init(_ tensor: Tensor, distribution: Bool) {
    let count = tensor.count
    guard count > 0 else { return }
    // Far more than between two looks at the flag is read in a moment.
    let chunk = 4_096
    for number in Stoppable(0..<(count + chunk - 1) / chunk) {
      read(tensor, number * chunk..<min((number + 1) * chunk, count), distribution)
    }
  }

  private mutating func read(_ tensor: Tensor, _ places: Range<Int>, _ distribution: Bool) {
    let storage = tensor.storage
    switch tensor.type {
    case .bool:
      for index in places where unsafe storage.bytes.load(fromByteOffset: index, as: UInt8.self) != 0 {
        onCount += 1
      }
    case .float32:
      for index in places {
        add(Double(unsafe storage.bytes.load(fromByteOffset: index &* 4, as: Float.self)), distribution)
      }
    case .literal, .float64:
      for index in places {
        add(unsafe storage.bytes.load(fromByteOffset: index &* 8, as: Double.self), distribution)
      }
    }
  }

  /// nil without finite entries; so is the deviation.
  var mean: Double? { finiteCount == 0 ? nil : shift + sum / Double(finiteCount) }

  /// The root of the mean squared distance from the mean.
  var deviation: Double? {
    guard finiteCount > 0 else { return nil }
    let mean = sum / Double(finiteCount)
    return max(0, squares / Double(finiteCount) - mean * mean).squareRoot()
  }

  /// How many entries fall into each of so many equal parts of the range.
  func counts(parts: Int) -> [Int] {
    histogram?.counts(parts: parts, from: minimum, to: maximum) ?? Array(repeating: 0, count: parts)
  }

  private mutating func add(_ value: Double, _ distribution: Bool) {
    guard value.isFinite else {
      if value.isNaN { nanCount += 1 } else { infinityCount += 1 }
      return
    }
    if finiteCount == 0 {
      shift = value
      if distribution { histogram = Histogram(around: value) }
    }
    finiteCount += 1
    minimum = min(minimum, value)
    maximum = max(maximum, value)
    let distance = value - shift
    sum += distance
    squares += distance * distance
    if distribution { histogram?.add(value) }
  }
}

/// Counts of values in equal parts of a range that doubles whenever a value lies outside.
private struct Histogram {
  private static let size = 1024
  private var bins = [Int](repeating: 0, count: size)
  private var start: Double
  private var width: Double

  init(around value: Double) {
    width = max(value.magnitude * 0x1p-44, 0x1p-1000)
    start = value - width * Double(Histogram.size / 2)
  }

  mutating func add(_ value: Double) {
    while true {
      let place = (value - start) / width
      if place >= 0, place < Double(Histogram.size) {
        bins[Int(place)] += 1
        return
      }
      guard width < 0x1p1010 else {
        bins[place < 0 ? 0 : Histogram.size - 1] += 1
        return
      }
      grow(down: place < 0)
    }
  }

  func counts(parts: Int, from minimum: Double, to maximum: Double) -> [Int] {
    var counts = [Int](repeating: 0, count: parts)
    for (index, count) in bins.enumerated() where count > 0 {
      let center = start + (Double(index) + 0.5) * width
      let place = (center / 2 - minimum / 2) / (maximum / 2 - minimum / 2) * Double(parts)
      counts[minimum == maximum ? parts / 2 : Int(min(max(place, 0), Double(parts - 1)))] += count
    }
    return counts
  }

  private mutating func grow(down: Bool) {
    let half = Histogram.size / 2
    var merged = [Int](repeating: 0, count: Histogram.size)
    for index in 0..<half { merged[down ? index + half : index] = bins[2 * index] + bins[2 * index + 1] }
    bins = merged
    if down { start -= width * Double(Histogram.size) }
    width *= 2
  }
}
