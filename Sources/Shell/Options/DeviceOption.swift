import Devices
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Plugin {
  /// The plugin that `--device` names.
  static func opened(_ path: String) throws(Refusal) -> Plugin {
    if let error = Confinement.obstacle(.plugins) { throw Refusal("--device can't use '\(path)': \(error.message)") }
    if let error = System.obstacle(toOpening: path, O_RDONLY) {
      throw Refusal(
        "--device can't read '\(path)': \(System.message(of: error.code)); it takes the .so file of a PJRT plugin")
    }
    // Plugins made with XLA write a log to standard error unless told otherwise.
    _ = unsafe setenv("TF_CPP_MIN_LOG_LEVEL", "3", 0)
    do throws(Refusal) { return try Plugin(path: path) } catch { throw error.prefixed("--device") }
  }
}
