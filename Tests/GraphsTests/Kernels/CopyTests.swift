import CKernels
import TestSupport
import Testing

/// Copies, strided copies and picking by index against plain loops.
struct CopyTests {
  @Test func largeCopiesAndSearchesMissNothing() {
    // The pieces and halves of two threads, and what is left over.
    for count in [0, 1, 262_144, 3_000_001] {
      let x = (0..<count).map(Float.init)
      var y = [Float](repeating: -1, count: count + 1)
      unsafe gk_copy(x, &y, count * 4)
      #expect(x.elementsEqual(y.dropLast()) && y[count] == -1)
      for place in [0, count / 2 - 1, count / 2, count - 1] where x.indices.contains(place) {
        #expect(unsafe gk_all_finite_f32(y, count) == 1)
        y[place] = .infinity
        #expect(unsafe gk_all_finite_f32(y, count) == 0)
        y[place] = x[place]
      }
    }
  }

  @Test(arguments: 0..<60)
  func strideCopiesAgreeWithPlainLoops(seed: Int) {
    var state = UInt64(seed + 1), order = SplitMix(seed)
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    // A dense array seen with its dimensions permuted, some reversed, some repeated.
    let rank = 1 + random(4), extents = (0..<rank).map { _ in 1 + random(seed % 3 == 0 ? 40 : 6) }
    var strides = [Int](repeating: 0, count: rank), step = 1, base = 0, repeats = false
    for dimension in (0..<rank).shuffled(using: &order) {
      if random(5) == 0 && extents[dimension] > 1 {
        repeats = true
        continue
      }
      strides[dimension] = step
      step *= extents[dimension]
      if random(4) == 0 {
        base += strides[dimension] * (extents[dimension] - 1)
        strides[dimension] = -strides[dimension]
      }
    }
    let count = extents.reduce(1, *)
    let offsets = (0..<count).map { flat in
      var rest = flat, offset = base
      for dimension in (0..<rank).reversed() {
        offset += rest % extents[dimension] * strides[dimension]
        rest /= extents[dimension]
      }
      return offset
    }
    let x = (0..<step).map { Float($0) }, dense = (0..<count).map { Float($0 % 17) }
    var copied = [Float](repeating: -1, count: count)
    unsafe x.withUnsafeBufferPointer { source in
      unsafe gk_copy_strided(4, source.baseAddress! + base, strides, extents, rank, &copied)
    }
    #expect(copied == offsets.map { x[$0] })
    var added = x, expected = x
    unsafe added.withUnsafeMutableBufferPointer { target in
      unsafe gk_add_strided_f32(dense, target.baseAddress! + base, strides, extents, rank)
    }
    for (value, offset) in zip(dense, offsets) { expected[offset] += value }
    #expect(added == expected)
    if !repeats {
      var stored = x
      unsafe stored.withUnsafeMutableBufferPointer { target in
        unsafe gk_store_strided(4, dense, target.baseAddress! + base, strides, extents, rank)
      }
      #expect(offsets.map { stored[$0] } == dense)
    }
  }

  @Test func takesAndTheirAdjoint() {
    let index: [Int64] = [2, 0, 2], x = (0..<24).map { Double($0) }
    var y = [Double](repeating: 0, count: 18), back = [Double](repeating: 0, count: 24)
    unsafe gk_take(8, x, index, 2, 4, 3, 3, &y)
    #expect(y == [6, 7, 8, 0, 1, 2, 6, 7, 8, 18, 19, 20, 12, 13, 14, 18, 19, 20])
    unsafe gk_take_adjoint_f64(y, index, 2, 4, 3, 3, &back)
    #expect(back == [0, 1, 2, 0, 0, 0, 12, 14, 16, 0, 0, 0, 12, 13, 14, 0, 0, 0, 36, 38, 40, 0, 0, 0])
  }
}
