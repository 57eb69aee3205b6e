import CKernels
import Files
import Refusals
import Tensors
import Text

/// A session as it lies in files: its record as text, and the values that are kept with it.
package struct StoredSession: Sendable {
  /// Some bytes of a file that a kept value names.
  package typealias Values = @Sendable (_ file: String, _ range: Range<Int>) throws(Refusal) -> Bytes

  package var text: String
  package var values: Values

  package init(text: String, values: @escaping Values) {
    self.text = text
    self.values = values
  }
}

extension Kept {
  /// A sum that tells damaged elements from whole ones.
  package static func sum(of bytes: Bytes) -> UInt64 {
    unsafe bytes.withUnsafePointer { unsafe gk_checksum($0, bytes.count) }
  }

  /// The entry in a file, with its line break: everything but the elements, which lie where `places` says.
  ///
  ///     kept SUM FIRST END SECONDS LINES, a line of a tensor: type, shape, sum, file, offset
  package func line(_ places: [Stored]) -> String {
    let tensors = places.map { place in
      let shape = place.shape.extents.map(String.init).joined(separator: "x")
      return "\(place.type.rawValue)\t\(shape)\t\(place.sum)\t\(Quoting.line(place.file))\t\(place.offset)"
    }
    let body = (["\(tensors.count)"] + tensors + lines).joined(separator: "\n")
    let rest = "\(entries.lowerBound) \(entries.upperBound) \(seconds) \(Quoting.line(body))"
    return "kept \(Self.sum(of: Bytes(rest))) \(rest)\n"
  }

  /// What follows the word in such a line; nil where it isn't whole.
  init?(text: Substring) {
    let words = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1).map { Substring($0) }
    guard words.count == 2, let sum = UInt64(words[0]), Self.sum(of: Bytes(String(words[1]))) == sum else { return nil }
    let fields = words[1].utf8.split(separator: UInt8(ascii: " "), maxSplits: 3).map { Substring($0) }
    guard fields.count == 4, let first = Int(fields[0]), let end = Int(fields[1]), 0 <= first, first < end,
      let seconds = Double(fields[2]), let body = Quoting.text(ofLine: fields[3])
    else { return nil }
    var lines = body.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }[...]
    guard let count = lines.popFirst().flatMap({ Int($0) }), 0...lines.count ~= count else { return nil }
    parts = []
    for _ in 0..<count {
      guard let line = lines.popFirst(), let stored = Stored(line: line) else { return nil }
      parts.append(.stored(stored))
    }
    (entries, self.seconds, self.lines) = (first..<end, seconds, Array(lines))
  }

  /// The tensors, read from where they lie.
  func tensors(_ read: StoredSession.Values) throws(Refusal) -> [Tensor] {
    try parts.map { part throws(Refusal) in
      switch part {
      case .value(let tensor): return tensor
      case .stored(let stored):
        let bytes = try read(stored.file, stored.offset..<stored.offset + stored.byteCount)
        guard bytes.count == stored.byteCount, Self.sum(of: bytes) == stored.sum,
          let storage = Storage(uninitialized: bytes.count)
        else { throw Refusal("its values are damaged") }
        unsafe bytes.withUnsafePointer { unsafe storage.bytes.copyMemory(from: $0, byteCount: bytes.count) }
        return Tensor(shape: stored.shape, type: stored.type, storage: storage)
      }
    }
  }
}

extension Kept.Stored {
  fileprivate init?(line: String) {
    let fields = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { Substring($0) }
    guard fields.count == 5, let type = UInt8(fields[0]).flatMap({ ElementType(rawValue: $0) }),
      let sum = UInt64(fields[2]), let file = Quoting.text(ofLine: fields[3]), let offset = Int(fields[4]), offset >= 0
    else { return nil }
    let extents = fields[1].split(separator: "x").map { Int($0) ?? -1 }
    guard extents.count <= Shape.maximumRank, extents.allSatisfy({ $0 >= 0 }) else { return nil }
    let shape = Shape(extents)
    guard shape.count <= Kept.limit, offset <= 1 << 60 else { return nil }
    self.init(shape: shape, type: type, sum: sum, file: file, offset: offset)
  }
}

// MARK: One file for all

extension StoredSession {
  /// A record with its values behind it: `values T V` says that T bytes of text follow, and V bytes of values.
  static func pieces(of record: Record) -> [Bytes] {
    guard !record.kept.isEmpty else { return [Bytes(record.text)] }
    var values: [Bytes] = []
    var offset = 0
    let places = record.kept.map { kept in
      kept.parts.compactMap { part -> Kept.Stored? in
        guard case .value(let tensor) = part else { return nil }
        let bytes = Bytes(of: tensor)
        defer { offset += bytes.count }
        values.append(bytes)
        return Kept.Stored(shape: tensor.shape, type: tensor.type, sum: Kept.sum(of: bytes), file: "", offset: offset)
      }
    }
    let text = record.text(keptAt: places)
    let head = text.prefix { $0 != "\n" } + "\n"
    let rest = text.dropFirst(head.count)
    return [Bytes("\(head)values \(rest.utf8.count) \(offset)\n\(rest)")] + values
  }

  /// The same read; a file without values is text alone.
  init(_ bytes: Bytes) throws(Refusal) {
    let start = bytes.part(from: 0, count: min(bytes.count, 200))?.array ?? []
    let lines = start.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    let words = lines.count > 2 ? String(decoding: lines[1], as: UTF8.self).split(separator: " ") : []
    var content: [UInt8] = []
    var values: Bytes?
    if words.count == 3, words[0] == "values", let count = Int(words[1]) {
      let (first, second) = (lines[0].count + 1, lines[1].count + 1)
      guard let rest = bytes.part(from: first + second, count: count) else { throw Refusal("it is cut short") }
      values = bytes.dropFirst(first + second + count)
      content = Array(start[..<first]) + rest.array
    } else {
      content = bytes.array
      // As an editor may have left it; what the session writes has neither.
      if content.starts(with: [0xEF, 0xBB, 0xBF]) { content.removeFirst(3) }
      content.removeAll { $0 == UInt8(ascii: "\r") }
    }
    guard let text = String(validating: content, as: UTF8.self) else { throw Refusal("it is no saved session") }
    self.init(text: text) { [values] _, range throws(Refusal) in
      guard let part = values?.part(from: range.lowerBound, count: range.count) else {
        throw Refusal("its values are cut short")
      }
      return part
    }
  }
}
