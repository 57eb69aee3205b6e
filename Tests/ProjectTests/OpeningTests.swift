import Foundation
import TestSupport
import Testing

/// Files, folders, programs and plugins are opened in the few places that ask `Confinement` first.
@Suite struct OpeningTests {
  /// Words that reach what is outside the program.
  private static let calls = [
    "open(", "openat(", "fopen(", "opendir(", "dlopen(", "mkdir(", "unlink(", "rename(", "link(", "symlink(", "creat(",
    "posix_spawn", "popen(", "system(", "execv", "mkstemp(", "remove(", "truncate(", "chmod(", "rmdir(",
  ]

  /// Where they may stand: the openings themselves, and libraries and devices whose names are the program's own.
  private static let places: Set<String> = [
    "Sources/Shell/Files/SystemOpening.swift", "Sources/Shell/Files/SystemProcess.swift",
    "Sources/Files/SystemLibrary.swift", "Sources/CLibedit/CLibedit.c",
    "Sources/CPJRT/plugin.c", "Sources/CKernels/blas.c",
    "Sources/CKernels/lapack.c", "Sources/CKernels/compiler.c",
  ]

  @Test func onlyAFewPlacesOpenAnything() throws {
    let files = Checkout.files(below: "Sources", ending: [".swift", ".c", ".h"])
    for path in files where !Self.places.contains(path) && !path.hasPrefix("Sources/Benchmarks/") {
      for (number, line) in try Checkout.text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      {
        let isSwift = path.hasSuffix(".swift")
        for call in Self.calls where Self.reaches(line, call, isSwift: isSwift) {
          Issue.record("\(path):\(number + 1) has \(call)")
        }
      }
    }
  }

  /// A call of C's: in Swift it is marked `unsafe`, or names its module; methods have something in front of them.
  private static func reaches(_ line: Substring, _ call: String, isSwift: Bool) -> Bool {
    guard let range = line.range(of: call), !line.drop(while: { $0 == " " }).hasPrefix("//") else { return false }
    let before = line[..<range.lowerBound]
    if isSwift { return before.hasSuffix("unsafe ") || before.hasSuffix("Glibc.") || before.hasSuffix("Darwin.") }
    guard let last = before.last else { return true }
    return !last.isLetter && !last.isNumber && last != "_" && last != "."
  }
}
