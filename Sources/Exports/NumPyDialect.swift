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
    names: ["math", "os", "np"], helpers: numpyHelpers,
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
    weights: .dictionary, trainer: numpyTrainer, calls: [:],
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
      "packed",
      """
      def packed(x, *parts):
          return np.concatenate([part.reshape(x.shape[:-2] + (-1,)) for part in parts], axis=-1).astype(x.dtype)
      """
    ),
    (
      "packed_qr",
      """
      def packed_qr(x):
          return packed(x, *np.linalg.qr(x.astype(np.float64)))
      """
    ),
    (
      "packed_svd",
      """
      def packed_svd(x):
          return packed(x, *np.linalg.svd(x.astype(np.float64), full_matrices=False))
      """
    ),
    (
      "packed_eigh",
      """
      def packed_eigh(x):
          return packed(x, *np.linalg.eigh(x.astype(np.float64)))
      """
    ),
    (
      "cofactors",
      """
      def cofactors(x):
          u, s, vh = np.linalg.svd(x.astype(np.float64), full_matrices=False)
          others = [np.prod(np.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])]
          sign = np.linalg.det(u) * np.linalg.det(vh)
          return ((u * np.stack(others, axis=-1)[..., None, :]) @ vh * sign[..., None, None]).astype(x.dtype)
      """
    ),
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
      "random_words",
      """
      def random_words(seed, draw, count):
          # Philox 4x32-10 (Salmon et al. 2011): four words follow from the seed, the draw and the block's number alone.
          block = np.arange(count, dtype=np.uint64)
          seed, draw = np.asarray(seed).astype(np.uint64), np.asarray(draw).astype(np.uint64)
          low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
          a, b, c, d = block & low, block >> half, (draw & low) + 0 * block, (draw >> half) + 0 * block
          k, l = seed & low, seed >> half
          for _ in range(10):
              p, q = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
              a, b, c, d = (q >> half) ^ b ^ k, q & low, (p >> half) ^ d ^ l, p & low
              k, l = (k + np.uint64(0x9E3779B9)) & low, (l + np.uint64(0xBB67AE85)) & low
          return a, b, c, d
      """
    ),
    (
      "random_units",
      """
      def random_units(seed, draw, count, dtype):
          if dtype == np.float32:
              words = random_words(seed, draw, (count + 3) // 4)
              return np.stack([(word >> np.uint64(8)) * 2.0**-24 for word in words], axis=-1).reshape(-1)
          a, b, c, d = random_words(seed, draw, (count + 1) // 2)
          pairs = [(high << np.uint64(32) | word) >> np.uint64(11) for high, word in ((b, a), (d, c))]
          return np.stack([pair * 2.0**-53 for pair in pairs], axis=-1).reshape(-1)
      """
    ),
    (
      "draw_uniform",
      """
      def draw_uniform(seed, draw, shape, dtype):
          count = math.prod(shape)
          return random_units(seed, draw, count, dtype)[:count].reshape(shape).astype(dtype)
      """
    ),
    (
      "draw_normal",
      """
      def draw_normal(seed, draw, shape, dtype):
          count = math.prod(shape)
          units = random_units(seed, draw, count + count % 2, dtype)[: count + count % 2].reshape(-1, 2)
          size, turn = np.sqrt(-2 * np.log(1 - units[:, 0])), 2 * math.pi * units[:, 1]
          pairs = np.stack([size * np.cos(turn), size * np.sin(turn)], axis=-1)
          return pairs.reshape(-1)[:count].reshape(shape).astype(dtype)
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
      "dft",
      """
      def dft(x):
          z = np.fft.fft(x[..., 0, :] + 1j * x[..., 1, :], axis=-1)
          return np.stack([z.real, z.imag], axis=-2).astype(x.dtype)
      """
    ),
    (
      "inverse_dft",
      """
      def inverse_dft(x):
          z = np.fft.ifft(x[..., 0, :] + 1j * x[..., 1, :], axis=-1) * x.shape[-1]
          return np.stack([z.real, z.imag], axis=-2).astype(x.dtype)
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
