import Language
import Shell
import Syntax
import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
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

  /// How long tables of 100 MB take, beside the readers that Python has: decimals in full, short ones, whole numbers.
  static func measureTables() {
    let kinds = [
      ("decimals in full", "x = float64(normal(520000, 10))"),
      ("six decimals", "x = round(normal(1150000, 10) * 1e6) / 1e6"),
      ("whole numbers", "x = randint(0, 1000, 2600000, 10)"),
    ]
    for (name, code) in kinds {
      let path = "/tmp/gradus-\(getpid()).csv"
      defer { unsafe unlink(path) }
      var session = Session()
      session.files = .disk
      func run(_ code: String) -> Bool { (try? session.run(Source(name: nil, text: code)) { _ in }) != nil }
      guard run(":precision float64\n" + code + ";\nsave(\"\(path)\", x)\n:precision float32") else {
        print("100 MB .csv, \(name): not enough room")
        continue
      }
      var status = stat()
      _ = unsafe stat(path, &status)
      let own = (0..<5).map { _ in medianSeconds(of: 1) { _ = run("load(\"\(path)\");") } }.min() ?? .nan
      let peers = Peers.figures(
        """
        import time, importlib
        def best(name, read):
            try: read("\(path)")
            except ImportError: return
            times = []
            for _ in range(3):
                start = time.perf_counter(); read("\(path)"); times.append(time.perf_counter() - start)
            print("load", name, min(times) * 1e6, flush=True)
        best("polars", lambda f: importlib.import_module("polars").read_csv(f, has_header=False).to_numpy())
        best("pandas", lambda f: importlib.import_module("pandas").read_csv(f, header=None).to_numpy())
        best("numpy", lambda f: importlib.import_module("numpy").loadtxt(f, delimiter=","))
        """)
      let figures = (peers["load"] ?? []).map { "  \($0.peer) \(rounded($0.microseconds / 1e6)) s" }.joined()
      print("\(status.st_size / 1_000_000) MB .csv, \(name): \(rounded(own)) s" + figures)
    }
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
