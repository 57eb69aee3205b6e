import Printing
import Tensors
import TestSupport

/// Random tensors, displays and causes that try a printer, the same for the same seed.
struct PrintSampler: RandomNumberGenerator {
  private var random: SplitMix

  private let odd: [Double] = [0, -0.0, .nan, .infinity, -.infinity, 0.7, 1, .leastNonzeroMagnitude]

  init(seed: Int) { random = SplitMix(seed) }

  mutating func next() -> UInt64 { random.next() }

  mutating func shape(rank: ClosedRange<Int> = 0...4) -> Shape {
    let rank = Int.random(in: rank, using: &self)
    let largest = rank < 2 ? 300 : rank == 2 ? 60 : 7
    return Shape(
      (0..<rank).map { _ in Int.random(in: 0...9, using: &self) == 0 ? 0 : dimension(upTo: largest) })
  }

  mutating func tensor(_ shape: Shape, type: ElementType? = nil) -> Tensor {
    let type =
      type ?? (shape.rank == 0 ? ElementType.allCases : [.bool, .float32, .float64]).randomElement(using: &self)
    let kind = Int.random(in: 0...7, using: &self)
    return Tensor((0..<shape.count).map { _ in value(kind) }, shape: shape, type: type ?? .float32)
  }

  mutating func causes(for tensor: Tensor) -> [Cause]? {
    guard tensor.type != .bool, Bool.random(using: &self) else { return nil }
    let zeros: [Cause] = [.structural, .gated, .exact]
    return tensor.values.map { $0 == 0 ? zeros.randomElement(using: &self) ?? .exact : .live }
  }

  mutating func display(width: ClosedRange<Int> = 1...200) -> Display {
    var display = Display()
    display.width = Int.random(in: width, using: &self)
    display.height = Bool.random(using: &self) ? Int.random(in: 1...60, using: &self) : nil
    display.digits = [nil, 1, 2, 3, 5, 5, 5, 8, 17, 40].randomElement(using: &self) ?? 5
    display.isASCII = Bool.random(using: &self)
    display.isColored = Bool.random(using: &self)
    return display
  }

  private mutating func dimension(upTo limit: Int) -> Int {
    1 + Int(Double(limit) * Double.random(in: 0..<1, using: &self) * Double.random(in: 0..<1, using: &self))
  }

  private mutating func value(_ kind: Int) -> Double {
    let plain = Double.random(in: -3...3, using: &self)
    switch kind {
    case 0: return plain.rounded()
    case 1: return (plain * 8).rounded() / 8
    case 2: return plain * Double.random(in: -9...9, using: &self).exponential
    case 3: return plain * Double.random(in: -300...300, using: &self).exponential
    case 4: return odd.randomElement(using: &self) ?? plain
    case 5: return Int.random(in: 0...30, using: &self) == 0 ? plain * 1e12 : plain
    case 6: return (plain * 1000).rounded() / 1000
    default: return Bool.random(using: &self) ? 0 : plain
    }
  }
}

extension Double {
  fileprivate var exponential: Double { Double("1e\(Int(self))") ?? 1 }
}
