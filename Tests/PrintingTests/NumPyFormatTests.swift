import Printing
import Tensors
import Testing

/// Texts that NumPy 2.4.6 printed.
struct NumPyFormatTests {
  private func text(_ values: [Double], _ extents: [Int], _ type: ElementType = .float32) -> String {
    var display = Display()
    display.format = .numpy
    return display.text(of: Shown(Tensor(values, shape: Shape(extents), type: type)))
  }

  @Test func theGradientOfTheQuestion() {
    let expected = """
      array([[ 0.        , -0.40866762],
             [ 0.34265977, -0.        ],
             [ 0.        , -0.35294518]], dtype=float32)
      """
    #expect(text([0, -0.40866762, 0.34265977, -0.0, 0, -0.35294518], [3, 2]) == expected)
  }

  @Test func numbers() {
    #expect(text([0.56884986], []) == "0.56884986")
    #expect(text([1e6], []) == "1e+06")
    #expect(text([1e-5], [], .float64) == "1e-05")
    #expect(text([1], [], .float64) == "1.0")
    #expect(text([1], [], .bool) == "True")
  }

  @Test func arrays() {
    let text0 = text([12345.678, 0.001], [2], .float64)
    #expect(text0 == "array([1.2345678e+04, 1.0000000e-03])")
    let text1 = text([1.5, .nan, -.infinity, 2], [2, 2], .float32)
    let expected1 = """
      array([[ 1.5,  nan],
             [-inf,  2. ]], dtype=float32)
      """
    #expect(text1 == expected1)
    let text2 = text([.nan, .infinity], [2], .float64)
    #expect(text2 == "array([nan, inf])")
    let text3 = text([0.25991040, 1e-5, 3], [3], .float32)
    #expect(text3 == "array([2.599104e-01, 1.000000e-05, 3.000000e+00], dtype=float32)")
    let text4 = text((0..<30).map(Double.init), [30], .float64)
    let expected4 = """
      array([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12.,
             13., 14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25.,
             26., 27., 28., 29.])
      """
    #expect(text4 == expected4)
    let text5 = text((0..<1200).map(Double.init), [30, 40], .float32)
    let expected5 = """
      array([[0.000e+00, 1.000e+00, 2.000e+00, ..., 3.700e+01, 3.800e+01,
              3.900e+01],
             [4.000e+01, 4.100e+01, 4.200e+01, ..., 7.700e+01, 7.800e+01,
              7.900e+01],
             [8.000e+01, 8.100e+01, 8.200e+01, ..., 1.170e+02, 1.180e+02,
              1.190e+02],
             ...,
             [1.080e+03, 1.081e+03, 1.082e+03, ..., 1.117e+03, 1.118e+03,
              1.119e+03],
             [1.120e+03, 1.121e+03, 1.122e+03, ..., 1.157e+03, 1.158e+03,
              1.159e+03],
             [1.160e+03, 1.161e+03, 1.162e+03, ..., 1.197e+03, 1.198e+03,
              1.199e+03]], shape=(30, 40), dtype=float32)
      """
    #expect(text5 == expected5)
    let text6 = text((0..<8).map(Double.init), [2, 2, 2], .float64)
    let expected6 = """
      array([[[0., 1.],
              [2., 3.]],

             [[4., 5.],
              [6., 7.]]])
      """
    #expect(text6 == expected6)
    let text7 = text((0..<1001).map(Double.init), [1001], .float32)
    let expected7 = """
      array([   0.,    1.,    2., ...,  998.,  999., 1000.],
            shape=(1001,), dtype=float32)
      """
    #expect(text7 == expected7)
    let text8 = text([1, 0, 1, 1], [2, 2], .bool)
    let expected8 = """
      array([[ True, False],
             [ True,  True]])
      """
    #expect(text8 == expected8)
    let text9 = text([], [0], .float32)
    #expect(text9 == "array([], dtype=float32)")
    let text10 = text([], [0, 3], .float64)
    #expect(text10 == "array([], shape=(0, 3), dtype=float64)")
    let text11 = text([], [2, 0], .bool)
    #expect(text11 == "array([], shape=(2, 0), dtype=bool)")
    let text12 = text([-0.0, 1e300, 1e-300], [3], .float64)
    #expect(text12 == "array([-0.e+000,  1.e+300,  1.e-300])")
  }
}
