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
    helpers: [
      (
        "packed",
        """
        def packed(x, *parts):
            return jnp.concatenate([part.reshape(x.shape[:-2] + (-1,)) for part in parts], axis=-1).astype(x.dtype)
        """
      ),
      (
        "packed_qr",
        """
        def packed_qr(x):
            return packed(x, *jnp.linalg.qr(x.astype(jnp.float64)))
        """
      ),
      (
        "packed_svd",
        """
        def packed_svd(x):
            return packed(x, *jnp.linalg.svd(x.astype(jnp.float64), full_matrices=False))
        """
      ),
      (
        "packed_eigh",
        """
        def packed_eigh(x):
            return packed(x, *jnp.linalg.eigh(x.astype(jnp.float64)))
        """
      ),
      (
        "cofactors",
        """
        def cofactors(x):
            u, s, vh = jnp.linalg.svd(x.astype(jnp.float64), full_matrices=False)
            others = [jnp.prod(jnp.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])]
            sign = jnp.linalg.det(u) * jnp.linalg.det(vh)
            return ((u * jnp.stack(others, axis=-1)[..., None, :]) @ vh * sign[..., None, None]).astype(x.dtype)
        """
      ),
      (
        "packed_lu",
        """
        def packed_lu(x):
            from jax.scipy.linalg import lu

            return packed(x, *lu(x.astype(jnp.float64)))
        """
      ),
      (
        "random_words",
        """
        def random_words(seed, draw, count):
            # Philox 4x32-10 (Salmon et al. 2011): four words follow from the seed, the draw and the block's number alone.
            block = jnp.arange(count, dtype=jnp.uint64)
            seed, draw = jnp.asarray(seed).astype(jnp.uint64), jnp.asarray(draw).astype(jnp.uint64)
            low, half = jnp.uint64(0xFFFFFFFF), jnp.uint64(32)
            a, b, c, d = block & low, block >> half, (draw & low) + 0 * block, (draw >> half) + 0 * block
            k, l = seed & low, seed >> half
            for _ in range(10):
                p, q = jnp.uint64(0xD2511F53) * a, jnp.uint64(0xCD9E8D57) * c
                a, b, c, d = (q >> half) ^ b ^ k, q & low, (p >> half) ^ d ^ l, p & low
                k, l = (k + jnp.uint64(0x9E3779B9)) & low, (l + jnp.uint64(0xBB67AE85)) & low
            return a, b, c, d
        """
      ),
      (
        "random_units",
        """
        def random_units(seed, draw, count, dtype):
            if dtype == jnp.float32:
                words = random_words(seed, draw, (count + 3) // 4)
                return jnp.stack([(word >> jnp.uint64(8)) * 2.0**-24 for word in words], axis=-1).reshape(-1)
            a, b, c, d = random_words(seed, draw, (count + 1) // 2)
            pairs = [(high << jnp.uint64(32) | word) >> jnp.uint64(11) for high, word in ((b, a), (d, c))]
            return jnp.stack([pair * 2.0**-53 for pair in pairs], axis=-1).reshape(-1)
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
            size, turn = jnp.sqrt(-2 * jnp.log(1 - units[:, 0])), 2 * math.pi * units[:, 1]
            pairs = jnp.stack([size * jnp.cos(turn), size * jnp.sin(turn)], axis=-1)
            return pairs.reshape(-1)[:count].reshape(shape).astype(dtype)
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
        "dft",
        """
        def dft(x):
            z = jnp.fft.fft(x[..., 0, :] + 1j * x[..., 1, :], axis=-1)
            return jnp.stack([z.real, z.imag], axis=-2).astype(x.dtype)
        """
      ),
      (
        "inverse_dft",
        """
        def inverse_dft(x):
            z = jnp.fft.ifft(x[..., 0, :] + 1j * x[..., 1, :], axis=-1) * x.shape[-1]
            return jnp.stack([z.real, z.imag], axis=-2).astype(x.dtype)
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
    weights: .dictionary, trainer: jaxTrainer, calls: jaxCalls,
    gradients: { call in
      [
        "params, arguments = load()",
        "gradients = jax.grad(lambda params: \(call).reshape(()))(params)",
        "for name, gradient in gradients.items():",
        "    print(\"gradient of\", name, gradient, sep=\"\\n\")",
      ]
    })
}
