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

  func name(of op: gk_map) -> String {
    let plain: [gk_map.RawValue: String] = [
      GK_ABS.rawValue: "abs", GK_SIGN.rawValue: "sign", GK_SQUARE.rawValue: "square", GK_SQRT.rawValue: "sqrt",
      GK_EXP.rawValue: "exp", GK_EXPM1.rawValue: "expm1", GK_LOG.rawValue: "log", GK_LOG2.rawValue: "log2",
      GK_LOG10.rawValue: "log10", GK_LOG1P.rawValue: "log1p", GK_SIN.rawValue: "sin", GK_COS.rawValue: "cos",
      GK_TAN.rawValue: "tan", GK_ASIN.rawValue: "asin", GK_ACOS.rawValue: "acos", GK_ATAN.rawValue: "atan",
      GK_SINH.rawValue: "sinh", GK_COSH.rawValue: "cosh", GK_TANH.rawValue: "tanh", GK_ASINH.rawValue: "asinh",
      GK_ACOSH.rawValue: "acosh", GK_ATANH.rawValue: "atanh", GK_FLOOR.rawValue: "floor", GK_CEIL.rawValue: "ceil",
      GK_ROUND.rawValue: "round", GK_TRUNC.rawValue: "trunc",
    ]
    if let name = plain[op.rawValue] { return "\(library).\(name)" }
    let isJAX = self == .jax
    switch op {
    case GK_RSQRT: return isJAX ? "jax.lax.rsqrt" : "torch.rsqrt"
    case GK_ERF: return isJAX ? "jax.scipy.special.erf" : "torch.erf"
    case GK_SIGMOID: return isJAX ? "jax.nn.sigmoid" : "torch.sigmoid"
    case GK_SOFTPLUS: return isJAX ? "jax.nn.softplus" : "torch.nn.functional.softplus"
    default: return isJAX ? "jax.nn.relu" : "torch.relu"
    }
  }

  func name(of op: gk_zip) -> String {
    switch op {
    case GK_REMAINDER: library + ".remainder"
    case GK_MAXIMUM: library + ".maximum"
    case GK_MINIMUM: library + ".minimum"
    case GK_ATAN2: library + ".atan2"
    case GK_HYPOT: library + ".hypot"
    default: self == .jax ? "jax.scipy.special.xlogy" : "torch.xlogy"
    }
  }

  static func sign(of op: gk_comparison) -> String {
    switch op {
    case GK_EQUAL: "=="
    case GK_NOT_EQUAL: "!="
    case GK_LESS: "<"
    case GK_LESS_EQUAL: "<="
    case GK_GREATER: ">"
    default: ">="
    }
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

  func reduced(_ x: String, _ op: gk_reduction, axes: [Int]) -> String {
    switch (op, self) {
    case (GK_SUM, _): return "\(library).sum(\(x), \(axis)=\(Self.tuple(axes)))"
    case (GK_PRODUCT, .jax): return "jnp.prod(\(x), axis=\(Self.tuple(axes)))"
    case (GK_PRODUCT, .pytorch): return axes.sorted(by: >).reduce(x) { "torch.prod(\($0), dim=\($1))" }
    case (GK_REDUCE_MAXIMUM, _): return "\(library).\(self == .jax ? "max" : "amax")(\(x), \(axis)=\(Self.tuple(axes)))"
    default: return "\(library).\(self == .jax ? "min" : "amin")(\(x), \(axis)=\(Self.tuple(axes)))"
    }
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
