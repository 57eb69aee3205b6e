import CKernels
import TestSupport
import Testing

/// Places in order, and elements at places, against loops that do one after the other.
struct OrderTests {
  /// Lengths around where another way begins.
  static let lengths = [0, 1, 2, 15, 16, 17, 33, 1_023, 1_024, 1_025, 5_000]

  private static func numbers(_ count: Int, _ random: inout SplitMix) -> [Double] {
    (0..<count).map { _ in
      switch Int.random(in: 0..<12, using: &random) {
      case 0: [.nan, .infinity, -.infinity, 0, -0.0][Int.random(in: 0..<5, using: &random)]
      case 1...4: Double(Int.random(in: -5...5, using: &random))
      case 5...8: Double(Float.random(in: -1...1, using: &random))
      default: Double(bitPattern: random.next())
      }
    }
  }

  private static func expected(_ x: [Double], descends: Bool) -> [Double] {
    func precedes(_ a: Double, _ b: Double) -> Bool { b.isNaN ? !a.isNaN : a < b }
    return x.indices.sorted { i, j in
      let (a, b) = descends ? (x[j], x[i]) : (x[i], x[j])
      if precedes(a, b) { return true }
      return precedes(b, a) ? false : i < j
    }.map(Double.init)
  }

  @Test(arguments: lengths, [false, true]) func placesAreInOrder(length: Int, descends: Bool) {
    var random = SplitMix(length)
    for inner in [1, 3] {
      let x = Self.numbers(2 * length * inner, &random)
      var y = [Double](repeating: -1, count: x.count)
      #expect(unsafe gk_order_f64(descends ? 1 : 0, x, 2, length, inner, &y) == 1)
      for outer in 0..<2 {
        for lane in 0..<inner {
          let places = (0..<length).map { outer * length * inner + $0 * inner + lane }
          #expect(places.map { y[$0] } == Self.expected(places.map { x[$0] }, descends: descends))
        }
      }
    }
  }

  @Test func placesAreChecked() {
    var y = [Int64](repeating: 0, count: 6)
    #expect(unsafe gk_places_f64([0, 4, -1, -5, 2, 0], 6, 5, &y) == 6)
    #expect(y == [0, 4, 4, 0, 2, 0])
    for (wrong, number) in [5, -6, 0.5, .nan, .infinity, -.infinity, 1e300].enumerated() {
      var x: [Double] = [0, 1, 2, 3, 4, 0]
      x[wrong % 6] = number
      #expect(unsafe gk_places_f64(x, 6, 5, &y) == wrong % 6, "\(number)")
      #expect(unsafe gk_places_f32(x.map(Float.init), 6, 5, &y) == wrong % 6, "\(number)")
    }
  }

  @Test(arguments: 0..<30) func elementsAreGathered(seed: Int) {
    var random = SplitMix(seed)
    let rank = Int.random(in: 1...4, using: &random)
    let axis = Int.random(in: 0..<rank, using: &random)
    let whole = (0..<rank).map { _ in Int.random(in: 1...4, using: &random) }
    let small = whole.indices.map { $0 == axis ? Int.random(in: 1...5, using: &random) : whole[$0] }
    var strides = [Int](repeating: 1, count: rank)
    for a in (0..<rank - 1).reversed() { strides[a] = strides[a + 1] * whole[a + 1] }
    let (size, count) = (whole.reduce(1, *), small.reduce(1, *))
    let index = (0..<count).map { _ in Int64.random(in: 0..<Int64(whole[axis]), using: &random) }
    let x = (0..<size).map { Double($0) + 0.5 }
    let from = (0..<count).map { flat in
      var (rest, offset) = (flat, 0)
      for a in (0..<rank).reversed() {
        offset += (a == axis ? Int(index[flat]) : rest % small[a]) * strides[a]
        rest /= small[a]
      }
      return offset
    }
    var y = [Double](repeating: 0, count: count)
    unsafe gk_gather(8, x, index, strides, small, rank, axis, &y)
    #expect(y == from.map { x[$0] })
    var back = [Double](repeating: 0, count: size)
    unsafe gk_gather_adjoint_f64(y, index, strides, small, rank, axis, &back)
    var expected = [Double](repeating: 0, count: size)
    for (flat, place) in from.enumerated() { expected[place] += y[flat] }
    #expect(back == expected)
  }

  /// Where values go among sorted ones, on either side of equals; NaN is the greatest.
  @Test func searchesAgree() {
    var random = SplitMix(8)
    func number() -> Double {
      switch random.next() % 12 {
      case 0: .nan
      case 1: .infinity
      case 2: -.infinity
      case 3: -0.0
      default: Double(random.next() % 30)
      }
    }
    func precedes(_ a: Double, _ b: Double) -> Bool { b.isNaN ? !a.isNaN : a < b }
    for round in 0..<200 {
      let sorted = (0..<round % 40).map { _ in number() }.sorted(by: precedes)
      let values = (0..<(round == 7 ? 30_000 : 1 + round % 21)).map { _ in number() }
      for isRight in [false, true] {
        var places = [Double](repeating: -1, count: values.count)
        #expect(unsafe gk_search(sorted, sorted.count, values, values.count, isRight ? 1 : 0, &places) == 1)
        for (value, place) in zip(values, places) {
          let expected = sorted.count { isRight ? !precedes(value, $0) : precedes($0, value) }
          #expect(place == Double(expected), "\(value) in \(sorted)")
        }
      }
    }
  }

  /// Some ranks alone, elements or places, selected where they are few.
  @Test func ranksAgree() {
    var random = SplitMix(5)
    for round in 0..<60 {
      let extent =
        round % 6 == 0
        ? 33_000 + Int(random.next() % 9_000) : 1 + Int(random.next() % (round % 7 == 0 ? 10_000 : 700))
      let inner = round % 3 == 1 ? 2 : 1
      let x = (0..<extent * inner).map { _ -> Float in
        switch random.next() % (round % 2 == 0 ? 40 : 5) {
        case 0: .nan
        case 1: -0.0
        case 2: 0
        default: Float(Int(random.next() % 5_000)) / 8 - 300
        }
      }
      let isDescending = round % 4 < 2
      let start = Int(random.next() % UInt64(extent))
      let count = round % 5 == 0 ? extent - start : min(extent - start, 1 + Int(random.next() % 40))
      for (start, count) in [(start, count), (0, extent)] {
        for givesValues in [true, false] {
          var narrow = [Float](repeating: 9, count: count * inner), wide = [Double](repeating: 9, count: count * inner)
          let isDone = unsafe gk_ranks_f32(
            isDescending ? 1 : 0, x, 1, extent, inner, start, count, givesValues ? 1 : 0, &narrow)
          let isDoneToo = unsafe gk_ranks_f64(
            isDescending ? 1 : 0, x.map { Double($0) }, 1, extent, inner, start, count, givesValues ? 1 : 0, &wide)
          #expect(isDone == 1 && isDoneToo == 1)
          for lane in 0..<inner {
            let column = (0..<extent).map { x[$0 * inner + lane] }
            func key(_ place: Int) -> Float { column[place].isNaN ? .infinity : column[place] }
            let order = (0..<extent).sorted {
              let (a, b) = isDescending ? (key($1), key($0)) : (key($0), key($1))
              return a != b ? a < b : $0 < $1
            }
            for rank in 0..<count {
              let place = order[start + rank]
              let expected = givesValues ? column[place] : Float(place)
              #expect(narrow[rank * inner + lane].bitPattern == expected.bitPattern || expected.isNaN)
              #expect(Float(wide[rank * inner + lane]) == expected || expected.isNaN)
            }
          }
        }
      }
    }
  }
}
