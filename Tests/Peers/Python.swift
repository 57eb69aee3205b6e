import Foundation

/// A Python that has what a test needs, if there is one.
///
/// Looked for in `GRADUS_PYTHON`, then where `make peers` puts it, then in the path.
package enum Python {
  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  package static func with(_ modules: String...) -> String? { with(modules) }

  package static func with(_ modules: [String]) -> String? {
    let candidates = [
      ProcessInfo.processInfo.environment["GRADUS_PYTHON"], root.path + "/.build/peers/bin/python", "python3",
    ].compactMap { $0 }
    let program = "import " + modules.joined(separator: ", ")
    return candidates.first { run($0, ["-c", program]).status == 0 }
  }

  /// A PJRT plugin for the CPU, if one is installed beside the modules.
  package static var plugin: String? {
    let program = """
      import glob, site
      found = [p for d in site.getsitepackages() for p in glob.glob(d + "/xla_plugins/*/*cpu*.so")]
      print(found[0] if found else "", end="")
      """
    let python = root.path + "/.build/peers/bin/python"
    let (status, output) = run(
      ProcessInfo.processInfo.environment["GRADUS_PYTHON"] ?? python, ["-c", program])
    return status == 0 && !output.isEmpty ? output : nil
  }

  /// Starts a script whose output nobody reads, but for what goes to a file.
  package static func start(_ python: String, _ arguments: [String], errors: URL? = nil) -> Process? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python] + arguments
    process.standardOutput = FileHandle.nullDevice
    if let errors { _ = FileManager.default.createFile(atPath: errors.path, contents: nil) }
    process.standardError = errors.flatMap { try? FileHandle(forWritingTo: $0) } ?? FileHandle.nullDevice
    return (try? process.run()) == nil ? nil : process
  }

  package static func run(_ python: String, _ arguments: [String]) -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return (-1, "") }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
