import CKernels
import Graphs
import Tensors

/// The words in which two array libraries differ.
package enum ArrayDialect: Sendable {
  case jax, pytorch

  var title: String { self == .jax ? "jax" : "PyTorch" }
  var library: String { self == .jax ? "jnp" : "torch" }
  var axis: String { self == .jax ? "axis" : "dim" }
  var concatenate: String { self == .jax ? "jnp.concatenate" : "torch.cat" }
  var transpose: String { self == .jax ? "jnp.transpose" : "torch.permute" }
  /// From a list.
  var make: String { self == .jax ? "jnp.array" : "torch.tensor" }

  func type(_ type: ElementType) -> String {
    switch type {
    case .bool: self == .jax ? "jnp.bool_" : "torch.bool"
    case .float32: library + ".float32"
    case .literal, .float64: library + ".float64"
    }
  }

  /// A plain number as an array: not every function takes the former.
  func array(_ number: String, _ type: ElementType) -> String {
    self == .jax ? "\(self.type(type))(\(number))" : "torch.tensor(\(number), dtype=\(self.type(type)))"
  }

  func converted(_ text: String, to type: ElementType) -> String {
    self == .jax ? "\(text).astype(\(self.type(type)))" : "\(text).to(\(self.type(type)))"
  }

  private func index(_ text: String, _ extent: Int) -> String {
    self == .jax ? "\(text).astype(int)" : "\(text).long() % \(max(extent, 1))"
  }

  static func tuple(_ shape: Shape) -> String { tuple(shape.extents) }

  static func tuple(_ numbers: [Int]) -> String {
    "(\(numbers.map(String.init).joined(separator: ", "))\(numbers.count == 1 ? "," : ""))"
  }

  // MARK: Elementwise

  /// What is called for a function that isn't an operator of Python's; nil if the library has none.
  func spelling(of notation: Notation) -> String? { self == .jax ? notation.jax : notation.torch }

  /// The same, refusing by name.
  func call(_ notation: Notation) throws(ExportError) -> String {
    guard let name = spelling(of: notation) else { throw ExportError("\(title) has no \(notation.name)") }
    return name
  }

  // MARK: Moves

  /// `[1:3, ::2]`; steps are positive.
  private static func index(_ starts: [Int], _ steps: [Int], _ counts: [Int], in shape: Shape) -> String {
    let parts = starts.indices.map { axis in
      let (start, step, count) = (starts[axis], steps[axis], counts[axis])
      if start == 0, step == 1, count == shape[axis] { return ":" }
      return "\(start):\(start + max(count - 1, 0) * step + (count > 0 ? 1 : 0))" + (step == 1 ? "" : ":\(step)")
    }
    return "[\(parts.joined(separator: ", "))]"
  }

  /// A walk with positive steps over axes that have been turned round where they were walked backwards.
  private static func forward(_ a: [Int], _ shape: Shape) -> (starts: [Int], steps: [Int], flipped: [Int]) {
    let rank = shape.rank
    let (starts, steps) = (Array(a[..<rank]), Array(a[rank...]))
    let flipped = steps.indices.filter { steps[$0] < 0 }
    return (
      starts.indices.map { steps[$0] < 0 ? shape[$0] - 1 - starts[$0] : starts[$0] }, steps.map(abs), flipped
    )
  }

  private func flipped(_ text: String, _ axes: [Int]) -> String {
    axes.isEmpty ? text : "\(library).flip(\(text), \(ArrayDialect.tuple(axes)))"
  }

  func sliced(_ x: String, _ a: [Int], from shape: Shape, to result: Shape) -> String {
    let (starts, steps, axes) = Self.forward(a, shape)
    return flipped(x, axes) + Self.index(starts, steps, result.extents, in: shape)
  }

  func embedded(_ x: String, _ a: [Int], from shape: Shape, to result: Shape, type: String) -> String {
    let (starts, steps, axes) = Self.forward(a, result)
    let index = Self.index(starts, steps, shape.extents, in: result)
    let whole =
      self == .jax
      ? "jnp.zeros(\(Self.tuple(result)), dtype=\(type)).at\(index).set(\(x))"
      : "embed(\(x), \(Self.tuple(result)), np.s_\(index))"
    return flipped(whole, axes)
  }

  func reduced(_ x: String, _ name: String, axes: [Int]) -> String {
    // Alone among them it takes one axis.
    if name == "torch.prod" { return axes.sorted(by: >).reduce(x) { "\(name)(\($0), dim=\($1))" } }
    return "\(name)(\(x), \(axis)=\(Self.tuple(axes)))"
  }

  // MARK: Picking

  func taken(_ x: String, _ index: String, _ axis: Int, _ shape: Shape) -> String {
    let index = self.index(index, shape[axis])
    return self == .jax ? "jnp.take(\(x), \(index), axis=\(axis))" : "torch.index_select(\(x), \(axis), \(index))"
  }

  func takeAdjoint(_ g: String, _ index: String, _ axis: Int, _ shape: Shape, _ type: String) -> String {
    let zeros = "\(library).zeros(\(Self.tuple(shape)), dtype=\(type))"
    let index = self.index(index, shape[axis])
    let colons = String(repeating: ":, ", count: axis)
    return self == .jax ? "\(zeros).at[\(colons)\(index)].add(\(g))" : "\(zeros).index_add(\(axis), \(index), \(g))"
  }

  func gathered(_ x: String, _ index: String, _ axis: Int, _ shape: Shape, _ result: Shape) -> String {
    let index = self.index(index, shape[axis])
    if self == .pytorch { return "torch.gather(\(x), \(axis), \(index))" }
    var counts = result.extents
    counts[axis] = shape[axis]
    let isWhole = counts == shape.extents
    let zeros = [Int](repeating: 0, count: shape.rank)
    let ones = [Int](repeating: 1, count: shape.rank)
    return
      "jnp.take_along_axis(\(x)\(isWhole ? "" : Self.index(zeros, ones, counts, in: shape)), \(index), axis=\(axis))"
  }

  func gatherAdjoint(_ g: String, _ index: String, _ axis: Int, _ shape: Shape, _ type: String) -> String {
    let index = self.index(index, shape[axis])
    return self == .jax
      ? "scatter_add(\(Self.tuple(shape)), \(index), \(axis), \(g))"
      : "torch.zeros(\(Self.tuple(shape)), dtype=\(type)).scatter_add(\(axis), \(index), \(g))"
  }

  /// Whole-matrix functions that the libraries have too.
  func host(_ name: String, _ x: [String], _ a: [Int], _ type: ElementType) -> String? {
    switch name {
    case "argsort":
      let text = "\(library).argsort(\(x[0]), \(axis)=\(a[0]), descending=\(a[1] == 1 ? "True" : "False"), stable=True)"
      return converted(text, to: type)
    case "inv": return "\(library).linalg.inv(\(x[0]))"
    case "det": return "\(library).linalg.det(\(x[0]))"
    case "cholesky": return "\(library).linalg.cholesky(\(x[0]))"
    default: return nil
    }
  }
}
