/// The Python file around an exported function.
extension ArrayDialect {
  func module(
    function: String, parameters: [String], body: String, names: [String], outputs: [String], trainable: [Int]
  ) -> String {
    let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
    let results = outputs.map { "\"\($0)\"" }.joined(separator: ", ")
    let header =
      "\"\"\"\(function), exported from Gradus. Running this file evaluates it on the arrays beside it.\"\"\"\n"
    let call = "\(function)(*arguments)"
    var main = """
      if __name__ == "__main__":
          arrays = np.load(os.path.splitext(os.path.abspath(__file__))[0] + ".npz")
          arguments = [\(self == .jax ? "jnp.asarray" : "torch.from_numpy")(arrays[name]) for name in [\(list)]]
          values = \(call)
          values = values if isinstance(values, tuple) else (values,)
          for name, value in zip([\(results)], values):
              print(name, value\(self == .jax ? "" : ".detach().numpy()"), sep="\\n")

      """
    if !trainable.isEmpty {
      let arguments = "[\(trainable.map(String.init).joined(separator: ", "))]"
      switch self {
      case .jax:
        main += """
              gradients = jax.grad(lambda *arguments: \(call).reshape(()), argnums=\(ArrayDialect.tuple(trainable)))(*arguments)
              for position, gradient in zip(\(arguments), gradients):
                  print("gradient of", [\(list)][position], gradient, sep="\\n")

          """
      case .pytorch:
        main += """
              for position in \(arguments):
                  arguments[position].requires_grad_()
              \(call).sum().backward()
              for position in \(arguments):
                  print("gradient of", [\(list)][position], arguments[position].grad.numpy(), sep="\\n")

          """
      }
    }
    return header + imports + helpers(body) + "\n\ndef \(function)(\(parameters.joined(separator: ", "))):\n" + body
      + "\n\n" + main
  }

  private var imports: String {
    switch self {
    case .jax:
      """
      import os

      import jax
      import jax.numpy as jnp
      import numpy as np

      # As in Gradus: what is float32 stays so, numbers by themselves are computed in float64.
      jax.config.update("jax_enable_x64", True)

      """
    case .pytorch:
      """
      import os

      import numpy as np
      import torch

      """
    }
  }

  /// Only those that are used.
  private func helpers(_ body: String) -> String {
    if self == .jax, body.contains("scatter_add(") {
      return """


        def scatter_add(shape, index, axis, values):
            places = list(jnp.indices(values.shape, sparse=True))
            places[axis] = index
            return jnp.zeros(shape, dtype=values.dtype).at[tuple(places)].add(values)

        """
    }
    if self == .pytorch, body.contains("embed(") {
      return """


        def embed(values, shape, index):
            whole = values.new_zeros(shape)
            whole[index] = values
            return whole

        """
    }
    return ""
  }
}
