import Graphs

/// What a name of another library is called here.
package enum Suggestion {
  /// All names of other libraries that something is known of.
  static var names: [String] { spellings.keys.sorted() + expressions.keys.sorted() }

  /// What to type where another library has a function of this name, in words that stand behind a mark.
  package static func help(_ name: String) -> String? {
    if let spelling = foreign(name) { return "here it is called \(spelling)" }
    return expressions[String(word(of: name))].map { "here it is written \($0)" }
  }

  /// Our spelling of a name of NumPy, PyTorch, TensorFlow or JAX.
  package static func foreign(_ name: String) -> String? {
    let rest = String(word(of: name))
    if rest != name, isOurs(rest) { return rest }
    guard let spelling = spellings[rest] ?? spellings[rest.lowercased()] else { return nil }
    return isOurs(spelling) || signs.contains(spelling) ? spelling : nil
  }

  /// The name without those of the modules that it is in.
  private static func word(of name: String) -> Substring {
    var word = Substring(name)
    while let prefix = prefixes.first(where: { word.hasPrefix($0) }) { word = word.dropFirst(prefix.count) }
    return word
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
    "logsoftmax": "log_softmax", "logsigmoid": "log_sigmoid", "hard_tanh": "hardtanh", "hard_sigmoid": "hardsigmoid",
    "hard_swish": "hardswish", "hard_silu": "hardswish", "hardsilu": "hardswish", "psi": "digamma", "erf_inv": "erfinv",
    "degrees": "rad2deg", "radians": "deg2rad", "celu": "elu", "clamp": "clip",
    "clip_by_value": "clip",
    "cat": "concat", "concatenate": "concat", "row_stack": "vstack", "dstack": "concat",
    "unsqueeze": "expand_dims", "newaxis": "new", "view": "reshape", "ravel": "flatten", "permute": "transpose",
    "movedim": "moveaxis", "swapdims": "swapaxes", "t": "transpose", "expand": "broadcast_to",
    "zeroes": "zeros", "empty": "zeros", "fill": "full", "identity": "eye", "range": "arange",
    "random": "rand", "random_normal": "randn", "random_uniform": "rand",
    "reduce_sum": "sum", "reduce_mean": "mean", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "prod",
    "reduce_any": "any", "reduce_all": "all", "reduce_std": "std", "reduce_variance": "var",
    "reduce_logsumexp": "logsumexp", "product": "prod", "avg": "mean", "variance": "var",
    "stdev": "std", "amax": "max", "amin": "min",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "ln": "log", "logarithm": "log", "absolute": "abs", "fabs": "abs",
    "neg": "negative", "mul": "multiply", "sub": "subtract", "div": "divide", "truediv": "divide",
    "true_divide": "divide", "mod": "remainder", "rem": "fmod", "float_power": "pow", "inverse": "inv",
    "ceiling": "ceil", "around": "round", "fix": "trunc", "sgn": "sign",
    "is_nan": "isnan", "is_inf": "isinf", "is_finite": "isfinite", "eq": "==", "ne": "!=", "gt": ">", "lt": "<",
    "ge": ">=", "le": "<=", "logical_and": "and", "logical_or": "or",
    "logical_not": "not", "logical_xor": "xor",
    "matrix_norm": "norm", "vector_norm": "norm",
    "lu_factor": "lu", "nullspace": "null", "singular_values": "svdvals",
    "solve_lower_triangular": "solve_triangular", "cho_solve": "solve", "eigenvalues": "eigvals", "eigvalsh": "eigh",
    "batchnorm": "batch_norm", "batchnorm1d": "batch_norm", "batchnorm2d": "batch_norm", "batchnorm3d": "batch_norm",
    "layernorm": "layer_norm", "rmsnorm": "rms_norm", "groupnorm": "group_norm",
    "convtranspose2d": "conv_transpose2d", "conv2d_transpose": "conv_transpose2d",
    "scaled_dot_product_attention": "attention", "dot_product_attention": "attention",
    "multiheadattention": "attention", "cosinesimilarity": "cosine_similarity",
    "standard_normal": "normal", "standard_exponential": "exponential", "standard_gamma": "gamma",
    "random_choice": "choice", "sample": "choice",
    "mm": "matmul", "bmm": "matmul", "mv": "matmul", "tensordot": "einsum", "inner": "dot",
    "select": "where", "index_select": "take",
    "take_along_dim": "gather", "put_along_axis": "scatter", "onehot": "one_hot",
    "len": "size", "length": "size", "numel": "size", "ndim": "rank", "dim": "rank",
    "mean_squared_error": "mse", "mse_loss": "mse", "mean_absolute_error": "mae", "l1_loss": "mae",
    "huber_loss": "huber", "smooth_l1_loss": "huber", "crossentropy": "cross_entropy", "nll_loss": "nll",
    "softmax_cross_entropy_with_logits": "cross_entropy", "sigmoid_cross_entropy_with_logits": "bce_with_logits",
    "binary_cross_entropy_with_logits": "bce_with_logits", "kl_divergence": "kl_div",
    "gradients": "grad", "backward": "grad", "jacfwd": "jacobian", "jacrev": "jacobian",
    "conv": "convolve", "interp1": "interp", "index_add": "scatter_add", "in1d": "isin", "detach": "stop_gradient",
    "no_grad": "stop_gradient",
    "grad_check": "check", "gradcheck": "check",
    "variable": "weights", "parameter": "weights", "param": "weights", "manual_seed": "seed", "set_seed": "seed",
    "astype": "float64", "double": "float64", "float": "float32", "tensor": "float32", "array": "float32",
    "asarray": "float32", "constant": "float32", "bool": "mask",
  ]

  /// Functions that an expression stands for here.
  private static let expressions: [String: String] = [
    "isposinf": "x == inf", "isneginf": "x == -inf", "tanhshrink": "x - tanh(x)", "logit": "log(x / (1 - x))",
    "nanprod": "prod(x[not isnan(x)])", "nanmedian": "median(x[not isnan(x)])",
    "nanquantile": "quantile(x[not isnan(x)], q)", "nanpercentile": "percentile(x[not isnan(x)], q)",
    "nanargmax": "argmax(where(isnan(x), -inf, x))", "nanargmin": "argmin(where(isnan(x), inf, x))",
    "digitize": "searchsorted(bins, x, side=\"right\")", "argwhere": "stack(nonzero(x), axis=1)",
    "ptp": "max(x) - min(x)", "copy": "y = x: a value never changes behind a name",
    "geomspace": "logspace(log10(start), log10(stop), n)", "empty_like": "zeros_like(x)",
    "unique_all": "unique_counts(x) and unique_inverse(x)",
    "gradient": "grad(loss, w), or of samples finite_difference(y)",
    "array_split": "split(x, n)", "fill_diagonal": "where(eye(n) == 1, value, x)", "atleast_1d": "reshape(x, [-1])",
    "atleast_2d": "x[new, :]", "atleast_3d": "x[new, new, :]", "cumulative_maximum": "cummax(x)",
    "ravel_multi_index": "i * shape(x)[1] + j", "segment_max": "max(x[ids == k], axis=0)",
    "segment_mean": "segment_sum(x, ids) / bincount(ids)",
    "randn_like": "normal(shape(x))", "rand_like": "uniform(shape(x))", "randint_like": "randint(low, high, shape(x))",
    "dirichlet": "gamma(a, shape(a)) divided by its sum", "binomial": "multinomial(n, [p, 1 - p])[0]",
    "fft2": "fft(fft(x, axis=-1), axis=-2)", "ifft2": "ifft(ifft(z, axis=-1), axis=-2)",
    "rfft2": "fft(rfft(x, axis=-1), axis=-2)", "fftshift": "roll(x, floor(n / 2), axis=-1)",
    "ifftshift": "roll(x, -floor(n / 2), axis=-1)", "fftfreq": "arange(n) / n, less 1 from n / 2 on",
    "rfftfreq": "arange(floor(n / 2) + 1) / n", "vecdot": "sum(a * b, axis=-1)", "vdot": "sum(a * b)",
    "multi_dot": "a @ b @ c", "chain_matmul": "a @ b @ c", "instance_norm": "group_norm(x, channels)",
    "cosine_distance": "1 - cosine_similarity(a, b)",
  ]
}
