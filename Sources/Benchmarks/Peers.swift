#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Other programs at the same work, through the Python of the virtual environment that `PEERS` names.
enum Peers {
  /// Lines of `workload peer microseconds`, by workload.
  static func figures(_ script: String = script) -> [String: [(peer: String, microseconds: Double)]] {
    guard let folder = unsafe getenv("PEERS").map({ unsafe String(cString: $0) }) else { return [:] }
    let command = "'\(folder)/bin/python3' - <<'END_OF_PEERS'\n\(script)\nEND_OF_PEERS"
    guard let pipe = unsafe popen(command, "r") else { return [:] }
    var text = ""
    var buffer = [CChar](repeating: 0, count: 4_096)
    while unsafe fgets(&buffer, 4_096, pipe) != nil {
      text += String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    unsafe pclose(pipe)
    var figures: [String: [(peer: String, microseconds: Double)]] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, let microseconds = Double(words[2]) else { continue }
      figures[String(words[0]), default: []].append((String(words[1]), microseconds))
    }
    return figures
  }

  private static let script = #"""
    import time
    def median(body, count=1, runs=7):
        body()
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            body()
            times.append((time.perf_counter() - start) / count * 1e6)
        return sorted(times)[runs // 2]
    def say(work, peer, body, count=1): print(work, peer, median(body, count), flush=True)
    def times(count, body):
        for _ in range(count): body()
    try:
        import numpy as np
        for n in (64, 256, 1024, 2048):
            a, b = np.random.rand(n, n).astype("f"), np.random.rand(n, n).astype("f")
            say(f"product{n}", "numpy", lambda: a @ b)
        a, b, c = (np.random.rand(10_000_000).astype("f") for _ in range(3))
        say("chain", "numpy", lambda: times(20, lambda: (np.maximum(a * b + c, 0) * 0.5).sum()), 20)
    except ImportError: pass
    density = {"mlp": 1.0, "mlp90": 0.1, "mlp99": 0.01}
    shapes = [(784, 256), (256, 128), (128, 10)]
    try:
        import torch
        a, b, c = (torch.rand(10_000_000) for _ in range(3))
        chain = lambda a, b, c: (torch.relu(a * b + c) * 0.5).sum()
        say("chain", "torch", lambda: times(20, lambda: chain(a, b, c)), 20)
        def mlp(density, compiled):
            x, t = torch.rand(128, 784), torch.randint(0, 10, (128,))
            w = [torch.nn.init.xavier_uniform_(torch.empty(s)).requires_grad_() for s in shapes]
            m = [(torch.rand(s) < density).float() for s in shapes]
            b = [torch.zeros(s[1], requires_grad=True) for s in shapes]
            v = (lambda i: w[i]) if density == 1 else (lambda i: w[i] * m[i])
            def loss():
                h = torch.relu(x @ v(0) + b[0])
                h = torch.relu(h @ v(1) + b[1])
                return torch.nn.functional.cross_entropy(h @ w[2] + b[2], t)
            if compiled: loss = torch.compile(loss)
            def steps():
                for _ in range(50):
                    grads = torch.autograd.grad(loss(), w + b)
                    with torch.no_grad(): torch._foreach_add_(w + b, grads, alpha=-0.1)
            return steps
        for name, share in density.items(): say(name, "torch", mlp(share, False), 50)
        w, b, x = torch.rand(3, 2, requires_grad=True), torch.rand(2), torch.rand(1, 3)
        m = torch.tensor([[0., 1], [1, 0], [0, 1]])
        def seed():
            for _ in range(1000):
                loss = ((torch.relu(x @ (w * m) + b) - 1) ** 2).mean()
                g, = torch.autograd.grad(loss, w)
                with torch.no_grad(): w.sub_(0.1 * g)
        say("seed", "torch", seed, 1000)
        try:
            a, b, c = (torch.rand(10_000_000) for _ in range(3))
            fast = torch.compile(chain)
            say("chain", "torch-compiled", lambda: times(20, lambda: fast(a, b, c)), 20)
            for name, share in density.items(): say(name, "torch-compiled", mlp(share, True), 50)
        except Exception: pass  # it needs a C++ compiler
    except ImportError: pass
    try:
        import jax, jax.numpy as jnp
        from jax import lax
        k = jax.random.PRNGKey(0)
        a, b, c = (jax.random.uniform(k, (10_000_000,)) for _ in range(3))
        f = jax.jit(lambda a, b, c: (jax.nn.relu(a * b + c) * 0.5).sum())
        say("chain", "jax", lambda: times(20, lambda: f(a, b, c).block_until_ready()), 20)
        m, x, v = jnp.array([[0., 1], [1, 0], [0, 1]]), jax.random.uniform(k, (1, 3)), jnp.zeros(2)
        loss = lambda w: jnp.mean((jax.nn.relu(x @ (w * m) + v) - 1) ** 2)
        step = jax.jit(lambda w: w - 0.1 * jax.grad(loss)(w))
        def stepped():
            w = jnp.ones((3, 2))
            for _ in range(10_000): w = step(w)
            w.block_until_ready()
        say("seed", "jax-jit", stepped, 10_000)
        loop = jax.jit(lambda w: lax.fori_loop(0, 1_000_000, lambda _, w: w - 0.1 * jax.grad(loss)(w), w))
        say("seed", "jax-fori", lambda: loop(jnp.ones((3, 2))).block_until_ready(), 1_000_000)
        X, T = jax.random.uniform(k, (128, 784)), jax.random.randint(k, (128,), 0, 10)
        for name, share in density.items():
            M = [jax.random.uniform(k, s) < share for s in shapes]
            v = (lambda p, i: p[i]) if share == 1 else (lambda p, i: p[i] * M[i])
            def net(p, v=v):
                h = jax.nn.relu(X @ v(p, 0) + p[3]); h = jax.nn.relu(h @ v(p, 1) + p[4])
                return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(h @ p[2] + p[5]), T[:, None], 1))
            P = [0.1 * jax.random.normal(k, s) for s in shapes + [(256,), (128,), (10,)]]
            move = lambda _, p, net=net: [u - 0.1 * g for u, g in zip(p, jax.grad(net)(p))]
            run = jax.jit(lambda p, move=move: lax.fori_loop(0, 50, move, p))
            say(name, "jax-fori", lambda: jax.block_until_ready(run(P)), 50)
    except ImportError: pass
    """#
}
