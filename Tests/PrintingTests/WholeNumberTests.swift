import Tensors
import Testing

@testable import Printing

/// Whole numbers are written whole, and NaN without a sign, by every format.
@Suite struct WholeNumberTests {
  private func text(
    _ values: [Double], rank: Int = 1, _ type: ElementType = .float64, digits: Int? = 5, width: Int? = nil,
    format: Display.Format = .text
  ) -> String {
    var display = Display()
    (display.digits, display.width, display.format) = (digits, width, format)
    display.height = width == nil ? nil : 24
    return display.text(of: Shown(Tensor(values, shape: rank == 0 ? .scalar : Shape([values.count]), type: type)))
  }

  static let wholes: [(Double, String)] = [
    (12_345_678, "12345678"), (16_777_217, "16777217"), (-20_000_000, "-20000000"),
    (999_999_999_999, "999999999999"), (0x1p53, "9007199254740992"), (-0x1p53, "-9007199254740992"), (7, "7"),
  ]

  @Test(arguments: wholes, [5, 1, 17, nil] as [Int?])
  func oneIsWrittenWhole(number: (value: Double, text: String), digits: Int?) {
    #expect(text([number.value], rank: 0, digits: digits) == number.text)
    #expect(text([number.value], digits: digits).contains("  " + number.text))
    #expect(text([number.value, 0.5], digits: digits).contains("  " + number.text))
    for format in [Display.Format.csv, .tsv, .repr, .json] {
      #expect(text([number.value], format: format).contains(number.text), "\(format)")
      #expect(!text([number.value], format: format).contains("e1"), "\(format)")
    }
  }

  @Test func beyondAllWholesThereAreExponents() {
    #expect(text([0x1p53 + 2], rank: 0) == "9.0072e15")
    #expect(text([1e20], rank: 0) == "1e20")
    #expect(text([12_345_678.5], rank: 0) == "1.2346e7")
    #expect(text([1e20, 2.5]).contains("1e20"))
  }

  @Test func whereTheyDoNotFitThereAreExponents() {
    let values = (1...6).map { Double($0) * 1_111_111_111_111 }
    #expect(text(values, width: 100).contains("1111111111111"))
    let narrow = text(values, width: 60)
    #expect(narrow.contains("1.11e12") && !narrow.contains("1111111111111"))
    #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 60 })
  }

  /// The rest of a column keeps its digits beside a long number.
  @Test func shortNumbersKeepTheirDigits() {
    let tensor = Tensor([12_345_678, 0.1234, 3, 100_000_000_000, 0.5, 0.0625], shape: Shape([3, 2]), type: .float64)
    let text = Display().text(of: Shown(tensor))
    for number in ["12345678", "0.1234", "100000000000", "0.5", "0.0625"] { #expect(text.contains(number), "\(text)") }
  }

  @Test(arguments: [ElementType.float32, .float64], Display.Format.allCases)
  func nothingHasASign(type: ElementType, format: Display.Format) {
    for nan in [Double.nan, -Double.nan, Double(signOf: -1, magnitudeOf: .nan)] {
      for rank in [0, 1] {
        let text = text([nan], rank: rank, type, format: format).lowercased()
        #expect(text.contains("nan") && !text.contains("-nan"), "\(text)")
      }
    }
  }

  @Test func sentencesSayNumbersPlainly() {
    let texts: [(Double, ElementType, String)] = [
      (-.nan, .float32, "nan"), (-.nan, .float64, "nan"), (-.infinity, .float32, "-inf"),
      (16_777_217, .float64, "16777217"),
      (0x1p24, .float32, "16777216"), (1e20, .float32, "1e20"), (-0.0, .float64, "-0"), (0.1, .float32, "0.1"),
      (2.5e-9, .float64, "2.5e-09"), (1, .bool, "1"),
    ]
    for (value, type, text) in texts { #expect(type.text(value) == text) }
  }
}
