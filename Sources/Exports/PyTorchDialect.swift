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
    names: ["os", "np", "torch"],
    helpers: [
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
      "expm": "torch.linalg.matrix_exp(@)",
    ],
    triangularSolution: { a, b, isLower, isUnit in
      "torch.linalg.solve_triangular(\(a), \(b), upper=not \(isLower), unitriangular=\(isUnit))"
    },
    function: { $0.torch },
    array: { "torch.tensor(\($0), dtype=\($1))" },
    converted: { "\($0).to(\($1))" },
    index: { x, extent in "\(x).long() % \(max(extent, 1))" },
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
    gradients: { call, names, positions in
      [
        "for position in \(positions):",
        "    arguments[position].requires_grad_()",
        "\(call).sum().backward()",
        "for position in \(positions):",
        "    print(\"gradient of\", [\(names)][position], arguments[position].grad.numpy(), sep=\"\\n\")",
      ]
    })
}
