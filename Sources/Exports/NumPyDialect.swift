import Graphs

extension ArrayDialect {
  /// Plain NumPy, without gradients of its own; those that are exported are formulas like any other.
  package static let numpy = ArrayDialect(
    name: "numpy", summary: "Python source for NumPy alone, and its arrays.", title: "NumPy",
    library: "np", axis: "axis", bool: "np.bool_", concatenate: "np.concatenate", transpose: "np.transpose",
    make: "np.array", adopt: "np.asarray", printing: "",
    imports: """
      import os

      import numpy as np

      # As in Gradus: 1 / 0 is inf and log(-1) is nan, without a word.
      np.seterr(all="ignore")
      """,
    names: ["math", "os", "np"], helpers: sharedHelpers("np") + numpyHelpers,
    matrixFunctions: [
      "inv": "np.linalg.inv(@)", "det": "np.linalg.det(@)", "cholesky": "np.linalg.cholesky(@)",
      "sign_of_det": "np.linalg.slogdet(@)[0]", "log_of_det": "np.linalg.slogdet(@)[1]",
      "dft": "dft(@)", "inverse_dft": "inverse_dft(@)",
      "solve": "np.linalg.solve(@)", "pinv": "np.linalg.pinv(@)", "qr": "packed_qr(@)", "svd": "packed_svd(@)",
      "eigh": "packed_eigh(@)", "cofactors": "cofactors(@)",
    ],
    triangularSolution: { a, b, isLower, isUnit in
      "solve_triangular(\(a), \(b), lower=\(isLower), unit_diagonal=\(isUnit))"
    },
    function: { numpyFunctions[$0.name] },
    array: { "\($1)(\($0))" },
    converted: { "\($0).astype(\($1))" },
    index: { x, _ in "\(x).astype(int)" },
    whole: { x, isNumber in isNumber ? "int(\(x))" : "\(x).astype(int)" },
    embedded: { x, shape, index, _ in "embed(\(x), \(shape), np.s_\(index))" },
    reduced: { x, function, axes in "\(function)(\(x), axis=\(tuple(axes)))" },
    taken: { x, index, axis in "np.take(\(x), \(index), axis=\(axis))" },
    takeAdjoint: { g, index, axis, shape, _ in "take_adjoint(\(shape), \(index), \(axis), \(g))" },
    gathered: { _, cut, index, axis in "np.take_along_axis(\(cut), \(index), axis=\(axis))" },
    gatherAdjoint: { g, index, axis, shape, _ in "scatter_add(\(shape), \(index), \(axis), \(g))" },
    argsort: { x, axis, isDescending in
      isDescending ? "argsort_down(\(x), \(axis))" : "np.argsort(\(x), axis=\(axis), kind=\"stable\")"
    },
    loop: { statements($0, &$1, stack: "np.stack") },
    weights: .dictionary, optimisers: nil, trainer: { _ in numpyTrainer }, calls: [:],
    gradients: { _ in [] })

  /// By our names.
  private static let numpyFunctions: [String: String] = {
    let same = [
      "abs", "sign", "square", "sqrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh",
      "cosh", "tanh", "floor", "ceil", "round", "trunc", "remainder", "maximum", "minimum", "hypot", "isnan", "isinf",
      "isfinite", "signbit", "fmod", "copysign", "sinc", "sum", "prod", "max", "min", "cumsum", "cumprod", "all", "any",
    ]
    let others = [
      "asin": "np.arcsin", "acos": "np.arccos", "atan": "np.arctan", "atan2": "np.arctan2", "asinh": "np.arcsinh",
      "acosh": "np.arccosh", "atanh": "np.arctanh",
    ]
    let ours = ["relu", "rsqrt", "sigmoid", "softplus", "erf", "erfc", "ndtr", "xlogy", "lgamma"]
    return Dictionary(uniqueKeysWithValues: same.map { ($0, "np." + $0) } + ours.map { ($0, $0) })
      .merging(others) { $1 }
  }()

  private static let numpyHelpers: [(name: String, text: String)] = [
    (
      "solve_triangular",
      """
      def solve_triangular(a, b, lower, unit_diagonal):
          half = np.tril(a) if lower else np.triu(a)
          if unit_diagonal:
              half = half - half * np.eye(a.shape[-1], dtype=a.dtype) + np.eye(a.shape[-1], dtype=a.dtype)
          return np.linalg.solve(half, b)
      """
    ),
    (
      "relu",
      """
      def relu(x):
          return np.maximum(x, 0)
      """
    ),
    (
      "rsqrt",
      """
      def rsqrt(x):
          return 1 / np.sqrt(x)
      """
    ),
    (
      "sigmoid",
      """
      def sigmoid(x):
          small = np.exp(-np.abs(x))
          return np.where(x >= 0, 1, small) / (1 + small)
      """
    ),
    (
      "softplus",
      """
      def softplus(x):
          return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
      """
    ),
    (
      "erf",
      """
      def erf(x):
          from math import erf as of_number

          return np.vectorize(of_number, otypes=[x.dtype])(x)
      """
    ),
    (
      "erfc",
      """
      def erfc(x):
          from math import erfc as of_number

          return np.vectorize(of_number, otypes=[x.dtype])(x)
      """
    ),
    (
      "ndtr",
      """
      def ndtr(x):
          from math import erfc, sqrt

          return np.vectorize(lambda x: erfc(-x / sqrt(2)) / 2, otypes=[x.dtype])(x)
      """
    ),
    (
      "lgamma",
      """
      def lgamma(x):
          from math import inf, lgamma as of_number

          def value(x):
              return inf if x == -inf or x <= 0 and x == x // 1 else of_number(x)

          return np.vectorize(value, otypes=[x.dtype])(x)
      """
    ),
    (
      "xlogy",
      """
      def xlogy(x, y):
          return np.where((x == 0) & (y == y), x * 0, x * np.log(y))
      """
    ),
    (
      "embed",
      """
      def embed(values, shape, index):
          whole = np.zeros(shape, dtype=values.dtype)
          whole[index] = values
          return whole
      """
    ),
    (
      "take_adjoint",
      """
      def take_adjoint(shape, index, axis, values):
          whole = np.zeros(shape, dtype=values.dtype)
          np.add.at(whole, (slice(None),) * axis + (index,), values)
          return whole
      """
    ),
    (
      "scatter_add",
      """
      def scatter_add(shape, index, axis, values):
          places = list(np.indices(values.shape, sparse=True))
          places[axis] = index
          whole = np.zeros(shape, dtype=values.dtype)
          np.add.at(whole, tuple(places), values)
          return whole
      """
    ),
    (
      "argsort_down",
      """
      def argsort_down(x, axis):
          upwards = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
          return x.shape[axis] - 1 - np.flip(upwards, axis)
      """
    ),
  ]
}
