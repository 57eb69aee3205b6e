import Tensors
import Testing
import Text

@testable import Printing

/// What holds for every tensor, however odd.
struct DisplayPropertyTests {
  @Test(arguments: 0..<600)
  func anythingPrintsAndFits(seed: Int) {
    var sampler = PrintSampler(seed: seed)
    let tensor = sampler.tensor(sampler.shape())
    let display = sampler.display()
    let causes = sampler.causes(for: tensor)
    let shown = Shown(tensor, title: seed % 3 == 0 ? nil : "∂loss/∂weights", isTrainable: seed % 2 == 0, causes: causes)
    let text = display.text(of: shown)
    #expect(!text.hasSuffix("\n") && !text.isEmpty, "seed \(seed)")
    #expect(display.isColored || !text.contains("\u{1B}"), "seed \(seed)")
    #expect(!display.isASCII || text.utf8.allSatisfy { $0 < 0x80 }, "seed \(seed)")
    guard let width = display.width, width >= 50, tensor.shape.rank > 0 else { return }
    for line in text.plain.split(separator: "\n") {
      #expect(String(line).columns <= width, "seed \(seed): \(line)")
      #expect(!line.hasSuffix(" "), "seed \(seed): \(line)")
    }
    if let height = display.height, height >= 20, width >= 70 {
      #expect(text.split(separator: "\n").count < height, "seed \(seed): \(text)")
    }
  }

  @Test(arguments: 0..<200)
  func everyFormatTakesEverything(seed: Int) {
    var sampler = PrintSampler(seed: seed)
    let tensor = sampler.tensor(sampler.shape())
    for format in Display.Format.allCases {
      var display = Display()
      display.format = format
      _ = display.text(of: Shown(tensor, causes: sampler.causes(for: tensor)))
    }
  }

  @Test(arguments: 0..<600)
  func printedNumbersReadBack(seed: Int) throws {
    var sampler = PrintSampler(seed: seed)
    let tensor = sampler.tensor(sampler.shape(rank: 1...2), type: seed % 2 == 0 ? .float32 : .float64)
    var display = sampler.display()
    display.width = nil
    display.isColored = false
    guard tensor.count > 0 else { return }
    let rows = display.text(of: Shown(tensor)).split(separator: "\n").dropFirst().map(Token.tokens)
    #expect(rows.joined().count == tensor.count, "seed \(seed)")
    for (token, value) in zip(rows.joined(), tensor.values) {
      let read = try #require(Double(token.text), "seed \(seed): \(token.text)")
      guard value.isFinite else {
        #expect(token.text == (value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf"), "seed \(seed)")
        continue
      }
      #expect((read == 0) == (value == 0), "seed \(seed): \(value) as \(token.text)")
      #expect(read.sign == value.sign, "seed \(seed): \(value) as \(token.text)")
      let error = abs(read - value)
      #expect(error <= token.unit * 0.500001 + value.magnitude * 1e-7, "seed \(seed): \(value) as \(token.text)")
    }
    for column in 0..<(rows.first?.count ?? 0) {
      let tokens = rows.map { $0[column] }
      #expect(Set(tokens.filter(\.hasPlace).map(\.units)).count <= 1, "seed \(seed): column \(column)")
      let ends = tokens.map(\.end).max() ?? 0
      #expect(tokens.allSatisfy { $0.hasPlace || $0.end == ends }, "seed \(seed): column \(column)")
      for (token, row) in zip(tokens, rows.indices) where token.hasPlace {
        let value = tensor[flat: row * rows[row].count + column]
        let isSame = tensor.type == .float32 ? Float(token.text) == Float(value) : Double(token.text) == value
        if token.decimals == 0 { #expect(isSame, "seed \(seed): \(value) as \(token.text)") }
        if token.decimals > 0, token.text.hasSuffix("0") { #expect(!isSame, "seed \(seed): \(token.text)") }
      }
    }
  }

  @Test(arguments: 0..<200)
  func literalsReadBackExactly(seed: Int) {
    var sampler = PrintSampler(seed: seed)
    let tensor = sampler.tensor(sampler.shape(rank: 1...3), type: seed % 2 == 0 ? .float32 : .float64)
    var display = Display()
    display.format = .csv
    let text = display.text(of: Shown(tensor))
    let read = text.split { $0 == "," || $0 == "\n" }.compactMap { Double($0) }
    let same = Tensor(read, shape: Shape([read.count]), type: tensor.type)
    #expect(zip(same.values, tensor.values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "seed \(seed)")
    #expect(read.count == tensor.count, "seed \(seed)")
  }
}

/// A printed number and where it stands.
private struct Token {
  var text: String
  var end: Int

  static func tokens(_ line: Substring) -> [Token] {
    var end = 0
    var tokens: [Token] = []
    for part in line.split(separator: " ", omittingEmptySubsequences: false) {
      end += part.count
      if !part.isEmpty { tokens.append(Token(text: String(part), end: end)) }
      end += 1
    }
    return tokens
  }

  /// Whether it is aligned at its point.
  var hasPlace: Bool { text.last?.isNumber == true && !text.contains("e") }
  var decimals: Int { text.split(separator: "e")[0].split(separator: ".").dropFirst().first?.count ?? 0 }
  var units: Int { end - (decimals > 0 ? decimals + 1 : 0) }

  /// What its last digit counts.
  var unit: Double {
    let exponent = text.contains("e") ? Int(text.split(separator: "e")[1]) ?? 0 : 0
    return Double("1e\(exponent - decimals)") ?? 1
  }
}

extension String {
  /// Without colours.
  fileprivate var plain: String {
    replacing("\u{1B}[2m", with: "").replacing("\u{1B}[31m", with: "").replacing("\u{1B}[0m", with: "")
  }
}
