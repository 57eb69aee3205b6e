import Graphs

extension ArrayDialect {
  package static let pytorch = ArrayDialect(
    name: "pytorch", summary: "Python source for PyTorch, and its arrays.", title: "PyTorch",
    library: "torch", axis: "dim", bool: "torch.bool", concatenate: "torch.cat", transpose: "torch.permute",
    make: "torch.tensor", adopt: "torch.from_numpy",
    printing: ".detach().numpy()",
    imports: """
      import os

      import numpy as np
      import torch
      """,
    names: ["math", "os", "np", "torch"],
    helpers: [
      (
        "pinv",
        """
        def pinv(x, tolerance):
            return torch.linalg.pinv(x.double(), rtol=tolerance).to(x.dtype)
        """
      ),
      (
        "packed",
        """
        def packed(x, *parts):
            return torch.cat([part.reshape(x.shape[:-2] + (-1,)) for part in parts], dim=-1).to(x.dtype)
        """
      ),
      (
        "packed_qr",
        """
        def packed_qr(x):
            return packed(x, *torch.linalg.qr(x.double()))
        """
      ),
      (
        "packed_svd",
        """
        def packed_svd(x):
            return packed(x, *torch.linalg.svd(x.double(), full_matrices=False))
        """
      ),
      (
        "packed_eigh",
        """
        def packed_eigh(x):
            return packed(x, *torch.linalg.eigh(x.double()))
        """
      ),
      (
        "cofactors",
        """
        def cofactors(x):
            u, s, vh = torch.linalg.svd(x.double(), full_matrices=False)
            others = [torch.cat([s[..., :i], s[..., i + 1 :]], dim=-1).prod(dim=-1) for i in range(s.shape[-1])]
            sign = torch.linalg.det(u) * torch.linalg.det(vh)
            return ((u * torch.stack(others, dim=-1)[..., None, :]) @ vh * sign[..., None, None]).to(x.dtype)
        """
      ),
      (
        "packed_lu",
        """
        def packed_lu(x):
            return packed(x, *torch.linalg.lu(x.double()))
        """
      ),
      (
        "random_words",
        """
        def random_words(seed, draw, count):
            # Philox 4x32-10 (Salmon et al. 2011): four words follow from the seed, the draw and the block's number alone.
            block = torch.arange(count, dtype=torch.int64)
            seed, draw = torch.as_tensor(seed).to(torch.int64), torch.as_tensor(draw).to(torch.int64)
            low = 0xFFFFFFFF
            a, b, c, d = block & low, block >> 32, (draw & low) + 0 * block, (draw >> 32) + 0 * block
            k, l = seed & low, seed >> 32 & low
            for _ in range(10):
                # Products wrap around; their 64 bits are right all the same.
                p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
                a, b, c, d = (q >> 32 & low) ^ b ^ k, q & low, (p >> 32 & low) ^ d ^ l, p & low
                k, l = (k + 0x9E3779B9) & low, (l + 0xBB67AE85) & low
            return a, b, c, d
        """
      ),
      (
        "random_units",
        """
        def random_units(seed, draw, count, dtype):
            if dtype == torch.float32:
                words = random_words(seed, draw, (count + 3) // 4)
                return torch.stack([(word >> 8).double() * 2.0**-24 for word in words], dim=-1).reshape(-1)
            a, b, c, d = random_words(seed, draw, (count + 1) // 2)
            pairs = [(high << 32 | word) >> 11 & 2**53 - 1 for high, word in ((b, a), (d, c))]
            return torch.stack([pair.double() * 2.0**-53 for pair in pairs], dim=-1).reshape(-1)
        """
      ),
      (
        "draw_uniform",
        """
        def draw_uniform(seed, draw, shape, dtype):
            count = math.prod(shape)
            return random_units(seed, draw, count, dtype)[:count].reshape(shape).to(dtype)
        """
      ),
      (
        "draw_normal",
        """
        def draw_normal(seed, draw, shape, dtype):
            count = math.prod(shape)
            units = random_units(seed, draw, count + count % 2, dtype)[: count + count % 2].reshape(-1, 2)
            size, turn = torch.sqrt(-2 * torch.log(1 - units[:, 0])), 2 * math.pi * units[:, 1]
            pairs = torch.stack([size * torch.cos(turn), size * torch.sin(turn)], dim=-1)
            return pairs.reshape(-1)[:count].reshape(shape).to(dtype)
        """
      ),
      (
        "embed",
        """
        def embed(values, shape, index):
            whole = values.new_zeros(shape)
            whole[index] = values
            return whole
        """
      ),
      (
        "dft",
        """
        def dft(x):
            z = torch.fft.fft(torch.complex(x[..., 0, :].contiguous(), x[..., 1, :].contiguous()), dim=-1)
            return torch.stack([z.real, z.imag], dim=-2)
        """
      ),
      (
        "inverse_dft",
        """
        def inverse_dft(x):
            z = torch.fft.ifft(torch.complex(x[..., 0, :].contiguous(), x[..., 1, :].contiguous()), dim=-1) * x.shape[-1]
            return torch.stack([z.real, z.imag], dim=-2)
        """
      ),
    ],
    matrixFunctions: [
      "inv": "torch.linalg.inv(@)", "det": "torch.linalg.det(@)", "cholesky": "torch.linalg.cholesky(@)",
      "sign_of_det": "torch.linalg.slogdet(@)[0]", "log_of_det": "torch.linalg.slogdet(@)[1]",
      "dft": "dft(@)", "inverse_dft": "inverse_dft(@)",
      "expm": "torch.linalg.matrix_exp(@)", "solve": "torch.linalg.solve(@)", "pinv": "pinv(@)", "qr": "packed_qr(@)",
      "svd": "packed_svd(@)", "eigh": "packed_eigh(@)", "lu": "packed_lu(@)", "cofactors": "cofactors(@)",
    ],
    triangularSolution: { a, b, isLower, isUnit in
      "torch.linalg.solve_triangular(\(a), \(b), upper=not \(isLower), unitriangular=\(isUnit))"
    },
    function: { $0.torch },
    array: { "torch.tensor(\($0), dtype=\($1))" },
    converted: { "\($0).to(\($1))" },
    index: { x, extent in "\(x).long() % \(max(extent, 1))" },
    whole: { x, isNumber in isNumber ? "int(\(x))" : "\(x).long()" },
    embedded: { x, shape, index, _ in "embed(\(x), \(shape), np.s_\(index))" },
    reduced: { x, function, axes in
      // Alone among them it takes one axis.
      if function == "torch.prod" { return axes.sorted(by: >).reduce(x) { "torch.prod(\($0), dim=\($1))" } }
      return "\(function)(\(x), dim=\(tuple(axes)))"
    },
    taken: { x, index, axis in "torch.index_select(\(x), \(axis), \(index))" },
    takeAdjoint: { g, index, axis, shape, type in
      "torch.zeros(\(shape), dtype=\(type)).index_add(\(axis), \(index), \(g))"
    },
    gathered: { x, _, index, axis in "torch.gather(\(x), \(axis), \(index))" },
    gatherAdjoint: { g, index, axis, shape, type in
      "torch.zeros(\(shape), dtype=\(type)).scatter_add(\(axis), \(index), \(g))"
    },
    argsort: { x, axis, isDescending in
      "torch.argsort(\(x), dim=\(axis), descending=\(isDescending ? "True" : "False"), stable=True)"
    },
    loop: { statements($0, &$1, stack: "torch.stack") },
    weights: .module, optimisers: .torch, trainer: torchTrainer(byLibrary:), calls: torchCalls,
    gradients: { call in
      [
        "model, arguments = load()",
        "\(call).sum().backward()",
        "for name, parameter in model.named_parameters():",
        "    print(\"gradient of\", name, parameter.grad.numpy(), sep=\"\\n\")",
      ]
    })
}
