import Graphs
import Plans
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// What `:why` says of random networks is recomputed: each number from the session, each counterfactual by changing the
/// entry, each line from the program.
@Suite struct WhyTruthTests {
  private static let activations = ["relu", "tanh", "sigmoid", "softplus", "abs"]
  private static let losses = [
    "mse(z, t)", "sum((z - t)^2) / 2", "mean(abs(z - t))", "sum(z * t)", "max(z) + sum(z^2)",
  ]

  @Test(arguments: 0..<40) func everyNumberIsTrue(seed: Int) throws {
    var random = SplitMix(seed &* 7_919 &+ 1)
    let network = Network(&random)
    var session = Session()
    #expect(printed(network.program, in: &session) == "")
    var checked = 0
    for _ in 0..<50 {
      let (name, place) = network.entry(&random)
      let index = "\(name)[\(place.map(String.init).joined(separator: ", "))]"
      let question = "grad(loss, \(name))[\(place.map(String.init).joined(separator: ", "))]"
      let answer = printed(":why \(question)", in: &session)
      #expect(!answer.contains("a value in between") && !answer.contains("error"), "\(question): \(answer)")
      let lines = answer.split(separator: "\n").map(String.init)
      #expect(lines.count <= 6, "\(question): \(answer)")
      for line in lines {
        checked += Claims(line).equations.count { left, right in
          guard let a = value(left, session), let b = value(right, session) else { return false }
          #expect(close(a, b), "\(index): \(left) = \(right) is \(a) = \(b) in\n\(network.program)\(answer)")
          return true
        }
        checkLines(line, network)
        for (owner, number) in Claims(line).lines {
          #expect(network.lines[owner] == number, "\(owner) is of line \(network.lines[owner] ?? 0): \(line)")
        }
      }
      if let first = lines.first, let claimed = Double(first.prefix { $0 != " " }) ?? (first.hasPrefix("0") ? 0 : nil),
        !first.hasPrefix("0 but"), let real = value(question, session)
      {
        #expect(close(claimed, real), "\(question): \(real), told \(first)")
      }
      try checkCounterfactual(lines, name, place, question, network)
    }
    #expect(checked > 30)
  }

  private func value(_ text: String, _ session: Session) -> Double? {
    guard let expression = try? Parser.parseExpression(text) else { return nil }
    let evaluator = Evaluator(session)
    guard let symbol = try? evaluator.tensor(expression), symbol.shape.count == 1 else { return nil }
    return try? evaluator.builder.value(of: symbol).scalar
  }

  private func close(_ a: Double, _ b: Double) -> Bool {
    a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-4 * max(abs(a), abs(b)) + 1e-7
  }

  /// A line that is told is where something that the sentence mentions was written, and what is named in it has the
  /// value that is told as soon as the program has come so far.
  private func checkLines(_ sentence: String, _ network: Network) {
    guard let mark = sentence.range(of: ", line "),
      let number = Int(sentence[mark.upperBound...].prefix { $0.isNumber })
    else { return }
    let rows = network.program.split(separator: "\n").map(String.init)
    #expect(rows.indices.contains(number - 1), "\(sentence)")
    guard rows.indices.contains(number - 1) else { return }
    let row = rows[number - 1]
    let owner = row.prefix { $0.isLetter || $0.isNumber }
    let words = Set(sentence.split { !$0.isLetter && !$0.isNumber })
    let written = Set(row.split { !$0.isLetter && !$0.isNumber }).subtracting(["weights", "value", "mask"])
    #expect(words.contains(owner) || !words.isDisjoint(with: written), "\(sentence) isn't of line \(number): \(row)")
    var session = Session()
    _ = printed(rows.prefix(number).joined(separator: "\n"), in: &session)
    for (left, right) in Claims(sentence).equations where !left.contains("grad(loss") && !right.contains("grad(loss") {
      guard let a = value(left, session), let b = value(right, session) else { continue }
      #expect(close(a, b), "after line \(number) \(left) = \(right) is \(a) = \(b): \(sentence)")
    }
  }

  private func checkCounterfactual(
    _ lines: [String], _ name: String, _ place: [Int], _ question: String, _ network: Network
  ) throws {
    for line in lines {
      if let told = line.split(separator: "were it there: ").last, line.hasPrefix("were it there: ") {
        let numbers = told.split(separator: " ").compactMap { Double($0) }
        let flip = "m[\(place.map(String.init).joined(separator: ", "))] = true\n"
        #expect(close(numbers[0], try real(network.program + flip, question)), "\(line) in\n\(network.program)")
        let zero = "w1[\(place.map(String.init).joined(separator: ", "))] = 0\n"
        #expect(close(numbers[1], try real(network.program + flip + zero, question)), "\(line) in\n\(network.program)")
      }
      guard line.hasPrefix("without relu"), let told = line.split(separator: " ").last.flatMap({ Double($0) }),
        line.hasPrefix("without relu there") || line.hasPrefix("without relu in all"), name != "w2"
      else { continue }
      // The one that is named, or a column of units for weights and biases, a row of them for an input.
      let named = lines.lazy.filter { $0.contains(" = relu(") }.compactMap { told in
        told.split(separator: "h[").dropFirst().first?.split(separator: "]").first
      }.first
      let flips: String
      if line.hasPrefix("without relu there"), let named {
        let place = named.split(separator: ", ")
        flips =
          "(expand_dims(arange(\(network.rows)) == \(place[0]), 1) and expand_dims(arange(\(network.hidden)) == \(place[1]), 0))"
      } else if name == "x" {
        flips = "expand_dims(arange(\(network.rows)) == \(place[0]), 1)"
      } else {
        flips = "expand_dims(arange(\(network.hidden)) == \(place[place.count - 1]), 0)"
      }
      let changed = network.program.split(separator: "\n", omittingEmptySubsequences: false).map { row in
        row.hasPrefix("h := ") ? "h := where(\(flips) and q < 1e30, q, relu(q))" : String(row)
      }.joined(separator: "\n")
      #expect(close(told, try real(changed, question)), "\(line) of \(question) in\n\(network.program)")
    }
  }

  private func real(_ program: String, _ question: String) throws -> Double {
    var session = Session()
    let text = printed(program, in: &session)
    #expect(!text.contains("error"), "\(text)")
    return try #require(value(question, session))
  }

  /// A network with a mask, of random sizes and numbers, some of them 0.
  private struct Network {
    let program: String
    let lines: [String: Int]
    private let shapes: [String: [Int]]
    let rows: Int
    let hidden: Int

    init(_ random: inout SplitMix) {
      let (n, a, h, o) = (
        Int.random(in: 1...4, using: &random), Int.random(in: 1...4, using: &random),
        Int.random(in: 1...4, using: &random), Int.random(in: 1...3, using: &random)
      )
      (rows, hidden) = (n, h)
      func matrix(_ rows: Int, _ columns: Int, _ random: inout SplitMix, isMask: Bool = false) -> String {
        let text = (0..<rows).map { _ in
          "["
            + (0..<columns).map { _ in
              if isMask { return Int.random(in: 0..<3, using: &random) == 0 ? "0" : "1" }
              if Int.random(in: 0..<6, using: &random) == 0 { return "0" }
              return "\((Double.random(in: -2...2, using: &random) * 64).rounded() / 64)"
            }.joined(separator: ", ") + "]"
        }.joined(separator: ", ")
        return "[\(text)]"
      }
      let activation = WhyTruthTests.activations.randomElement(using: &random) ?? "relu"
      let isRelu = activation == "relu" || Int.random(in: 0..<2, using: &random) == 0
      let rowTexts = [
        ("", ":precision float64"), ("", ":digits 9"),
        ("x", "x = \(matrix(n, a, &random))"),
        ("w1", "w1 = weights(value=\(matrix(a, h, &random)))"),
        ("m", "m = mask(\(matrix(a, h, &random, isMask: true)))"),
        ("b1", "b1 = weights(value=\(matrix(1, h, &random)))"),
        ("w2", "w2 = weights(value=\(matrix(h, o, &random)))"),
        ("t", "t = \(matrix(n, o, &random))"),
        ("q", "q := x @ (w1 * m) + b1"),
        ("h", "h := \(isRelu ? "relu" : activation)(q)"),
        ("z", "z := h @ w2"),
        ("loss", "loss := \(WhyTruthTests.losses.randomElement(using: &random) ?? "mse(z, t)")"),
      ]
      program = rowTexts.map(\.1).joined(separator: "\n") + "\n"
      lines = Dictionary(rowTexts.enumerated().map { ($1.0, $0 + 1) }) { $1 }
      shapes = ["x": [n, a], "w1": [a, h], "b1": [1, h], "w2": [h, o]]
    }

    func entry(_ random: inout SplitMix) -> (String, [Int]) {
      let name = ["x", "w1", "w1", "b1", "w2"].randomElement(using: &random) ?? "w1"
      return (name, (shapes[name] ?? []).map { Int.random(in: 0..<max($0, 1), using: &random) })
    }
  }

  /// What a sentence claims that can be looked up.
  private struct Claims {
    let line: String

    init(_ line: String) { self.line = line }

    /// Both sides of each `=`, as the language writes them.
    var equations: [(String, String)] {
      var text = line
      if let comma = text.range(of: ", line ") { text = String(text[..<comma.lowerBound]) }
      for word in ["0 because ", "nearest to being on: "] where text.contains(word) {
        text = String(text[(text.range(of: word)?.upperBound ?? text.startIndex)...])
      }
      if text.contains("by way of") || text.contains("were it") { return [] }
      if text.contains("relu is off: ") {
        text = String(text[(text.range(of: "relu is off: ")?.upperBound ?? text.startIndex)...])
      }
      if let taken = text.range(of: ", as ") { text = String(text[..<taken.lowerBound]) }
      if text.hasSuffix(" is 0") { text = text.dropLast(5) + " = 0" }
      let parts = text.split(separator: " = ").map { Self.expression(String($0)) }
      return Array(zip(parts, parts.dropFirst()))
    }

    private static func expression(_ text: String) -> String {
      let text = text.split(separator: "·").map { factor in
        var factor = factor.drop { $0 == " " }
        while factor.last == " " { factor.removeLast() }
        if factor.hasPrefix("slope of ") {
          let words = factor.dropFirst("slope of ".count).split(separator: " at ")
          return words.count == 2 && words[0].allSatisfy { $0.isLetter } ? "grad(\(words[0]))(\(words[1]))" : "?"
        }
        if factor.hasPrefix("∂loss/∂") {
          let by = factor.dropFirst("∂loss/∂".count)
          guard let bracket = by.firstIndex(of: "["), by[..<bracket].allSatisfy({ $0.isLetter || $0.isNumber }) else {
            return "?"
          }
          return "grad(loss, \(by[..<bracket]))\(by[bracket...])"
        }
        if factor.hasPrefix("-∂loss/∂") {
          let by = factor.dropFirst("-∂loss/∂".count)
          guard let bracket = by.firstIndex(of: "["), by[..<bracket].allSatisfy({ $0.isLetter || $0.isNumber }) else {
            return "?"
          }
          return "(-grad(loss, \(by[..<bracket]))\(by[bracket...]))"
        }
        return String(factor)
      }
      return text.joined(separator: " * ")
    }

    /// Names, and the lines that are said to have given them their values.
    var lines: [(String, Int)] {
      guard let mark = line.range(of: ", line "),
        let number = Int(line[mark.upperBound...].prefix { $0.isNumber })
      else { return [] }
      // The last name before it, where it stands alone.
      let before = line[..<mark.lowerBound]
      guard let bracket = before.lastIndex(of: "["), before.last == "]" else { return [] }
      let name = String(before[..<bracket].reversed().prefix { $0.isLetter || $0.isNumber }.reversed())
      guard line.contains("masked by \(name)[") || line.contains("because \(name)[") else { return [] }
      return [(name, number)]
    }
  }
}

extension String {
  fileprivate func range(of other: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
      start = index(after: start)
    }
    return nil
  }
}
