import CKernels
import TestSupport
import Testing

@testable import Graphs
@testable import Tensors

/// Numbers as places in an axis, and entries marked by them, against plain loops.
@Suite struct PlaceTests {
  /// What an index may be at its edges, and what is none.
  private static let numbers: [Double] = [
    0, 1, -1, 6, 7, -7, -8, 0.5, -0.5, .nan, .infinity, -.infinity, 2_147_483_520, 2_147_483_648, -2_147_483_648,
    -2_147_483_904, 1e18, -1e18, 1e300, -0.0,
  ]

  private static func place(_ x: Double, _ extent: Int) -> Int? {
    guard let whole = Int(exactly: x), (-extent..<extent).contains(whole) else { return nil }
    return whole < 0 ? whole + extent : whole
  }

  @Test(arguments: numbers, [7, 1, 1 << 31, 1 << 33])
  func placesAreFoundAsOneByOne(number: Double, extent: Int) {
    for (count, at) in [(1, 0), (40, 0), (40, 39), (1000, 517)] {
      var x = [Double](repeating: 0, count: count)
      x[at] = number
      let narrow = x.map(Float.init)
      var places = [Int64](repeating: -1, count: count)
      let expected = Self.place(number, extent)
      #expect(unsafe gk_places_f64(x, count, extent, &places) == (expected == nil ? at : count))
      if let expected { #expect(places[at] == Int64(expected)) }
      #expect(unsafe (gk_are_places(GK_F64, x, count, extent) != 0) == (expected != nil && number >= 0))
      let narrowed = Self.place(Double(narrow[at]), extent)
      #expect(unsafe gk_places_f32(narrow, count, extent, &places) == (narrowed == nil ? at : count))
      if let narrowed { #expect(places[at] == Int64(narrowed)) }
      #expect(unsafe (gk_are_places(GK_F32, narrow, count, extent) != 0) == (narrowed != nil && narrow[at] >= 0))
    }
  }

  @Test(arguments: 0..<20) func theLastOfEqualPlacesWins(seed: Int) {
    var random = SplitMix(seed)
    let (whole, count) = (Int.random(in: 1...600, using: &random), Int.random(in: 1...2000, using: &random))
    let places = (0..<count).map { _ in Double(Int.random(in: 0..<whole, using: &random)) }
    var hits = [UInt8](repeating: 0, count: whole)
    var winners = [UInt8](repeating: 0, count: count)
    var last = [Int?](repeating: nil, count: whole)
    for (number, place) in places.enumerated() { last[Int(place)] = number }
    let named = Tensor(places, shape: Shape([count]), type: .float64).named(of: whole)
    #expect(named.hits.values == last.map { $0 == nil ? 0 : 1 })
    #expect(named.order.values == last.map { Double($0 ?? 0) })
    var scratch = [UInt32](repeating: 7, count: whole)
    unsafe gk_mark_last_at(GK_F64, places, count, whole, &scratch, &hits, &winners)
    #expect(hits == last.map { $0 == nil ? 0 : 1 })
    let winning = Set(last.compactMap { $0 })
    #expect(winners == (0..<count).map { winning.contains($0) ? 1 : 0 })
  }

  @Test func zerosAreFoundWhereverTheyLie() {
    for count in [0, 1, 4095, 4096, 4097, 100_000] {
      var x = [Double](repeating: 1, count: count)
      #expect(unsafe gk_has_zero_f64(x, count) == 0 && gk_has_zero_f32(x.map(Float.init), count) == 0)
      for place in [0, count / 2, count - 1] where x.indices.contains(place) {
        x[place] = place.isMultiple(of: 2) ? 0 : -0.0
        #expect(unsafe gk_has_zero_f64(x, count) == 1 && gk_has_zero_f32(x.map(Float.init), count) == 1)
        x[place] = .nan
        #expect(unsafe gk_has_zero_f64(x, count) == 0)
        x[place] = 1
      }
    }
  }
}
