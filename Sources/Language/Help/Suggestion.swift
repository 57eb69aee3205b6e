import Graphs

/// What an unknown name may have meant.
package enum Suggestion {
  /// The name most like a word: two edits away at most, three from six letters on.
  package static func closest(to word: String, among names: [String]) -> String? {
    let letters = Array(word.lowercased())
    guard letters.count >= 3 else { return nil }
    let limit = letters.count >= 6 ? 3 : 2
    var best: (distance: Int, isUnlike: Bool, name: String)?
    for name in names where abs(name.count - letters.count) <= limit {
      let other = Array(name.lowercased())
      let distance = distance(letters, other)
      let isUnlike = letters.first != other.first
      // Of three letters two may only change if the first stays.
      guard distance <= limit, distance < 2 || letters.count > 3 || !isUnlike else { continue }
      let found = (distance, isUnlike, name)
      if let known = best, (known.distance, known.isUnlike ? 1 : 0, known.name) <= (distance, isUnlike ? 1 : 0, name) {
        continue
      }
      best = found
    }
    return best?.name
  }

  /// Our spelling of a name of NumPy, PyTorch, TensorFlow or JAX.
  package static func foreign(_ name: String) -> String? {
    var word = Substring(name)
    while let prefix = prefixes.first(where: { word.hasPrefix($0) }) { word = word.dropFirst(prefix.count) }
    let rest = String(word)
    if rest != name, isOurs(rest) { return rest }
    guard let spelling = spellings[rest] ?? spellings[rest.lowercased()] else { return nil }
    return isOurs(spelling) || signs.contains(spelling) ? spelling : nil
  }

  private static func isOurs(_ name: String) -> Bool {
    Operator.named[name] != nil || Builtin.named[name] != nil
  }

  /// Insertions, deletions, replacements and swaps of neighbours, no letter edited twice.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }

  private static let signs: Set = ["==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "xor", "new"]

  private static let prefixes = [
    "np.", "numpy.", "jnp.", "jax.", "torch.", "tf.", "keras.", "F.", "nn.", "functional.", "math.", "linalg.",
    "random.", "lax.", "scipy.", "special.", "ops.", "backend.",
  ]

  private static let spellings: [String: String] = [
    "logistic": "sigmoid", "expit": "sigmoid", "swish": "silu", "leakyrelu": "leaky_relu",
    "logsoftmax": "log_softmax", "clamp": "clip", "clip_by_value": "clip",
    "cat": "concat", "concatenate": "concat", "hstack": "concat", "vstack": "concat",
    "unsqueeze": "expand_dims", "newaxis": "new", "view": "reshape", "ravel": "flatten", "permute": "transpose",
    "swapaxes": "transpose", "moveaxis": "transpose", "t": "transpose", "expand": "broadcast_to",
    "zeroes": "zeros", "empty": "zeros", "fill": "full", "identity": "eye", "range": "arange",
    "random": "rand", "random_normal": "randn", "random_uniform": "rand",
    "reduce_sum": "sum", "reduce_mean": "mean", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "prod",
    "reduce_any": "any", "reduce_all": "all", "reduce_std": "std", "reduce_variance": "var",
    "reduce_logsumexp": "logsumexp", "product": "prod", "average": "mean", "avg": "mean", "variance": "var",
    "stdev": "std", "amax": "max", "amin": "min",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "ln": "log", "logarithm": "log", "absolute": "abs", "fabs": "abs",
    "neg": "negative", "mul": "multiply", "sub": "subtract", "div": "divide", "truediv": "divide",
    "true_divide": "divide", "mod": "remainder", "inverse": "inv",
    "ceiling": "ceil", "rint": "round", "fix": "trunc", "sgn": "sign",
    "is_nan": "isnan", "is_inf": "isinf", "is_finite": "isfinite", "allclose": "isclose", "equal": "==",
    "eq": "==", "not_equal": "!=", "ne": "!=", "greater": ">", "gt": ">", "less": "<", "lt": "<",
    "greater_equal": ">=", "ge": ">=", "less_equal": "<=", "le": "<=", "logical_and": "and", "logical_or": "or",
    "logical_not": "not", "logical_xor": "xor",
    "mm": "matmul", "bmm": "matmul", "mv": "matmul", "tensordot": "einsum", "inner": "dot", "vdot": "dot",
    "select": "where", "cond": "where", "index_select": "take", "take_along_axis": "gather",
    "take_along_dim": "gather", "put_along_axis": "scatter", "onehot": "one_hot", "argwhere": "nonzero",
    "len": "size", "length": "size", "numel": "size", "ndim": "rank", "dim": "rank",
    "mean_squared_error": "mse", "mse_loss": "mse", "mean_absolute_error": "mae", "l1_loss": "mae",
    "huber_loss": "huber", "smooth_l1_loss": "huber", "crossentropy": "cross_entropy", "nll_loss": "nll",
    "softmax_cross_entropy_with_logits": "cross_entropy", "sigmoid_cross_entropy_with_logits": "bce_with_logits",
    "binary_cross_entropy_with_logits": "bce_with_logits", "kl_divergence": "kl_div",
    "gradient": "grad", "gradients": "grad", "backward": "grad", "jacfwd": "jacobian", "jacrev": "jacobian",
    "detach": "stop_gradient", "no_grad": "stop_gradient", "grad_check": "check", "gradcheck": "check",
    "variable": "weights", "parameter": "weights", "param": "weights", "manual_seed": "seed", "set_seed": "seed",
    "astype": "float64", "double": "float64", "float": "float32", "tensor": "float32", "array": "float32",
    "asarray": "float32", "constant": "float32", "bool": "mask",
  ]
}
