import Foundation
import Language
import TestSupport
import Testing

/// Trainings that left as programs of their own.
@Suite struct TrainingProgramTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let setup = """
    seed(7)
    x = normal(50, 4)
    t = float32(argmax(x @ normal(4, 3), axis=1))
    net = (layers=((w=weights(4, 8), b=weights(8, init="zeros")), (w=weights(8, 3), b=weights(3))), scale=weights(3))
    u = weights(4, 4)
    r(x) = { h = x; repeat 12 { h = tanh(h @ u) }; h }
    h(x) = dropout(relu(x @ net.layers[0].w + net.layers[0].b), 0.2)

    """

  private static let loss = "cross_entropy(h(x) @ net.layers[1].w * net.scale + net.layers[1].b, t)"

  /// A loop, batches that don't go up, a rate that changes, an optimiser that counts; momentum; all rows at once; normal draws.
  private static let calls = [
    "train(mean(square(r(x) - 0.3)), data=x, batch=10, epochs=5)",
    "train(\(loss), data=(x, t), batch=16, epochs=6, using=\"adam\", rate=cosine(24, peak=0.05))",
    "train(\(loss), net.layers[0].w, data=(x, t), batch=25, epochs=9, momentum=0.9, rate=0.1, clip=0.5)",
    "train(\(loss), steps=30, using=\"lion\", rate=0.001, decay=0.1)",
    "train(mean(square(x @ net.layers[0].w - normal(50, 8))), steps=150, using=\"rmsprop\")",
  ]

  private static let kinds = ["jax", "pytorch", "numpy"]

  private func python(_ kind: String) throws -> String {
    try #require((kind == "jax" ? Peer.jax : kind == "pytorch" ? .torch : .numpy).python)
  }

  /// Exports a call, trains here, and saves what came of it beside the program.
  private func export(_ kind: String, _ call: String, to name: String = "run") {
    let text = ExportTests.output(
      """
      \(Self.setup):export \(kind) \(call) DIR/\(name).py
      losses = \(call)
      save("DIR/\(name).expected.safetensors", "losses"=losses, "net"=net, "u"=u)
      """, in: folder)
    #expect(text.contains("wrote") && !text.contains("error"), "\(text)")
  }

  /// Compares losses and weights of a run with those of another one, or of this program.
  private func compare(_ kind: String, _ name: String, _ other: String, tolerance: Double) throws {
    let script = """
      import sys, numpy as np
      from safetensors.numpy import load_file
      folder, name, other, tolerance = sys.argv[1:]
      def read(name):
          if name.endswith("expected"):
              held = load_file(f"{folder}/{name}.safetensors")
              losses = held.pop("losses")
              return losses, held
          return np.load(f"{folder}/{name}.losses.npy"), load_file(f"{folder}/{name}.trained.safetensors")
      (a, v), (b, w) = read(name), read(other)
      assert len(a) == len(b), (len(a), len(b))
      assert np.abs(a - b).max() <= float(tolerance), np.abs(a - b)
      for key in v:
          assert v[key].shape == w[key].shape and np.abs(v[key] - w[key]).max() <= 20 * float(tolerance), key
      assert not other.endswith("expected") or set(v) <= set(w), (set(v), set(w))
      """
    let result = Python.run(try python(kind), ["-c", script, folder.path, name, other, "\(tolerance)"])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test(.enabled(if: ExportPeer.areThere), arguments: kinds, calls)
  func lossesAreThoseOfTheSession(kind: String, call: String) throws {
    export(kind, call)
    let result = Python.run(try python(kind), [folder.path + "/run.py"])
    #expect(result.status == 0, "\(result.output)")
    try compare(kind, "run", "run.expected", tolerance: 1e-5)
    // The checkpoint is one of the session's own.
    let script = folder.write(
      "back.grad",
      """
      \(Self.setup)trained = load("\(folder.path)/run.trained.safetensors")
      restore(load("\(folder.path)/run.checkpoint.safetensors"))
      expect \(call.contains("r(x)") ? "u == load(\"\(folder.path)/run.trained.safetensors\", \"u\")" : "net.layers[0].w == trained.net.layers[0].w")
      """)
    let back = try Child.run([script])
    #expect(back.status == 0 && back.errors.isEmpty, "\(back)")
  }

  /// By optax, and where it is missing by what the step says.
  @Test(
    .peer(.optax), .slow,
    arguments: [
      "momentum=0.9, nesterov=true, decay=0.01", "using=\"adam\", rate=cosine(12, peak=0.05), decay=0.1, clip=0.5",
    ])
  func optaxGivesTheSame(options: String) throws {
    export("jax", "train(\(Self.loss), data=(x, t), batch=16, epochs=3, \(options))")
    #expect(folder.contents(of: "run.py")?.contains("optax.") == true)
    folder.write("optax.py", "raise ImportError\n")
    let python = try #require(Peer.optax.python)
    for name in ["none", "run"] {
      // A module beside the program hides the installed one.
      if name == "run" { try FileManager.default.removeItem(atPath: folder.path + "/optax.py") }
      let result = Python.run(python, [folder.path + "/run.py", "--fresh", "--quiet"])
      #expect(result.status == 0, "\(result.output)")
      for ending in ["losses.npy", "trained.safetensors"] where name == "none" {
        try FileManager.default.moveItem(
          atPath: "\(folder.path)/run.\(ending)", toPath: "\(folder.path)/none.\(ending)")
      }
    }
    try compare("jax", "run", "none", tolerance: 1e-6)
    try compare("jax", "run", "run.expected", tolerance: 1e-6)
  }

  @Test func optimisersAreTheLibrarysOwn() {
    for (options, words) in [
      ("using=\"adam\"", "torch.optim.Adam(weights, "), ("momentum=0.9", "torch.optim.SGD(weights, "),
      ("using=\"adagrad\"", "torch.optim.Adagrad("), ("using=\"rmsprop\", momentum=0.5", "torch.optim.RMSprop("),
      ("using=\"lion\", rate=0.001", "last_step if is_last else step)"),
    ] {
      let text = ExportTests.output(
        "\(Self.setup):export pytorch train(\(Self.loss), steps=3, \(options)) DIR/own.py", in: folder)
      #expect(folder.contents(of: "own.py")?.contains(words) == true, "\(text)")
    }
  }

  @Test(.enabled(if: ExportPeer.areThere), arguments: kinds)
  func whatWasStoppedGoesOnBitForBit(kind: String) throws {
    export(kind, Self.calls[1])
    export(kind, Self.calls[1], to: "other")
    let python = try python(kind)
    #expect(Python.run(python, [folder.path + "/run.py", "--quiet"]).output == "")
    for steps in ["7", "13", "99"] {
      let result = Python.run(python, [folder.path + "/other.py", "--steps", steps])
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.contains("goes on from step") == (steps != "7"), "\(result.output)")
    }
    try compare(kind, "run", "other", tolerance: 0)
  }

  /// Two hosts with a folder each: only the first one's has the checkpoint they go on from, and both end as they should.
  @Test(.peer(.jax)) func hostsShareNoFolder() throws {
    export("jax", Self.calls[1])
    let files = FileManager.default
    try files.createDirectory(atPath: folder.path + "/second", withIntermediateDirectories: true)
    for file in try files.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("run.") {
      try files.copyItem(atPath: "\(folder.path)/\(file)", toPath: "\(folder.path)/second/\(file)")
    }
    let python = try python("jax")
    for steps in ["7", "99"] {
      let options = ["--steps", steps, "--procs", "2", "--addr", "127.0.0.1:\(Int.random(in: 20_000...40_000))"]
      let errors = folder.path + "/errors"
      let other = try #require(
        Python.start(python, [folder.path + "/second/run.py", "--proc", "1"] + options, errors: errors))
      let result = Python.run(python, [folder.path + "/run.py", "--proc", "0"] + options)
      other.waitUntilExit()
      #expect(result.status == 0 && result.output.contains("goes on from step 7") == (steps == "99"), "\(result)")
      #expect(other.terminationStatus == 0 && folder.contents(of: "errors") == "")
    }
    #expect(!files.fileExists(atPath: folder.path + "/second/run.checkpoint.safetensors"))
    try compare("jax", "run", "run.expected", tolerance: 1e-5)
  }

  @Test(.peer(.numpy)) func killedInTheMiddle() throws {
    let call = Self.calls[1].replacing("epochs=6", with: "epochs=600").replacing("24, peak", with: "2400, peak")
    export("numpy", call)
    export("numpy", call, to: "other")
    let python = try python("numpy")
    #expect(Python.run(python, [folder.path + "/run.py"]).status == 0)
    let killed = try #require(Python.start(python, [folder.path + "/other.py", "--every", "10"]))
    let checkpoint = folder.path + "/other.checkpoint.safetensors"
    for _ in 0..<200 where !FileManager.default.fileExists(atPath: checkpoint) { usleep(20_000) }
    kill(killed.processIdentifier, SIGKILL)
    killed.waitUntilExit()
    let result = Python.run(python, [folder.path + "/other.py"])
    #expect(result.status == 0 && result.output.contains("goes on from step"), "\(result.output)")
    try compare("numpy", "run", "other", tolerance: 0)
  }

  @Test(.peer(.numpy)) func whatIsWrongIsSaidInOneSentence() throws {
    export("numpy", Self.calls[1])
    let python = try python("numpy")
    func said(_ arguments: [String] = []) -> (status: Int32, text: String) {
      let result = Python.run(python, [folder.path + "/run.py", "--quiet"] + arguments)
      return (result.status, result.output)
    }
    func expect(_ words: String, _ arguments: [String] = [], _ comment: Comment? = nil) {
      let (status, text) = said(arguments)
      #expect(status == 3 && text.hasPrefix("run.py: ") && text.contains(words), "\(text)")
      #expect(text.split(separator: "\n").count == 1, "\(text)")
    }
    #expect(said().status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/run.checkpoint.safetensors"))
    folder.write("run.checkpoint.safetensors", bytes: Array(whole.dropLast(5)))
    expect("run.checkpoint.safetensors is cut short; --fresh begins anew")
    folder.write("run.checkpoint.safetensors", bytes: Array(whole.prefix(20)))
    expect("is cut short or no safetensors file")
    folder.write("run.checkpoint.safetensors", bytes: Array(whole))
    // A disk with no room: the file that was there stays.
    let limited = Python.run(
      python,
      [
        "-c",
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')",
        folder.path + "/run.py", "--fresh", "--quiet",
      ])
    #expect(limited.status == 3 && limited.output.contains("can't be written: File too large"), "\(limited.output)")
    #expect(limited.output.split(separator: "\n").count == 1, "\(limited.output)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/run.checkpoint.safetensors")) == whole)
    expect("names no data of this program; it reads x, t", ["--data", "z=a.npy"])
    expect("can't be read from nothing.npy", ["--data", "x=nothing.npy"])
    // Of another network.
    let other = ExportTests.output(
      Self.setup.replacing("8", with: "9") + ":export numpy \(Self.calls[1]) DIR/run.py", in: folder)
    #expect(!other.contains("error"), "\(other)")
    expect("is of another network: values.net.layers.0.")
    #expect(said(["--fresh"]).status == 0)
  }
}
