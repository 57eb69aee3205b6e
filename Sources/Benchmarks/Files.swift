import Language
import Shell
import Syntax
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How fast a gigabyte goes to a `.npy` file and comes back, beside a plain copy in memory and NumPy.
enum Files {
  private static let count = 1 << 28
  private static let gigabytes = Double(count * 4) / 1e9

  static func measure() {
    let path = "/tmp/gradus-\(getpid()).npy"
    defer { unsafe unlink(path) }
    var session = Session()
    session.files = .disk
    func run(_ code: String) -> Bool {
      (try? session.run(Source(name: nil, text: code)) { _ in }) != nil
    }
    guard run("x = rand(\(count))") else { return print("1 GB .npy: not enough memory") }
    say("1 GB .npy written", medianSeconds(of: 3) { _ = run("save(\"\(path)\", x)") })
    guard run("y = load(\"\(path)\")"), run("expect all(x == y)") else { return print("1 GB .npy: not enough room") }
    let read = medianSeconds(of: 5) { _ = run("load(\"\(path)\");") }
    let copied = medianSeconds(of: 5) { copy() }
    let theirs = Peers.figures(
      """
      import time, numpy as np
      times = []
      for _ in range(5):
          start = time.perf_counter(); x = np.load("\(path)"); times.append(time.perf_counter() - start)
      print("load numpy", sorted(times)[2] * 1e6)
      """)
    let peers = (theirs["load"] ?? []).map { "  \($0.peer) \(speed($0.microseconds / 1e6)) GB/s" }.joined()
    say("1 GB .npy loaded", read, "  copy to new memory \(speed(copied)) GB/s" + peers)
  }

  /// What a load can't be faster than without keeping the file open: the bytes into memory not touched before.
  private static func copy() {
    guard let source = source, let target = Storage(uninitialized: count * 4) else { return }
    unsafe target.bytes.copyMemory(from: source.bytes, byteCount: count * 4)
  }

  private static let source = Storage(uninitialized: count * 4).map { storage in
    unsafe storage.bytes.initializeMemory(as: UInt8.self, repeating: 1, count: count * 4)
    return storage
  }

  private static func speed(_ seconds: Double) -> Double { (gigabytes / seconds * 100).rounded() / 100 }

  private static func say(_ name: String, _ seconds: Double, _ others: String = "") {
    print(name + String(repeating: " ", count: max(44 - name.count, 1)) + "\(speed(seconds)) GB/s" + others)
  }
}
