import Syntax
import TestSupport
import Testing

@Suite struct NumberTests {
  private func value(_ text: String) throws -> Double? {
    guard case .number(let value) = try Parser.parseExpression(text).kind else { return nil }
    return value
  }

  @Test(
    arguments: [
      ("0", 0), ("1", 1), ("1_000", 1000), (".5", 0.5), ("1.", 1), ("1e-3", 0.001), ("2.5E+2", 250),
      ("1_0.2_5e1_0", 10.25e10),
      ("0.1", 0.1), ("9007199254740993", 9_007_199_254_740_992), ("1.1853195428848267", 1.1853195428848267),
      ("5e-324", .leastNonzeroMagnitude), ("1e-999", 0), ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("123456789012345678901234567890", 1.2345678901234568e29), ("0.000000000000000000000000000001", 1e-30),
      ("0e99999999999999999999", 0), ("1e22", 1e22), ("1e23", 1e23), ("1.e2", 100),
    ] as [(String, Double)])
  func literals(_ text: String, _ expected: Double) throws { #expect(try value(text) == expected) }

  @Test func agreesWithTheLibrary() throws {
    var random = SplitMix(1)
    for _ in 0..<20_000 {
      let digits = Int.random(in: 1...20, using: &random)
      var text = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
      if Bool.random(using: &random) {
        text.insert(".", at: text.index(text.startIndex, offsetBy: Int.random(in: 1...digits, using: &random)))
      }
      if Bool.random(using: &random) { text += "e\(Int.random(in: -330...280, using: &random))" }
      let library = try #require(
        Double(text.hasSuffix(".") ? String(text.dropLast()) : text.replacing(".e", with: "e")))
      #expect(try value(text)?.bitPattern == library.bitPattern, "\(text)")
    }
  }

  @Test(arguments: [
    ("1.2.3", "'1.2.3' is not a number"), ("2x", "'2x' is not a number"), ("1e", "'1e' is not a number"),
    ("1__0", "'1__0' is not a number"), ("1_", "'1_' is not a number"),
    ("1e999", "the number is too large for float64"),
    ("0x1F", "numbers are written in decimal"), ("3j", "there are no complex numbers"), ("1e+", "'1e' is not a number"),
    ("1重", "'1重' is not a number"),
  ])
  func malformed(_ text: String, _ message: String) {
    let error = #expect(throws: Diagnostic.self) { try Parser.parseExpression(text) }
    #expect(error?.message == message)
  }
}
