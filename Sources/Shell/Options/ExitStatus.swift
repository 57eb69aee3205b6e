/// What the program tells the one that started it.
package struct ExitStatus: RawRepresentable, Equatable, Sendable {
  package var rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// All statements ran.
  package static let success = ExitStatus(rawValue: 0)
  /// A statement failed.
  package static let failure = ExitStatus(rawValue: 1)
  /// Wrong usage, or no such file.
  package static let usage = ExitStatus(rawValue: 2)
  /// `--test` found differences.
  package static let differences = ExitStatus(rawValue: 3)
  package static let interrupted = ExitStatus(rawValue: 130)

  /// As a shell reports a program that a signal ended.
  package static func signal(_ number: Int32) -> ExitStatus { ExitStatus(rawValue: 128 + number) }
}
