/// Another language or library whose spelling people bring along.
enum Tool: String, CaseIterable, Sendable {
  case numpy, pytorch, tensorflow, jax, python, octave, julia, r

  /// As it is called in sentences.
  var title: String {
    switch self {
    case .numpy: "NumPy"
    case .pytorch: "PyTorch"
    case .tensorflow: "TensorFlow"
    case .jax: "JAX"
    case .python: "Python"
    case .octave: "Octave"
    case .julia: "Julia"
    case .r: "R"
    }
  }

  /// Counts from 1 and includes the end of a range.
  var countsFromOne: Bool { self == .octave || self == .julia || self == .r }

  /// `*`, `/` and `^` are those of matrices.
  var multipliesMatrices: Bool { self == .octave || self == .julia }

  /// The tables in which a name is looked up when this is the tool, the likeliest first.
  var tables: [Tool] {
    let own: [Tool] =
      switch self {
      case .numpy: [.numpy, .python]
      case .pytorch: [.pytorch, .numpy, .python]
      case .tensorflow: [.tensorflow, .numpy, .python]
      case .jax: [.jax, .numpy, .python]
      case .python: [.python, .numpy]
      case .octave: [.octave, .numpy]
      case .julia: [.julia, .octave, .numpy]
      case .r: [.r, .numpy]
      }
    return own + Self.anywhere.filter { !own.contains($0) }
  }

  /// Where a name is looked up that says nothing of its tool.
  static let anywhere: [Tool] = [.numpy, .python, .pytorch, .tensorflow, .jax, .octave, .julia, .r]

  /// What begins a dotted name, and the tool that it tells.
  static let modules: [String: Tool] = [
    "np": .numpy, "numpy": .numpy, "scipy": .numpy, "sp": .numpy, "cp": .numpy, "mx": .numpy, "linalg": .numpy,
    "torch": .pytorch, "F": .pytorch, "nn": .pytorch, "optim": .pytorch, "th": .pytorch, "functional": .pytorch,
    "tf": .tensorflow, "keras": .tensorflow, "K": .tensorflow, "tensorflow": .tensorflow, "layers": .tensorflow,
    "tfp": .tensorflow, "jnp": .jax, "jax": .jax, "lax": .jax, "jr": .jax, "optax": .jax,
    "math": .python, "random": .python, "plt": .python, "os": .python, "sys": .python, "time": .python,
    "pd": .python, "sns": .python, "itertools": .python, "functools": .python, "operator": .python, "cmath": .python,
    "statistics": .python, "pylab": .python, "matplotlib": .python, "builtins": .python,
    "Flux": .julia, "Random": .julia, "LinearAlgebra": .julia, "Statistics": .julia, "Zygote": .julia,
    "NNlib": .julia, "Plots": .julia, "Base": .julia, "StatsBase": .julia, "base": .r, "stats": .r,
  ]
}
