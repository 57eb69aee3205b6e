/// Why a file can't be read or written, in one sentence without a full stop.
package struct FileError: Error, Equatable, Sendable {
  package let message: String
  /// Something that can be typed.
  package let help: String?

  package init(_ message: String, help: String? = nil) {
    self.message = message
    self.help = help
  }
}
