/// One statement of each kind, beside what peers have for it.
///
/// The set-up is read by Python, too, where `rand` and `randint` give arrays; the peers' expressions use its names.
struct Kind {
  let key: String
  let setUp: String
  let code: String
  let peers: [Peer]

  enum Peer {
    case numpy(String)
    case torch(String)
    case jax(String)

    var name: String {
      switch self {
      case .numpy: "numpy"
      case .torch: "torch"
      case .jax: "jax"
      }
    }

    var expression: String {
      switch self {
      case .numpy(let text), .torch(let text), .jax(let text): text
      }
    }
  }

  init(_ key: String, _ setUp: String, _ code: String, _ peers: Peer...) {
    (self.key, self.setUp, self.code, self.peers) = (key, setUp, code, peers)
  }

  var workload: Workload { Workload(name: key, key: key, setUp: setUp, code: code, repeats: nil) }

  private static let million = "x = rand(1000000); y = rand(1000000)"
  private static let table = "M = rand(2000, 2000); v = rand(2000)"
  private static let images = "x = rand(32, 16, 32, 32); w = rand(32, 16, 3, 3)"

  static let all: [Kind] = elementwise + reductions + moves + orders + networks + algebra

  private static let elementwise = [
    Kind("add-1e5", "x = rand(100000); y = rand(100000)", "x + y;", .numpy("x + y"), .torch("x + y"), .jax("x + y")),
    Kind("add-1e6", million, "x + y;", .numpy("x + y"), .torch("x + y"), .jax("x + y")),
    Kind("exp-1e6", million, "exp(x);", .numpy("np.exp(x)"), .torch("torch.exp(x)"), .jax("jnp.exp(x)")),
    Kind("tanh-1e6", million, "tanh(x);", .numpy("np.tanh(x)"), .torch("torch.tanh(x)"), .jax("jnp.tanh(x)")),
    Kind("cube-4e6", table, "M^3;", .numpy("M**3"), .torch("M**3"), .jax("M**3")),
    Kind("power-4e6", table, "M^2.5;", .torch("M**2.5"), .jax("M**2.5")),
    Kind("clip-4e6", table, "clip(M, 0.2, 0.8);", .numpy("M.clip(.2, .8)"), .torch("M.clip(.2, .8)")),
    Kind(
      "where-4e6", table, "where(M > 0.5, M, 0);", .torch("torch.where(M > .5, M, 0.)"),
      .jax("jnp.where(M > .5, M, 0.)")),
    Kind(
      "gelu-gradient-1e6", million, "grad(sum(gelu(x)), x);", .torch("grad(lambda x: nn.gelu(x).sum(), x)"),
      .jax("jax.grad(lambda x: jax.nn.gelu(x, approximate=False).sum())(x)")),
    Kind(
      "silu-gradient-1e6", million, "grad(sum(silu(x)), x);", .torch("grad(lambda x: nn.silu(x).sum(), x)"),
      .jax("jax.grad(lambda x: jax.nn.silu(x).sum())(x)")),
  ]

  private static let reductions = ["0", "1"].flatMap { axis in
    [
      Kind(
        "sum-\(axis)", table, "sum(M, axis=\(axis));", .numpy("M.sum(\(axis))"), .torch("M.sum(\(axis))"),
        .jax("M.sum(\(axis))")),
      Kind(
        "max-\(axis)", table, "max(M, axis=\(axis));", .numpy("M.max(\(axis))"), .torch("M.amax(\(axis))"),
        .jax("M.max(\(axis))")),
      Kind(
        "std-\(axis)", table, "std(M, axis=\(axis));", .numpy("M.std(\(axis))"),
        .torch("M.std(\(axis), unbiased=False)"), .jax("M.std(\(axis))")),
      Kind(
        "median-\(axis)", table, "median(M, axis=\(axis));", .numpy("np.median(M, \(axis))"),
        .torch("torch.quantile(M, .5, \(axis))")),
      Kind(
        "cumsum-\(axis)", table, "cumsum(M, axis=\(axis));", .numpy("M.cumsum(\(axis))"), .torch("M.cumsum(\(axis))"),
        .jax("M.cumsum(\(axis))")),
      Kind(
        "logsumexp-\(axis)", table, "logsumexp(M, axis=\(axis));", .torch("torch.logsumexp(M, \(axis))"),
        .jax("jax.nn.logsumexp(M, \(axis))")),
      Kind(
        "softmax-gradient-\(axis)", table, "grad(sum(softmax(M, axis=\(axis))^2), M);",
        .torch("grad(lambda M: (torch.softmax(M, \(axis))**2).sum(), M)"),
        .jax("jax.grad(lambda M: (jax.nn.softmax(M, \(axis))**2).sum())(M)")),
    ]
  }

  private static let moves = [
    Kind(
      "concat", table, "concat([M, M], axis=1);", .numpy("np.concatenate([M, M], 1)"), .torch("torch.cat([M, M], 1)"),
      .jax("jnp.concatenate([M, M], 1)")),
    Kind(
      "roll", table, "roll(M, 5, axis=0);", .numpy("np.roll(M, 5, 0)"), .torch("torch.roll(M, 5, 0)"),
      .jax("jnp.roll(M, 5, 0)")),
    Kind(
      "flip", table, "flip(M, axis=1);", .numpy("np.flip(M, 1).copy()"), .torch("torch.flip(M, (1,))"),
      .jax("jnp.flip(M, 1)")),
    Kind("pad", table, "pad(M, 3);", .numpy("np.pad(M, 3)"), .torch("nn.pad(M, (3, 3, 3, 3))"), .jax("jnp.pad(M, 3)")),
    Kind(
      "transpose", table, "M' + 1;", .numpy("M.T + np.float32(1)"), .torch("(M.T + 1).contiguous()"), .jax("M.T + 1")),
    Kind("where-true", table, "M[M > 0.5];", .numpy("M[M > .5]"), .torch("M[M > .5]")),
    Kind(
      "take-1e6", "x = rand(1000000); i = randint(0, 1000000, 1000000)", "x[i];", .numpy("x[i]"), .torch("x[i]"),
      .jax("x[i]")),
    Kind(
      "take-gradient-1e6", "x = rand(1000000); i = randint(0, 1000000, 1000000)", "grad(sum(x[i]^2), x);",
      .torch("grad(lambda x: (x[i]**2).sum(), x)"), .jax("jax.grad(lambda x: (x[i]**2).sum())(x)")),
    Kind(
      "arange-1e6", "n = 1000000", "arange(n);", .numpy("np.arange(n, dtype='f')"),
      .torch("torch.arange(n, dtype=torch.float32)")),
  ]

  private static let orders = [
    Kind("sort-1e6", million, "sort(x);", .numpy("np.sort(x)"), .torch("torch.sort(x)[0]"), .jax("jnp.sort(x)")),
    Kind("sort-rows", table, "sort(M, axis=1);", .numpy("np.sort(M, 1)"), .torch("torch.sort(M, 1)[0]")),
    Kind("argsort-rows", table, "argsort(M, axis=1);", .numpy("np.argsort(M, 1)"), .torch("torch.argsort(M, 1)")),
    Kind("topk-1e6", million, "topk(x, 100);", .torch("torch.topk(x, 100)"), .jax("jax.lax.top_k(x, 100)")),
    Kind(
      "searchsorted-1e5", "s = cumsum(rand(100000)); q = 50000 * rand(100000)", "searchsorted(s, q);",
      .numpy("np.searchsorted(s, q)"), .torch("torch.searchsorted(s, q)")),
    Kind("unique-1e5", "i = randint(0, 1000, 100000)", "unique(i);", .numpy("np.unique(i)"), .torch("torch.unique(i)")),
    Kind(
      "bincount-1e6", "i = randint(0, 1000, 1000000)", "bincount(i);", .numpy("np.bincount(i)"),
      .torch("torch.bincount(i)")),
    Kind(
      "permutation-1e6", "n = 1000000", "permutation(n);", .numpy("np.random.permutation(n)"),
      .torch("torch.randperm(n)")),
  ]

  private static let networks = [
    Kind(
      "layer-norm-gradient", "x = rand(4096, 1024)", "grad(sum(layer_norm(x)^3), x);",
      .torch("grad(lambda x: (nn.layer_norm(x, (1024,))**3).sum(), x)")),
    Kind(
      "cross-entropy-gradient", "x = rand(4096, 100); i = randint(0, 100, 4096)", "grad(cross_entropy(x, i), x);",
      .torch("grad(lambda x: nn.cross_entropy(x, i), x)"),
      .jax("jax.grad(lambda x: -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), i[:, None], 1)))(x)")),
    Kind(
      "convolution", images, "conv2d(x, w, padding=1);", .torch("nn.conv2d(x, w, padding=1)"),
      .jax("jax.lax.conv(x, w, (1, 1), 'SAME')")),
    Kind(
      "convolution-stride-2", images, "conv2d(x, w, stride=2, padding=1);",
      .torch("nn.conv2d(x, w, stride=2, padding=1)")),
    Kind(
      "convolution-gradient", images, "grad(sum(relu(conv2d(x, w, padding=1))^2), w);",
      .torch("grad(lambda w: (torch.relu(nn.conv2d(x, w, padding=1))**2).sum(), w)"),
      .jax("jax.grad(lambda w: (jax.nn.relu(jax.lax.conv(x, w, (1, 1), 'SAME'))**2).sum())(w)")),
    Kind(
      "max-pool-gradient", images, "grad(sum(max_pool(x, 2)^2), x);",
      .torch("grad(lambda x: (nn.max_pool2d(x, 2)**2).sum(), x)")),
    Kind(
      "embedding-gradient", "E = rand(10000, 64); i = randint(0, 10000, 4096)", "grad(sum(E[i]^2), E);",
      .torch("grad(lambda E: (E[i]**2).sum(), E)")),
  ]

  private static let algebra = [
    Kind(
      "solve-300", "A = rand(300, 300); b = rand(300)", "solve(A, b);", .numpy("np.linalg.solve(A, b)"),
      .torch("torch.linalg.solve(A, b)")),
    Kind("inverse-300", "A = rand(300, 300)", "inv(A);", .numpy("np.linalg.inv(A)"), .torch("torch.linalg.inv(A)")),
    Kind("svd-300", "A = rand(300, 300)", "svd(A);", .numpy("np.linalg.svd(A)"), .torch("torch.linalg.svd(A)")),
    Kind("qr-300", "A = rand(300, 300)", "qr(A);", .numpy("np.linalg.qr(A)"), .torch("torch.linalg.qr(A)")),
    Kind(
      "fft-65536", "x = rand(65536)", "fft(x);", .numpy("np.fft.fft(x)"), .torch("torch.fft.fft(x)"),
      .jax("jnp.fft.fft(x)")),
    Kind(
      "products-of-8", "A = rand(1000, 8, 8); B = rand(1000, 8, 8)", "A @ B;", .numpy("A @ B"), .torch("A @ B"),
      .jax("A @ B")),
    Kind(
      "normal-1e7", "n = 10000000", "normal(n);", .numpy("np.random.default_rng(1).standard_normal(n, dtype='f')"),
      .torch("torch.randn(n)")),
  ]

  /// Times these in Python, in lines of `kind peer microseconds`.
  static func script(_ kinds: [Kind]) -> String {
    func quoted(_ text: String) -> String {
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    let rows = kinds.map { kind in
      let peers = kind.peers.map { "(\(quoted($0.name)), \(quoted($0.expression)))" }.joined(separator: ", ")
      return "    (\(quoted(kind.key)), \(quoted(kind.setUp)), [\(peers)]),"
    }
    return head + "rows = [\n" + rows.joined(separator: "\n") + "\n]\n" + loop
  }

  private static let head = #"""
    import time
    try: import numpy as np
    except ImportError: raise SystemExit
    try: import torch, torch.nn.functional as nn
    except ImportError: torch = nn = None
    try: import jax, jax.numpy as jnp
    except ImportError: jax = jnp = None
    def cumsum(x): return x.cumsum()
    def rand(*shape): return np.random.default_rng(1).random(shape, dtype="f")
    def randint(low, high, *shape): return np.random.default_rng(1).integers(low, high, shape)
    def grad(f, x):
        x = x.detach().requires_grad_()
        return torch.autograd.grad(f(x), x)

    """#

  private static let loop = #"""
    own = dict(np=np, torch=torch, nn=nn, jax=jax, jnp=jnp, rand=rand, randint=randint, cumsum=cumsum, grad=grad)
    for key, setup, peers in rows:
        data = dict(own)
        exec(setup, data)
        data = {name: value for name, value in data.items() if name not in own and name != "__builtins__"}
        arrays = [name for name, value in data.items() if isinstance(value, np.ndarray)]
        for peer, text in peers:
            if {"torch": torch, "jax": jax}.get(peer, np) is None: continue
            try:
                if peer == "torch":
                    body = eval("lambda: " + text, {**own, **data, **{n: torch.from_numpy(data[n]) for n in arrays}})
                elif peer == "jax":
                    call = jax.jit(eval("lambda " + ", ".join(arrays) + ": " + text, {**own, **data}))
                    given = [jnp.asarray(data[n]) for n in arrays]
                    body = lambda: jax.block_until_ready(call(*given))
                else: body = eval("lambda: " + text, {**own, **data})
                body()
                start = time.perf_counter()
                body()
                count = max(1, min(2000, int(0.03 / (time.perf_counter() - start + 1e-9))))
                runs = []
                for _ in range(5):
                    start = time.perf_counter()
                    for _ in range(count): body()
                    runs.append((time.perf_counter() - start) / count * 1e6)
                print(key, peer, sorted(runs)[2], flush=True)
            except Exception as error: print(f"# {key} {peer}: {error}", flush=True)

    """#
}
