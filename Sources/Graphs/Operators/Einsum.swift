import Tensors

/// Products and sums by letters.
extension Operator {
  static let einsum: Operator = Operator(
    "einsum(pattern, tensors…)", "Products summed over the letters that the result doesn't name, as \"ij,jk->ik\".",
    derivative: "by the same rule",
    trials: ["einsum(\"ij,jk->ik\", a, s)", "einsum(\"ij,ij\", a, b)", "einsum(\"ii->i\", s)"]
  ) { arguments throws(ShapeError) in
    let pattern = try arguments.text("pattern").filter { $0 != " " }
    let operands = try arguments.remaining()
    let halves = pattern.split(separator: ">", omittingEmptySubsequences: false)
    let isExplicit = halves.count == 2 && halves[0].hasSuffix("-")
    guard halves.count == 1 || isExplicit else { throw ShapeError("einsum can't read \"\(pattern)\"") }
    let left = isExplicit ? halves[0].dropLast() : halves[0]
    let terms = left.split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    let letters = terms.flatMap { $0 }
    let once = Set(letters).filter { letter in letters.count { $0 == letter } == 1 }.sorted()
    let output = isExplicit ? Array(halves[1]) : once
    guard letters.allSatisfy(\.isLetter), Set(output).isSubset(of: letters), Set(output).count == output.count else {
      throw ShapeError("einsum can't read \"\(pattern)\"", help: "letters, commas and ->, as in \"ij,jk->ik\"")
    }
    guard terms.count == operands.count else {
      throw ShapeError("einsum's \"\(pattern)\" names \(terms.count) tensors; \(operands.count) are given")
    }
    let extents = try extents(terms, operands)
    var (result, names) = try diagonal(operands[0].asFloat, terms[0])
    for position in operands.indices.dropFirst() {
      let (next, own) = try diagonal(operands[position].asFloat, terms[position])
      let later = Set(output).union(terms[(position + 1)...].flatMap { $0 })
      (result, names) = try contracted((result, names), (next, own), keeping: later, extents, arguments)
    }
    let gone = names.indices.filter { !output.contains(names[$0]) }
    result = result.summed(over: gone)
    names.removeAll { !output.contains($0) }
    return .tensor(result.transposed(output.map { names.firstIndex(of: $0) ?? 0 }))
  }

  private static func extents(_ terms: [[Character]], _ operands: [Symbol]) throws(ShapeError) -> [Character: Int] {
    var extents: [Character: Int] = [:]
    for (term, operand) in Swift.zip(terms, operands) {
      guard term.count == operand.rank else {
        throw ShapeError(
          "einsum's \"\(String(term))\" has \(term.count) letters for a tensor of shape \(operand.shape)")
      }
      for (letter, extent) in Swift.zip(term, operand.shape.extents) {
        guard extents[letter, default: extent] == extent else {
          throw ShapeError(
            "einsum's \(letter) is \(extents[letter, default: 0]) in one tensor and \(extent) in another")
        }
        extents[letter] = extent
      }
    }
    return extents
  }

  /// A letter that comes twice in one term walks along the diagonal.
  private static func diagonal(_ x: Symbol, _ term: [Character]) throws(ShapeError) -> (Symbol, [Character]) {
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
  ) throws(ShapeError) -> (Symbol, [Character]) {
    let shared = a.names.filter { b.names.contains($0) }
    let batch = shared.filter { keeping.contains($0) }
    let inner = shared.filter { !keeping.contains($0) }
    let rows = a.names.filter { !shared.contains($0) }
    let columns = b.names.filter { !shared.contains($0) }
    func extent(_ letters: [Character]) -> Int { letters.reduce(1) { $0 * (extents[$1] ?? 1) } }
    func arranged(_ t: (x: Symbol, names: [Character]), _ order: [Character], _ shape: [Int]) -> Symbol {
      t.x.transposed(order.compactMap { t.names.firstIndex(of: $0) }).reshaped(Shape(shape))
    }
    let names = batch + rows + columns
    guard names.count <= Shape.maximumRank else {
      throw ShapeError("a tensor has at most \(Shape.maximumRank) axes; einsum would need \(names.count)")
    }
    let whole = try arguments.checked(Shape(names.map { extents[$0] ?? 1 }))
    let left = arranged(a, batch + rows + inner, [extent(batch), extent(rows), extent(inner)])
    let right = arranged(b, batch + inner + columns, [extent(batch), extent(inner), extent(columns)])
    return (Symbol.matrixProduct(left, right).reshaped(whole), names)
  }
}
