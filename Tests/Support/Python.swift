import Foundation

/// Programs that are run beside the tests, Python scripts above all.
package enum Python {
  /// Starts a script whose output nobody reads, but for what goes to a file.
  package static func start(_ python: String, _ arguments: [String], errors: String? = nil) -> Process? {
    let process = process(python, arguments)
    process.standardOutput = FileHandle.nullDevice
    if let errors { _ = FileManager.default.createFile(atPath: errors, contents: nil) }
    process.standardError = errors.flatMap { FileHandle(forWritingAtPath: $0) } ?? FileHandle.nullDevice
    return (try? process.run()) == nil ? nil : process
  }

  package static func run(_ python: String, _ arguments: [String]) -> (status: Int32, output: String) {
    let process = process(python, arguments)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return (-1, "") }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  private static func process(_ python: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python] + arguments
    return process
  }
}
