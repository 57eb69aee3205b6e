import Refusals
import Tensors

/// Products and sums by letters.
extension Operator {
  static let einsum: Operator = Operator(
    "einsum(pattern, tensors…)",
    "Products summed over the letters that the result doesn't name, as \"ij,jk->ik\"; ... for any.",
    derivative: "by the same rule",
    trials: [
      "einsum(\"ij,jk->ik\", a, s)", "einsum(\"ij,ij\", a, b)", "einsum(\"ii->i\", s)", "einsum(\"...j,j\", a, v)",
    ]
  ) { arguments throws(Refusal) in
    let pattern = try arguments.text("pattern").filter { $0 != " " }
    var operands = try arguments.remaining()
    let halves = pattern.split(separator: ">", omittingEmptySubsequences: false)
    let isExplicit = halves.count == 2 && halves[0].hasSuffix("-")
    guard halves.count == 1 || isExplicit else { throw Refusal("einsum can't read \"\(pattern)\"") }
    let left = isExplicit ? halves[0].dropLast() : halves[0]
    let written = left.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard written.count == operands.count else {
      throw Refusal("einsum's \"\(pattern)\" names \(written.count) tensors; \(operands.count) are given")
    }
    let isReadable = (written + [isExplicit ? String(halves[1]) : ""]).allSatisfy {
      replaced($0, by: []).allSatisfy(\.isLetter)
    }
    let terms: [[Character]]
    let leading: [Character]
    (terms, leading, operands) = spelledOut(written, operands)
    let letters = terms.flatMap { $0 }
    let once = Set(letters).filter { letter in letter.isLetter && letters.count { $0 == letter } == 1 }.sorted()
    let named = isExplicit ? replaced(String(halves[1]), by: leading) : leading + once
    guard isReadable, Set(named).isSubset(of: leading + letters), Set(named).count == named.count else {
      throw Refusal(
        "einsum can't read \"\(pattern)\"", help: "letters, commas, ... and ->, as in \"ij,jk->ik\"")
    }
    let extents = try extents(terms, operands)
    let output = named.filter { letters.contains($0) }
    var (result, names) = try diagonal(operands[0].asFloat, terms[0])
    for position in operands.indices.dropFirst() {
      let (next, own) = try diagonal(operands[position].asFloat, terms[position])
      let later = Set(output).union(terms[(position + 1)...].flatMap { $0 })
      (result, names) = try contracted((result, names), (next, own), keeping: later, extents, arguments)
    }
    let gone = names.indices.filter { !output.contains(names[$0]) }
    result = result.summed(over: gone)
    names.removeAll { !output.contains($0) }
    result = result.transposed(output.map { names.firstIndex(of: $0) ?? 0 })
    return .tensor(result.reshaped(Shape(named.map { extents[$0] ?? 1 })))
  }

  private static let digits: [Character] = Array("76543210")

  /// Each term with a digit for each axis behind `...`; all these digits; the operands without such axes of extent 1.
  private static func spelledOut(_ terms: [String], _ operands: [Symbol]) -> ([[Character]], [Character], [Symbol]) {
    var (spelled, kept): ([[Character]], [Symbol]) = ([], [])
    var most = 0
    for (term, operand) in Swift.zip(terms, operands) {
      let count = operand.rank - replaced(term, by: []).count
      guard term.contains("..."), count >= 0 else {
        spelled.append(replaced(term, by: []))
        kept.append(operand)
        continue
      }
      most = Swift.max(most, count)
      let whole = replaced(term, by: Array(digits.suffix(count)))
      let single = whole.indices.filter { digits.contains(whole[$0]) && operand.shape[$0] == 1 }
      spelled.append(whole.indices.filter { !single.contains($0) }.map { whole[$0] })
      kept.append(operand.reshaped(operand.shape.removing(single)))
    }
    return (spelled, Array(digits.suffix(most)), kept)
  }

  /// A term with something in place of `...`.
  private static func replaced(_ term: String, by axes: [Character]) -> [Character] {
    let letters = Array(term)
    guard let dot = letters.firstIndex(of: "."), letters[dot...].starts(with: "...") else { return letters }
    return Array(letters[..<dot]) + axes + Array(letters[(dot + 3)...])
  }

  private static func extents(_ terms: [[Character]], _ operands: [Symbol]) throws(Refusal) -> [Character: Int] {
    var extents: [Character: Int] = [:]
    for (term, operand) in Swift.zip(terms, operands) {
      guard term.count == operand.rank else {
        throw Refusal(
          "einsum's \"\(String(term))\" has \(term.count) letters for a tensor of shape \(operand.shape)")
      }
      for (letter, extent) in Swift.zip(term, operand.shape.extents) {
        guard extents[letter, default: extent] == extent else {
          throw Refusal(
            "einsum's \(letter) is \(extents[letter, default: 0]) in one tensor and \(extent) in another")
        }
        extents[letter] = extent
      }
    }
    return extents
  }

  /// A letter that comes twice in one term walks along the diagonal.
  private static func diagonal(_ x: Symbol, _ term: [Character]) throws(Refusal) -> (Symbol, [Character]) {
    var (x, term) = (x, term)
    while let second = term.indices.first(where: { term[..<$0].contains(term[$0]) }),
      let first = term.firstIndex(of: term[second])
    {
      let others = term.indices.filter { $0 != first && $0 != second }
      let n = x.shape[first]
      let rest = others.map { x.shape[$0] }
      let flat = x.transposed(others + [first, second]).reshaped(Shape(rest + [n * n]))
      x = flat.sliced(axis: rest.count, from: 0, count: n, step: n + 1)
      term = others.map { term[$0] } + [term[first]]
    }
    return (x, term)
  }

  /// One batched matrix product: shared letters that stay are the batch, those that end here are summed.
  private static func contracted(
    _ a: (x: Symbol, names: [Character]), _ b: (x: Symbol, names: [Character]), keeping: Set<Character>,
    _ extents: [Character: Int], _ arguments: Arguments
  ) throws(Refusal) -> (Symbol, [Character]) {
    let shared = a.names.filter { b.names.contains($0) }
    let batch = shared.filter { keeping.contains($0) }
    let inner = shared.filter { !keeping.contains($0) }
    let rows = a.names.filter { !shared.contains($0) }
    let columns = b.names.filter { !shared.contains($0) }
    func extent(_ letters: [Character]) -> Int { Shape.product(letters.map { extents[$0] ?? 1 }) }
    func arranged(_ t: (x: Symbol, names: [Character]), _ order: [Character], _ shape: [Int]) -> Symbol {
      t.x.transposed(order.compactMap { t.names.firstIndex(of: $0) }).reshaped(Shape(shape))
    }
    let names = batch + rows + columns
    guard names.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes; einsum would need \(names.count)")
    }
    let whole = try arguments.checked(Shape(names.map { extents[$0] ?? 1 }))
    let left = arranged(a, batch + rows + inner, [extent(batch), extent(rows), extent(inner)])
    let right = arranged(b, batch + inner + columns, [extent(batch), extent(inner), extent(columns)])
    return (Symbol.matrixProduct(left, right).reshaped(whole), names)
  }
}
