import Graphs

extension ArrayDialect {
  package static let jax = ArrayDialect(
    name: "jax", summary: "Python source for jax, and its arrays.", title: "jax", library: "jnp",
    axis: "axis", bool: "jnp.bool_", concatenate: "jnp.concatenate", transpose: "jnp.transpose", make: "jnp.array",
    adopt: "jnp.asarray", printing: "",
    imports: """
      import os

      import jax
      import jax.numpy as jnp
      import numpy as np

      # As in Gradus: what is float32 stays so, numbers by themselves are computed in float64.
      jax.config.update("jax_enable_x64", True)
      """,
    names: ["math", "os", "jax", "jnp", "np"],
    helpers: sharedHelpers("jnp") + [
      (
        "packed_lu",
        """
        def packed_lu(x):
            from jax.scipy.linalg import lu

            return packed(x, *lu(x.astype(jnp.float64)))
        """
      ),
      (
        "scatter_add",
        """
        def scatter_add(shape, index, axis, values):
            places = list(jnp.indices(values.shape, sparse=True))
            places[axis] = index
            return jnp.zeros(shape, dtype=values.dtype).at[tuple(places)].add(values)
        """
      ),
      (
        "expm",
        """
        def expm(x):
            from jax.scipy.linalg import expm as of_matrix

            return of_matrix(x)
        """
      ),
      (
        "solve_triangular",
        """
        def solve_triangular(a, b, lower, unit_diagonal):
            from jax.scipy.linalg import solve_triangular as solve

            return solve(a, b, lower=lower, unit_diagonal=unit_diagonal)
        """
      ),
    ],
    matrixFunctions: [
      "inv": "jnp.linalg.inv(@)", "det": "jnp.linalg.det(@)", "cholesky": "jnp.linalg.cholesky(@)",
      "sign_of_det": "jnp.linalg.slogdet(@)[0]", "log_of_det": "jnp.linalg.slogdet(@)[1]",
      "dft": "dft(@)", "inverse_dft": "inverse_dft(@)",
      "expm": "expm(@)", "solve": "jnp.linalg.solve(@)", "pinv": "jnp.linalg.pinv(@)", "qr": "packed_qr(@)",
      "svd": "packed_svd(@)", "eigh": "packed_eigh(@)", "lu": "packed_lu(@)", "cofactors": "cofactors(@)",
    ],
    triangularSolution: { a, b, isLower, isUnit in
      "solve_triangular(\(a), \(b), lower=\(isLower), unit_diagonal=\(isUnit))"
    },
    function: { $0.jax },
    array: { "\($1)(\($0))" },
    converted: { "\($0).astype(\($1))" },
    index: { x, _ in "\(x).astype(int)" },
    whole: { x, isNumber in isNumber ? "int(\(x))" : "\(x).astype(int)" },
    embedded: { x, shape, index, type in "jnp.zeros(\(shape), dtype=\(type)).at\(index).set(\(x))" },
    reduced: { x, function, axes in "\(function)(\(x), axis=\(tuple(axes)))" },
    taken: { x, index, axis in "jnp.take(\(x), \(index), axis=\(axis))" },
    takeAdjoint: { g, index, axis, shape, type in
      "jnp.zeros(\(shape), dtype=\(type)).at[\(String(repeating: ":, ", count: axis))\(index)].add(\(g))"
    },
    gathered: { _, cut, index, axis in "jnp.take_along_axis(\(cut), \(index), axis=\(axis))" },
    gatherAdjoint: { g, index, axis, shape, _ in "scatter_add(\(shape), \(index), \(axis), \(g))" },
    argsort: { x, axis, isDescending in
      "jnp.argsort(\(x), axis=\(axis), descending=\(isDescending ? "True" : "False"), stable=True)"
    },
    loop: jaxLoop,
    weights: .dictionary, optimisers: .optax, trainer: jaxTrainer(byLibrary:), calls: jaxCalls,
    gradients: { call in
      [
        "params, arguments = load()",
        "gradients = jax.grad(lambda params: \(call).reshape(()))(params)",
        "for name, gradient in gradients.items():",
        "    print(\"gradient of\", name, gradient, sep=\"\\n\")",
      ]
    })
}
