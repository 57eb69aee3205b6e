import Graphs
import Refusals
import Tensors

/// An array library of Python as exported source speaks it: every word in which such libraries differ.
package struct ArrayDialect: Sendable {
  /// How functions get the weights that they have.
  enum Weights: Sendable {
    /// Their first argument, by name.
    case dictionary
    /// They are methods of what has them.
    case module
  }

  /// Who has optimisers for its arrays.
  package enum OptimiserLibrary: Sendable { case optax, torch }

  /// Its kind of export.
  package let name: String
  /// What its kind of export writes, in one sentence.
  package let summary: String
  /// Its name in sentences.
  let title: String
  /// Where the functions live that the libraries share.
  let library: String
  /// The argument that says along which axes.
  let axis: String
  let bool: String
  let concatenate: String
  let transpose: String
  /// From a list.
  let make: String
  /// From an array of NumPy's.
  let adopt: String
  /// What an array needs behind it to be printed as NumPy prints.
  let printing: String
  let imports: String
  /// Names that the imports define.
  let names: Set<String>
  /// Functions that stand in for what the library lacks, with their names; those that are used go into the file.
  let helpers: [(name: String, text: String)]
  /// Functions of whole matrices by our names, of their operands at the `@`.
  let matrixFunctions: [String: String]
  /// The solution by one half of a matrix; nil: the library has none.
  let triangularSolution: (@Sendable (_ a: String, _ b: String, _ isLower: String, _ isUnit: String) -> String)?

  /// What is called for a function that isn't an operator of Python's; nil: there is nothing.
  let function: @Sendable (_ notation: Notation) -> String?
  /// A plain number as an array: not every function takes the former.
  let array: @Sendable (_ number: String, _ type: String) -> String
  let converted: @Sendable (_ x: String, _ type: String) -> String
  /// Whole numbers to index with; from the end where they are negative.
  let index: @Sendable (_ x: String, _ extent: Int) -> String
  /// A whole number to index with.
  let whole: @Sendable (_ x: String, _ isNumber: Bool) -> String
  /// Zeros with x where an index says.
  let embedded: @Sendable (_ x: String, _ shape: String, _ index: String, _ type: String) -> String
  /// A function that joins the entries along axes.
  let reduced: @Sendable (_ x: String, _ function: String, _ axes: [Int]) -> String
  let taken: @Sendable (_ x: String, _ index: String, _ axis: Int) -> String
  let takeAdjoint: @Sendable (_ g: String, _ index: String, _ axis: Int, _ shape: String, _ type: String) -> String
  /// `cut` is x without the entries that the index doesn't reach on the other axes.
  let gathered: @Sendable (_ x: String, _ cut: String, _ index: String, _ axis: Int) -> String
  let gatherAdjoint: @Sendable (_ g: String, _ index: String, _ axis: Int, _ shape: String, _ type: String) -> String
  let argsort: @Sendable (_ x: String, _ axis: Int, _ isDescending: Bool) -> String
  /// A loop as the library goes through one.
  let loop: @Sendable (_ loop: LoopText, _ taken: inout Set<String>) -> [String]
  let weights: Weights
  /// Where its optimisers come from; nil: nowhere.
  package let optimisers: OptimiserLibrary?
  /// What goes through the steps of a training; by an optimiser of the library's own where that does the same.
  let trainer: @Sendable (_ byLibrary: Bool) -> String
  /// Operators that the library has functions for, by name.
  let calls: [String: CallRow]
  /// Lines that print the gradients of a call by the weights.
  let gradients: @Sendable (_ call: String) -> [String]

  package static let all = [jax, pytorch, numpy]
}

/// What is said alike in every dialect, out of the words that differ.
extension ArrayDialect {
  func type(_ type: ElementType) -> String {
    switch type {
    case .bool: bool
    case .float32: library + ".float32"
    case .literal, .float64: library + ".float64"
    }
  }

  /// What is called for a function; one that the library lacks is refused by name.
  func call(_ notation: Notation) throws(Refusal) -> String {
    guard let name = function(notation) else { throw .lacking(title, notation.name) }
    return name
  }

  static func tuple(_ shape: Shape) -> String { tuple(shape.extents) }

  static func tuple(_ numbers: [Int]) -> String {
    "(\(numbers.map(String.init).joined(separator: ", "))\(numbers.count == 1 ? "," : ""))"
  }

  /// The first entries along each axis.
  static func cut(_ x: String, to extents: [Int], from shape: Shape) -> String {
    if extents == shape.extents { return x }
    return x + Walk(starts: extents.map { _ in 0 }, steps: extents.map { _ in 1 }, in: shape).index(extents, in: shape)
  }

  func sliced(_ x: String, starts: [Int], steps: [Int], from shape: Shape, to result: Shape) -> String {
    let walk = Walk(starts: starts, steps: steps, in: shape)
    return flipped(x, walk.flipped) + walk.index(result.extents, in: shape)
  }

  func embedded(_ x: String, starts: [Int], steps: [Int], from shape: Shape, to result: Shape, _ type: ElementType)
    -> String
  {
    let walk = Walk(starts: starts, steps: steps, in: result)
    let whole = embedded(x, Self.tuple(result), walk.index(shape.extents, in: result), self.type(type))
    return flipped(whole, walk.flipped)
  }

  private func flipped(_ text: String, _ axes: [Int]) -> String {
    axes.isEmpty ? text : "\(library).flip(\(text), \(Self.tuple(axes)))"
  }

  /// A walk with positive steps over axes that have been turned round where they were walked backwards.
  private struct Walk {
    let starts: [Int]
    let steps: [Int]
    let flipped: [Int]

    init(starts: [Int], steps: [Int], in shape: Shape) {
      flipped = steps.indices.filter { steps[$0] < 0 }
      self.starts = starts.indices.map { steps[$0] < 0 ? shape[$0] - 1 - starts[$0] : starts[$0] }
      self.steps = steps.map(abs)
    }

    /// `[1:3, ::2]`.
    func index(_ counts: [Int], in shape: Shape) -> String {
      let parts = starts.indices.map { axis in
        let (start, step, count) = (starts[axis], steps[axis], counts[axis])
        if start == 0, step == 1, count == shape[axis] { return ":" }
        return "\(start):\(start + max(count - 1, 0) * step + (count > 0 ? 1 : 0))" + (step == 1 ? "" : ":\(step)")
      }
      return "[\(parts.joined(separator: ", "))]"
    }
  }
}
