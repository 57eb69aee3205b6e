import Graphs

/// Functions by what they are for.
enum FunctionKinds {
  static let all: [(title: String, names: [String])] = [
    (
      "making tensors",
      [
        "zeros", "ones", "full", "eye", "arange", "linspace", "logspace", "zeros_like", "ones_like", "full_like",
        "diag", "meshgrid",
        "one_hot", "mask", "tril", "triu", "float32", "float64",
      ]
    ),
    (
      "shapes",
      [
        "shape", "size", "rank", "reshape", "flatten", "transpose", "squeeze", "expand_dims", "swapaxes", "moveaxis",
        "broadcast_to",
        "flip", "roll", "rot90", "pad", "tile", "repeat",
      ]
    ),
    (
      "joining and picking",
      [
        "concat", "stack", "vstack", "hstack", "column_stack", "append", "insert", "delete", "split", "take", "gather",
        "scatter",
        "scatter_add", "where", "nonzero", "flatnonzero", "topk", "unique", "searchsorted",
      ]
    ),
    (
      "numbers",
      [
        "abs", "sign", "sqrt", "exp", "log", "log2", "log10", "square", "floor", "ceil", "round", "trunc", "sin", "cos",
        "tan",
        "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "lgamma", "maximum", "minimum", "clip", "hypot", "atan2",
        "isnan",
      ]
    ),
    (
      "sums and statistics",
      [
        "sum", "mean", "prod", "max", "min", "argmax", "argmin", "any", "all", "std", "var", "median", "quantile",
        "percentile",
        "cumsum", "cumprod", "diff", "norm", "cov", "corrcoef", "histogram", "bincount", "sort", "argsort",
        "count_nonzero",
      ]
    ),
    (
      "matrices",
      [
        "matmul", "dot", "outer", "einsum", "kron", "cross", "trace", "det", "inv", "pinv", "solve", "lstsq", "qr",
        "svd", "eigh",
        "eig", "cholesky", "lu", "expm", "matrix_power", "matrix_rank", "null", "orth", "fft", "ifft", "rfft",
      ]
    ),
    (
      "networks",
      [
        "relu", "sigmoid", "softmax", "log_softmax", "gelu", "silu", "elu", "leaky_relu", "softplus", "conv1d",
        "conv2d", "max_pool",
        "avg_pool", "layer_norm", "batch_norm", "group_norm", "embedding", "attention", "dropout", "bias_add",
      ]
    ),
    ("losses", ["mse", "mae", "huber", "cross_entropy", "nll", "bce_with_logits", "kl_div", "cosine_similarity"]),
    (
      "gradients and training",
      [
        "weights", "grad", "value_and_grad", "jacobian", "hessian", "jvp", "vjp", "stop_gradient", "check", "train",
        "checkpoint",
        "restore", "dense_grad", "depends", "history", "structural", "density",
      ]
    ),
    (
      "chance",
      [
        "seed", "rand", "randn", "uniform", "normal", "randint", "bernoulli", "permutation", "shuffle", "choice",
        "exponential",
        "poisson", "gamma", "beta", "categorical", "multinomial",
      ]
    ),
    (
      "texts and collections",
      [
        "print", "text", "number", "split", "join", "lines", "upper", "lower", "strip", "codes", "chars", "keys", "zip",
        "enumerate",
        "map", "fold", "scan", "load", "save",
      ]
    ),
    ("pictures", ["plot", "hist", "heat", "spy"]),
  ]

  /// All kinds with their names.
  static var page: String {
    var lines = ["Functions"]
    for (title, names) in all {
      lines.append("  \(title)")
      lines += HelpPage.wrapped(names, indent: 4)
    }
    lines.append("")
    lines.append("  :help matrices has a sentence on each of that kind, :help inv all about one.")
    return lines.joined(separator: "\n")
  }

  /// A kind by a word of its title, with a sentence on each function.
  static func page(of word: String) -> String? {
    guard let kind = all.first(where: { $0.title.split(separator: " ").contains { $0 == word } && word != "and" })
    else { return nil }
    return ([kind.title] + kind.names.map { Search.line($0, sentence(of: $0)) }).joined(separator: "\n")
  }

  static func sentence(of name: String) -> String {
    FunctionEntry.all(named: name).first?.summary ?? ""
  }
}
