/// Sizes that a program leaves open, told from the same program at several sizes.
///
/// A number that is the same at all of them is one; one that follows from the sizes is written so; where the programs differ
/// in anything else they have no common form.
package struct SymbolicSizes {
  /// A size, and where it can be read: along an axis of an input.
  package struct Symbol: Sendable {
    package let name: String
    package let input: String
    package let axis: Int

    package init(name: String, input: String, axis: Int) { (self.name, self.input, self.axis) = (name, input, axis) }
  }

  /// The program at some sizes, one for each symbol.
  package struct Sample {
    package let sizes: [Int]
    package let program: ExportedProgram

    package init(sizes: [Int], program: ExportedProgram) { (self.sizes, self.program) = (sizes, program) }
  }

  package let symbols: [Symbol]
  package let samples: [Sample]

  package init(_ symbols: [Symbol], _ samples: [Sample]) { (self.symbols, self.samples) = (symbols, samples) }

  /// Sizes to look at: primes, so that no two of them, and few other numbers, are alike; loops over so many rows are loops.
  package static func sizes(count: Int) -> [[Int]] {
    let primes = [11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79]
    return (0..<4).map { sample in (0..<count).map { primes[(sample * count + $0) % primes.count] } }
  }

  /// How a number follows from the sizes.
  enum Formula: Equatable {
    case constant(Double)
    /// A number times powers of the sizes.
    case product(Double, powers: [Int])
    /// A number times one of the sizes, and another one.
    case affine(Double, symbol: Int, Double)
    case reciprocal(Double, powers: [Int])

    var isConstant: Bool { if case .constant = self { true } else { false } }
  }

  /// - Parameter values: one for each sample.
  func formula(of values: [Double]) -> Formula? {
    guard let first = values.first else { return nil }
    if values.allSatisfy({ $0 == first }) { return .constant(first) }
    for powers in powerVectors {
      if let factor = factor(values, powers) { return .product(factor, powers: powers) }
    }
    for symbol in symbols.indices {
      let sizes = samples.map { Double($0.sizes[symbol]) }
      let slope = (values[1] - values[0]) / (sizes[1] - sizes[0])
      let start = values[0] - slope * sizes[0]
      if slope == slope.rounded(), zip(values, sizes).allSatisfy({ $0 == slope * $1 + start }) {
        return .affine(slope, symbol: symbol, start)
      }
    }
    let inverted = values.map { 1 / $0 }
    for powers in powerVectors {
      if let factor = factor(inverted, powers) { return .reciprocal(factor, powers: powers) }
    }
    return nil
  }

  /// How often each size may be a factor: up to twice, three in all.
  private var powerVectors: [[Int]] {
    var vectors: [[Int]] = [[]]
    for _ in symbols { vectors = vectors.flatMap { vector in (0...2).map { vector + [$0] } } }
    return vectors.filter { 1...3 ~= $0.reduce(0, +) }.sorted { $0.reduce(0, +) < $1.reduce(0, +) }
  }

  /// What is left when the sizes are divided out, where that is the same number each time, but for rounding in float32.
  private func factor(_ values: [Double], _ powers: [Int]) -> Double? {
    let factors = zip(values, samples).map { value, sample in
      value
        / zip(sample.sizes, powers).reduce(1.0) { product, size in
          (0..<size.1).reduce(product) { product, _ in product * Double(size.0) }
        }
    }
    let nearest = factors[0].rounded() == 0 ? factors[0] : (factors[0] * 4096).rounded() / 4096
    return factors.allSatisfy { abs($0 - nearest) <= 2e-7 * abs(nearest) } ? nearest : nil
  }
}

// MARK: - Text

extension SymbolicSizes {
  /// Texts that differ in numbers alone as one text, in which these follow from the sizes.
  ///
  /// - Parameter names: what the sizes are called there.
  func unified(_ texts: [String], names: [String]) -> String? {
    let parts = texts.map(Self.parts)
    guard let first = parts.first, parts.allSatisfy({ $0.count == first.count }) else { return nil }
    var result = ""
    for place in first.indices {
      let words = parts.map { $0[place] }
      if words.allSatisfy({ $0 == words[0] }) {
        result += words[0]
        continue
      }
      let values = words.compactMap { Double($0) }
      guard values.count == words.count, let formula = formula(of: values) else { return nil }
      result += Self.text(formula, names, isWhole: words.allSatisfy { Int($0) != nil })
    }
    return result
  }

  /// How long a text is, whatever its numbers are: what is decided by it is decided alike at all sizes.
  static func length(of text: String) -> Int {
    parts(text).reduce(0) { $0 + (Double($1) == nil ? $1.count : 2) }
  }

  /// A text cut into numbers and what stands between them.
  private static func parts(_ text: String) -> [String] {
    var parts = [""]
    var isNumber = false
    var before: Character = " "
    var isQuoted = false
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      let startsNumber = character.isASCII && character.isNumber && !before.isLetter && before != "_" && !isQuoted
      let goesOn =
        isNumber
        && (character.isASCII && character.isNumber || character == "." || character == "e"
          || character == "-" && before == "e")
      if isNumber ? !goesOn : startsNumber {
        parts.append("")
        isNumber.toggle()
        if isNumber == false, startsNumber { isNumber = true }
      }
      parts[parts.count - 1].append(character)
      // A digit within a name is none of a number.
      before = !isNumber && character.isNumber && (before.isLetter || before == "_") ? "_" : character
    }
    return parts
  }

  private static func text(_ formula: Formula, _ names: [String], isWhole: Bool) -> String {
    func number(_ value: Double) -> String {
      value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
    func product(_ factor: Double, _ powers: [Int]) -> String {
      let sizes = zip(names, powers).flatMap { name, power in [String](repeating: name, count: power) }
      return ((factor == 1 ? [] : [number(factor)]) + sizes).joined(separator: " * ")
    }
    switch formula {
    case .constant(let value): return number(value)
    case .product(let factor, let powers):
      let text = product(factor, powers)
      return text.contains(" ") ? "(\(text))" : text
    case .affine(let slope, let symbol, let start):
      let text = slope == 1 ? names[symbol] : "\(number(slope)) * \(names[symbol])"
      return start < 0 ? "(\(text) - \(number(-start)))" : "(\(text) + \(number(start)))"
    case .reciprocal(let factor, let powers): return "(1 / (\(product(factor, powers))))"
    }
  }
}
