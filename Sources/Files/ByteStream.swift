import CKernels
import Refusals
import Tensors

/// Bytes that are handed out one after the other: of a file as they are, or inflated.
@safe final class ByteStream {
  /// Fills a buffer as far as there are bytes.
  typealias Source = (UnsafeMutableRawBufferPointer) throws(Refusal) -> Int

  private let source: Source
  /// The bytes that have been handed out.
  private(set) var place = 0

  @unsafe init(_ source: @escaping Source) { unsafe self.source = source }

  convenience init(_ bytes: ByteSource) {
    var place = 0
    unsafe self.init { buffer throws(Refusal) in
      let count = min(buffer.count, bytes.count - place)
      if count > 0, let base = buffer.baseAddress {
        try unsafe bytes.slice(from: place, count: count)?.copy(to: base)
        place += count
      }
      return count
    }
  }

  /// The next bytes: fewer only at the end.
  @unsafe func read(_ buffer: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
    let count = try unsafe source(buffer)
    place += count
    if gk_is_interrupted() != 0 { throw .interrupted }
    return count
  }

  /// The next bytes, at most so many.
  func bytes(_ count: Int) throws(Refusal) -> Bytes {
    guard let storage = Storage(uninitialized: count) else { throw Refusal("it doesn't fit into memory") }
    let found = try unsafe read(UnsafeMutableRawBufferPointer(start: storage.bytes, count: count))
    return Bytes(storage, count: found)
  }

  /// What is left, but no more than a count, in memory that grows with it.
  func rest(limit: Int, count: Int = .max) throws(Refusal) -> Bytes {
    var pieces: [Bytes] = []
    var (size, next) = (0, min(1 << 16, count))
    while true {
      let piece = try bytes(next)
      size += piece.count
      guard size <= limit else { throw Refusal("it doesn't fit into memory") }
      pieces.append(piece)
      if piece.count < next || size == count { break }
      next = min(max(size, 1 << 16), 1 << 26, count - size)
    }
    return try Bytes(joining: pieces)
  }
}

extension Bytes {
  /// Pieces one after the other.
  package init(joining pieces: [Bytes]) throws(Refusal) {
    let size = pieces.reduce(0) { $0 + $1.count }
    guard pieces.count > 1 else {
      self = pieces.first ?? Bytes([])
      return
    }
    guard let storage = Storage(uninitialized: size) else { throw Refusal("it doesn't fit into memory") }
    var place = 0
    for piece in pieces {
      unsafe piece.withUnsafePointer { unsafe gk_copy($0, storage.bytes + place, piece.count) }
      place += piece.count
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    self.init(storage, count: size)
  }
}
