import CKernels
import TestSupport
import Testing

/// Products with windows, and their adjoints, against plain loops; whole numbers, so that every order gives the same.
struct ConvolutionTests {
  private struct Case {
    var windows = gk_windows()
    var images = 0, weights = 0, results = 0

    init(_ random: inout SplitMix) {
      func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next() % UInt64(range.count)) }
      func pair(_ range: ClosedRange<Int>) -> (Int, Int) { (pick(range), pick(range)) }
      windows.images = pick(1...4)
      windows.groups = pick(1...3)
      windows.channels = pick(1...5)
      windows.filters = pick(1...30)
      // Wider than two vectors at every other place.
      windows.image = (pick(1...20), pick(1...80))
      windows.size = pair(1...4)
      windows.stride = pair(1...3)
      windows.dilation = pair(1...2)
      windows.border = pair(0...3)
      func places(_ image: Int, _ size: inout Int, _ stride: Int, _ dilation: Int, _ border: Int) -> Int {
        if (size - 1) * dilation + 1 > image + 2 * border { size = 1 }
        return (image + 2 * border - (size - 1) * dilation - 1) / stride + 1
      }
      windows.places = (
        places(windows.image.0, &windows.size.0, windows.stride.0, windows.dilation.0, windows.border.0),
        places(windows.image.1, &windows.size.1, windows.stride.1, windows.dilation.1, windows.border.1)
      )
      images = windows.images * windows.groups * windows.channels * windows.image.0 * windows.image.1
      weights = windows.groups * windows.filters * windows.channels * windows.size.0 * windows.size.1
      results = windows.images * windows.groups * windows.filters * windows.places.0 * windows.places.1
    }

    /// For each term of a result the numbers of the image's, the weight's and the result's element.
    func forEachTerm(_ body: (Int, Int, Int) -> Void) {
      let w = windows
      for image in 0..<w.images * w.groups {
        let group = image % w.groups
        for f in 0..<w.filters {
          for y in 0..<w.places.0 {
            for x in 0..<w.places.1 {
              for c in 0..<w.channels {
                for i in 0..<w.size.0 {
                  for j in 0..<w.size.1 {
                    let row = y * w.stride.0 + i * w.dilation.0 - w.border.0
                    let column = x * w.stride.1 + j * w.dilation.1 - w.border.1
                    guard (0..<w.image.0).contains(row), (0..<w.image.1).contains(column) else { continue }
                    body(
                      ((image * w.channels + c) * w.image.0 + row) * w.image.1 + column,
                      (((group * w.filters + f) * w.channels + c) * w.size.0 + i) * w.size.1 + j,
                      ((image * w.filters + f) * w.places.0 + y) * w.places.1 + x)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: [2, 3]) func productsWithWindowsAgree(threads: Int) {
    gk_set_thread_count(Int32(threads))
    defer { gk_set_thread_count(2) }
    var random = SplitMix(threads)
    for _ in 0..<40 {
      let own = Case(&random)
      func numbers(_ count: Int) -> [Double] { (0..<count).map { _ in Double(random.next() % 7) - 3 } }
      let (x, w, y) = (numbers(own.images), numbers(own.weights), numbers(own.results))
      var (images, weights, results) = (x.map { $0 * 0 }, w.map { $0 * 0 }, y.map { $0 * 0 })
      own.forEachTerm { i, j, k in
        results[k] += x[i] * w[j]
        images[i] += y[k] * w[j]
        weights[j] += x[i] * y[k]
      }
      var windows = own.windows
      for (kind, a, b, expected) in [
        (GK_CONVOLVE, x, w, results), (GK_CONVOLVE_BACK, y, w, images), (GK_CONVOLVE_WEIGHTS, x, y, weights),
      ] {
        var wide = [Double](repeating: 9, count: expected.count), narrow = [Float](repeating: 9, count: expected.count)
        let isDone = unsafe gk_convolve_f64(kind, &windows, a, b, &wide)
        let isDoneToo = unsafe gk_convolve_f32(kind, &windows, a.map { Float($0) }, b.map { Float($0) }, &narrow)
        #expect(isDone == 1 && isDoneToo == 1 && wide == expected && narrow.map { Double($0) } == expected)
      }
    }
  }
}
