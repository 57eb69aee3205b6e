#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The inputs of this and earlier conversations, kept in a file that several sessions may add to.
///
/// Each line is the time, a blank and the input, its newlines as `\n`.
package struct History {
  private static let limit = 10_000
  /// Of a longer file only the end is read.
  private static let longest = 2 << 20

  private let path: String?
  private var hasComplained = false

  /// Without a path nothing is kept.
  package init(path: String?) { self.path = path }

  /// The inputs from the oldest to the newest, each once, and a sentence if some could not be read.
  package func load() -> (inputs: [String], note: String?) {
    guard let path else { return ([], nil) }
    switch Self.end(of: path) {
    case .failure(let error):
      return ([], error.code == ENOENT ? nil : "history cannot be read from \(path): \(error.message)")
    case .success(let (bytes, isWhole)):
      var lines = bytes.split(separator: UInt8(ascii: "\n"))
      if !isWhole { lines = Array(lines.dropFirst()) }
      let inputs = lines.compactMap(Self.input)
      let lost = lines.count - inputs.count
      let kept = Self.newest(inputs)
      if !isWhole { compact(lines.suffix(Self.limit)) }
      return (kept, lost == 0 ? nil : "\(lost) unreadable line\(lost == 1 ? "" : "s") of \(path) skipped")
    }
  }

  /// Adds an input, before it is evaluated; a sentence the first time this fails.
  package mutating func append(_ input: String) -> String? {
    guard let path, let failure = Self.add("\(System.secondsSince1970()) \(Self.escaped(input))\n", to: path) else {
      return nil
    }
    defer { hasComplained = true }
    return hasComplained ? nil : "history cannot be written to \(path): \(failure.message)"
  }

  private static func add(_ line: String, to path: String) -> ErrorNumber? {
    var descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor < 0, errno == ENOENT {
      makeFolder(Path.split(path).folder)
      descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    }
    guard descriptor >= 0 else { return ErrorNumber(code: errno) }
    defer { close(descriptor) }
    keepPrivate(descriptor)
    return System.write(line.utf8, to: descriptor)
  }

  /// Only a plain file: it may be /dev/null.
  private static func keepPrivate(_ descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    if status.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
  }

  private static func makeFolder(_ path: String) {
    var reached = ""
    for part in path.split(separator: "/") {
      reached += "/" + part
      unsafe mkdir(path.hasPrefix("/") ? reached : String(reached.dropFirst()), 0o700)
    }
  }

  private static func end(of path: String) -> Result<(bytes: [UInt8], isWhole: Bool), ErrorNumber> {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(ErrorNumber(code: errno)) }
    defer { close(descriptor) }
    let length = lseek(descriptor, 0, SEEK_END)
    lseek(descriptor, max(0, length - off_t(longest)), SEEK_SET)
    return System.contents(of: descriptor).map { ($0, length <= longest) }
  }

  private func compact(_ lines: ArraySlice<ArraySlice<UInt8>>) {
    guard let path else { return }
    _ = System.replace(file: path, with: lines.flatMap { $0 + [UInt8(ascii: "\n")] }, mode: 0o600)
  }

  private static func newest(_ inputs: [String]) -> [String] {
    var seen: Set<String> = []
    return Array(inputs.reversed().filter { seen.insert($0).inserted }.prefix(limit).reversed())
  }

  package static func escaped(_ input: String) -> String {
    var text = ""
    for scalar in input.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The input in a line of the file, or nil if it isn't one of ours.
  private static func input(_ line: ArraySlice<UInt8>) -> String? {
    guard let blank = line.firstIndex(of: UInt8(ascii: " ")), blank > line.startIndex,
      line[..<blank].allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), !line.contains(0)
    else { return nil }
    var bytes: [UInt8] = []
    var rest = line[(blank + 1)...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
      default: return nil
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
