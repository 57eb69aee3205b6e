import Foundation
import Synchronization
import Testing

/// Something that computes or reads the same as we do, in a Python that has it.
package struct Peer: Sendable, CustomTestStringConvertible {
  package let testDescription: String
  /// What is run to learn whether it is there.
  private let program: String

  package static let numpy = Peer("NumPy", modules: "numpy")
  package static let safetensors = Peer("safetensors", modules: "numpy", "safetensors.numpy")
  package static let h5py = Peer("h5py", modules: "numpy", "h5py")
  package static let jax = Peer("jax", modules: "numpy", "jax")
  package static let optax = Peer("optax", modules: "numpy", "jax", "optax")
  package static let torch = Peer("PyTorch", modules: "numpy", "torch")
  package static let onnx = Peer("ONNX runtime", modules: "numpy", "onnx", "onnxruntime", "onnxscript")
  package static let jupyter = Peer("Jupyter", modules: "ipykernel", "jupyter_client", "nbclient", "nbformat")
  /// The program prints where it lies.
  package static let neovim = Peer("Neovim", program: "import shutil; print(shutil.which('nvim') or exit(1), end='')")
  /// A PJRT plugin for the CPU; the program prints where it lies.
  package static let device = Peer(
    "a PJRT plugin",
    program: """
      import glob, site
      print([p for d in site.getsitepackages() for p in glob.glob(d + "/xla_plugins/*/*cpu*.so")][0], end="")
      """)

  /// Another processor: what compiles for it, and what runs that here.
  package static let arm = Peer(
    "arm64 by qemu",
    program: """
      import numpy, shutil
      shutil.which("aarch64-linux-gnu-gcc") and shutil.which("qemu-aarch64") and shutil.which("clang") or exit(1)
      """)

  package static let all = [numpy, safetensors, h5py, jax, optax, torch, onnx, jupyter, neovim, device, arm]

  /// Whether a peer that is missing is a failure: so it is where every submission is judged.
  package static let areRequired = ProcessInfo.processInfo.environment["GRADUS_PEERS"] == "required"

  private init(_ name: String, modules: String...) {
    self.init(name, program: "import " + modules.joined(separator: ", "))
  }

  private init(_ name: String, program: String) { (testDescription, self.program) = (name, program) }

  /// The first Python that has it: of `GRADUS_PYTHON`, of what `make peers` has made, of the path.
  package var python: String? { found?.python }

  /// What its program printed.
  package var output: String? { found?.output }

  private var found: (python: String, output: String)? { Self.findings.withLock { $0.find(self) } }

  private func search() -> (python: String, output: String)? {
    let candidates = [
      ProcessInfo.processInfo.environment["GRADUS_PYTHON"], Checkout.root.path + "/.build/peers/bin/python", "python3",
    ]
    for python in candidates.compactMap({ $0 }) {
      let (status, output) = Python.run(python, ["-c", program])
      if status == 0 { return (python, output) }
    }
    return nil
  }

  /// What was found, each once, and how many tests had nothing to compare with.
  private struct Findings {
    var known: [String: (python: String, output: String)?] = [:]
    var missed: [String: Int] = [:]

    mutating func find(_ peer: Peer) -> (python: String, output: String)? {
      if let known = known[peer.testDescription] { return known }
      let found = peer.search()
      known[peer.testDescription] = .some(found)
      return found
    }
  }

  private static let findings = Mutex(Findings())

  /// Whether a test may compare with it; where not, a last line tells how many did not.
  fileprivate var isThere: Bool {
    if Pace.isQuick { return false }
    if python != nil { return true }
    let isFirst = Self.findings.withLock { findings in
      findings.missed[testDescription, default: 0] += 1
      return findings.missed.values.reduce(0, +) == 1
    }
    if isFirst { atexit { Peer.tellMissed() } }
    return false
  }

  private static func tellMissed() {
    let missed = findings.withLock(\.missed)
    let (count, names) = (missed.values.reduce(0, +), missed.keys.sorted().joined(separator: ", "))
    print("\(count) comparisons were not run, for want of \(names): make peers")
  }
}

/// How much time there is.
package enum Pace {
  /// Only what takes no time: `make quick`.
  package static let isQuick = ProcessInfo.processInfo.environment["GRADUS_QUICK"] != nil

  /// How many times longer things take here and now than on a machine with nothing else to do: at least 1.
  package static var slowness: Double {
    let start = ContinuousClock.now
    var x = 1.0
    for _ in 0..<2_000_000 { x = (x * 1.000_001).squareRoot() + 0.5 }
    let taken = Double((ContinuousClock.now - start).components.attoseconds) / 1e18
    return max(1, taken / (x > 0 ? 0.02 : 0.02))
  }
}

extension Trait where Self == ConditionTrait {
  /// Compared where the peer is there.
  package static func peer(_ peer: Peer) -> Self {
    .enabled("\(peer.testDescription) is not here: make peers") { peer.isThere }
  }

  /// Takes seconds, so that the quick set goes without it.
  package static var slow: Self { .disabled(if: Pace.isQuick, "left out of the quick set") }
}
