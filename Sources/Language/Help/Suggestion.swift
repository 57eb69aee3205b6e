import Graphs

/// What a name of another library is called here.
package enum Suggestion {
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
