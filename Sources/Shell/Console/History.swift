import Files
import Refusals
import Text

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
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
      let read = lines.map { ($0, Self.input($0)) }
      let inputs = read.compactMap(\.1)
      let kept = Self.newest(inputs)
      let lost = lines.count - inputs.count
      guard lost > 0 || !isWhole else { return (kept, nil) }
      let reason = lost > 0 ? "\(lost) unreadable line\(lost == 1 ? "" : "s") of \(path) skipped" : "\(path) was long"
      guard let old = startAnew(with: read.filter { $0.1 != nil }.suffix(Self.limit).map(\.0)) else {
        return (kept, lost > 0 ? reason : nil)
      }
      return (kept, "\(reason); all of it is kept as \(old)")
    }
  }

  /// Puts some lines in the place of the file, which is kept beside under another name; nil if that can't be done.
  private func startAnew(with lines: [ArraySlice<UInt8>]) -> String? {
    guard let path = path.map(System.target(of:)), System.isFile(path) else { return nil }
    let old = path + ".old"
    guard System.keep(path, as: old) == nil else { return nil }
    let kept = Bytes(lines.flatMap { $0 + [UInt8(ascii: "\n")] })
    if System.replace(file: path, with: [kept], mode: 0o600) == nil { return old }
    System.remove(old)
    return nil
  }

  /// Adds an input, before it is evaluated; a sentence the first time this fails.
  package mutating func append(_ input: String) -> String? {
    guard let path, let failure = Self.add("\(System.secondsSince1970()) \(Quoting.line(input))\n", to: path) else {
      return nil
    }
    defer { hasComplained = true }
    return hasComplained ? nil : "history cannot be written to \(path): \(failure.message)"
  }

  private static func add(_ line: String, to path: String) -> ErrorNumber? {
    let flags = O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK
    var opened = System.open(path, flags)
    if case .failure(ErrorNumber(code: ENOENT)) = opened {
      if let failure = System.makeFolders(Path.split(path).folder) { return failure }
      opened = System.open(path, flags)
    }
    let descriptor: Int32
    switch opened {
    case .failure(let error): return error
    case .success(let number): descriptor = number
    }
    defer { close(descriptor) }
    // Elsewhere nobody has asked for it.
    if isElsewhereToo(descriptor) { return ErrorNumber(code: EMLINK) }
    keepPrivate(descriptor)
    // Where a disk was full, a line may have been left without its end.
    var last: UInt8 = 0
    let isCut =
      unsafe pread(descriptor, &last, 1, lseek(descriptor, 0, SEEK_END) - 1) == 1 && last != UInt8(ascii: "\n")
    return System.write(((isCut ? "\n" : "") + line).utf8, to: descriptor)
  }

  /// What is written to in its place mustn't be another file as well.
  private static func isElsewhereToo(_ descriptor: Int32) -> Bool {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink > 1
  }

  /// Only a plain file: it may be /dev/null.
  private static func keepPrivate(_ descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    if status.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
  }

  private static func end(of path: String) -> Result<(bytes: [UInt8], isWhole: Bool), ErrorNumber> {
    System.open(path, O_RDONLY).flatMap { descriptor in
      defer { close(descriptor) }
      var status = stat()
      // Nobody is waited for.
      if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO { return .success(([], true)) }
      let length = lseek(descriptor, 0, SEEK_END)
      lseek(descriptor, max(0, length - off_t(longest)), SEEK_SET)
      return System.contents(of: descriptor, limit: 2 * longest).map { ($0, length <= longest) }
    }
  }

  private static func newest(_ inputs: [String]) -> [String] {
    var seen: Set<String> = []
    return Array(inputs.reversed().filter { seen.insert($0).inserted }.prefix(limit).reversed())
  }

  /// The input in a line of the file, or nil if it isn't one of ours.
  private static func input(_ line: ArraySlice<UInt8>) -> String? {
    let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    guard let blank = line.firstIndex(of: UInt8(ascii: " ")), blank > line.startIndex,
      line[..<blank].allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), !line.contains(0)
    else { return nil }
    let input = String(validating: line[(blank + 1)...], as: UTF8.self).flatMap { Quoting.text(ofLine: $0) }
    // What others wrote there isn't drawn as it is.
    return input.map(Quoting.visible)
  }
}
