import Printing
import Tensors
import Testing

/// What programs read.
struct MachineFormatTests {
  private func text(
    _ format: Display.Format, _ values: [Double], _ extents: [Int], _ type: ElementType = .float32,
    title: String? = nil, causes: [Cause]? = nil
  ) -> String {
    var display = Display()
    display.format = format
    return display.text(of: Shown(Tensor(values, shape: Shape(extents), type: type), title: title, causes: causes))
  }

  @Test func jsonIsOneObject() {
    #expect(text(.json, [0.1, -0.0], [2]) == #"{"name":null,"shape":[2],"dtype":"float32","data":[0.1,-0.0]}"#)
    #expect(
      text(.json, [0, 0, 0, 2], [2, 2], title: "∂a", causes: [.structural, .gated, .exact, .live])
        == #"{"name":"∂a","shape":[2,2],"dtype":"float32","data":[0,0,0,2],"zeros":".o0-"}"#)
    #expect(
      text(.json, [.nan, .infinity, -.infinity, 1e-7], [4], .float64, title: "a\"b")
        == #"{"name":"a\"b","shape":[4],"dtype":"float64","data":["NaN","Infinity","-Infinity",1e-7]}"#)
    #expect(text(.json, [1, 0], [2], .bool) == #"{"name":null,"shape":[2],"dtype":"bool","data":[true,false]}"#)
    #expect(text(.json, [], [0, 3]) == #"{"name":null,"shape":[0,3],"dtype":"float32","data":[]}"#)
    #expect(text(.json, [1.5], [], .literal) == #"{"name":null,"shape":[],"dtype":"float64","data":[1.5]}"#)
    #expect(
      text(.json, [1], [1], causes: [.live]) == #"{"name":null,"shape":[1],"dtype":"float32","data":[1]}"#)
  }

  @Test func rowsAreLines() {
    #expect(text(.csv, [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]) == "1,2\n3,4\n\n5,6\n7,8")
    #expect(text(.tsv, [1, .nan, -.infinity, 0.1], [2, 2]) == "1\tnan\n-inf\t0.1")
    #expect(text(.csv, [1, 0, 1], [3], .bool) == "1,0,1")
    #expect(text(.csv, [2.5], []) == "2.5")
    #expect(text(.csv, [], [0, 3]).isEmpty)
  }

  @Test func literalsAreTyped() {
    #expect(text(.repr, [1, 2, 3, 4], [2, 2]) == "[[1, 2], [3, 4]]")
    #expect(text(.repr, [.nan, -.infinity, -0.0], [3]) == "[nan, -inf, -0]")
    #expect(text(.repr, [0.1, 2], [2, 1], .float64) == "float64([[0.1], [2]])")
    #expect(text(.repr, [1, 0], [2], .bool) == "[true, false]")
    #expect(text(.repr, [], [2, 0]) == "zeros(2, 0)")
    #expect(text(.repr, [], [2, 0], .float64) == "float64(zeros(2, 0))")
    #expect(text(.repr, [0.1], [], .literal) == "0.1")
  }
}
