#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What training the dense network takes at most, in a process of its own.
enum PeakMemory {
  private static let word = "--train-only"

  static func trainIfAsked() {
    guard CommandLine.arguments.dropFirst().first == word else { return }
    _ = Workload.network("", "", density: 1, steps: 200).run(times: 1)
    var usage = rusage()
    // The constant is an enumeration on one system and a number on the other; it is 0 on both.
    unsafe getrusage(.init(0), &usage)
    // Linux counts in kilobytes, Darwin in bytes.
    #if canImport(Darwin)
      print(usage.ru_maxrss)
    #else
      print(usage.ru_maxrss * 1_024)
    #endif
    exit(0)
  }

  static func measure() {
    guard let pipe = unsafe popen("'\(CommandLine.arguments[0])' \(word)", "r") else { return }
    var buffer = [CChar](repeating: 0, count: 64)
    let line =
      unsafe fgets(&buffer, 64, pipe) == nil
      ? "" : String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    unsafe pclose(pipe)
    guard let bytes = Double(line) else { return }
    let weights = 784 * 256 + 256 * 128 + 128 * 10 + 256 + 128 + 10
    // The input, and what each layer gives before and after its relu.
    let activations = 128 * (784 + 2 * 256 + 2 * 128 + 10)
    let least = Double(4 * (2 * weights + activations))
    print(
      "peak memory of dense training: \(rounded(bytes / 1e6)) MB; weights, gradients and activations are "
        + "\(rounded(least / 1e6)) MB, twice that and 30 MB is \(rounded((2 * least + 30e6) / 1e6)) MB")
  }
}
