import CKernels
import Refusals

/// One of the system's libraries that unpack, opened when it is first needed.
struct UnpackingLibrary: Sendable {
  /// What it is asked to unpack.
  enum Kind: Sendable {
    case bzip2
    /// With a header of its own, or as a stream of several blocks.
    case lzma, xz
  }

  /// What it is called where one is missing.
  let name: String
  let package: String
  let paths: [String]

  static let bzip2 = UnpackingLibrary(
    name: "libbz2", package: "libbz2-1.0",
    paths: ["libbz2.so.1.0", "libbz2.so.1", "libbz2.so", "/usr/lib/libbz2.1.0.dylib", "libbz2.dylib"])
  static let lzma = UnpackingLibrary(
    name: "liblzma", package: "liblzma5", paths: ["liblzma.so.5", "liblzma.so", "liblzma.5.dylib", "liblzma.dylib"])

  fileprivate func opened(having functions: [String], for compression: String) throws(Refusal) -> SystemLibrary {
    if let library = SystemLibrary(paths, having: functions) { return library }
    throw Refusal("it is compressed by \(compression), and \(name) isn't installed", help: "apt-get install \(package)")
  }
}

/// A stream that one of those libraries unpacks: C's side of it, and what it answers.
@safe private final class Unpacker {
  /// One call's outcome.
  enum Answer { case more, end, damaged, tooLarge }

  /// `bz_stream`, or `lzma_stream`: room enough for either.
  private let state = UnsafeMutableRawPointer.allocate(byteCount: 192, alignment: 16)
  private let advance: (UnsafeMutableRawPointer, Bool) -> Answer
  private let close: (UnsafeMutableRawPointer) -> Void
  private let hasShortCounts: Bool

  private typealias Number = Int32

  /// More memory isn't given for what comes from a file.
  private static let memoryLimit: UInt64 = 1 << 30

  init(_ kind: UnpackingLibrary.Kind) throws(Refusal) {
    unsafe state.initializeMemory(as: UInt8.self, repeating: 0, count: 192)
    let status: Number
    switch kind {
    case .bzip2:
      let names = ["BZ2_bzDecompressInit", "BZ2_bzDecompress", "BZ2_bzDecompressEnd"]
      let library = try UnpackingLibrary.bzip2.opened(having: names, for: "bzip2")
      typealias Begin = @convention(c) (UnsafeMutableRawPointer, Number, Number) -> Number
      typealias Go = @convention(c) (UnsafeMutableRawPointer) -> Number
      let (begin, go, end): (Begin, Go, Go) = unsafe (
        library.function(names[0]), library.function(names[1]), library.function(names[2])
      )
      hasShortCounts = true
      unsafe advance = { state, _ in
        switch unsafe go(state) {
        case 0: .more
        case 4: .end
        case -3: .tooLarge
        default: .damaged
        }
      }
      unsafe close = { state in _ = unsafe end(state) }
      status = unsafe begin(state, 0, 0)
    case .lzma, .xz:
      let isAlone = kind == .lzma
      let names = [isAlone ? "lzma_alone_decoder" : "lzma_stream_decoder", "lzma_code", "lzma_end"]
      let library = try UnpackingLibrary.lzma.opened(having: names, for: isAlone ? "lzma" : "xz")
      typealias Begin = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt32) -> Number
      typealias BeginAlone = @convention(c) (UnsafeMutableRawPointer, UInt64) -> Number
      typealias Go = @convention(c) (UnsafeMutableRawPointer, Number) -> Number
      typealias End = @convention(c) (UnsafeMutableRawPointer) -> Void
      let (go, end): (Go, End) = unsafe (library.function(names[1]), library.function(names[2]))
      hasShortCounts = false
      unsafe advance = { state, isLast in
        // A last piece is finished (3), others go on (0); 10: it can't go on.
        switch unsafe go(state, isLast ? 3 : 0) {
        case 0, 10: .more
        case 1: .end
        case 5, 6: .tooLarge
        default: .damaged
        }
      }
      unsafe close = { state in unsafe end(state) }
      if isAlone {
        let begin: BeginAlone = unsafe library.function(names[0])
        status = unsafe begin(state, Self.memoryLimit)
      } else {
        let begin: Begin = unsafe library.function(names[0])
        status = unsafe begin(state, Self.memoryLimit, 0)
      }
    }
    guard status == 0 else { throw Refusal("it doesn't fit into memory") }
  }

  deinit {
    unsafe close(state)
    unsafe state.deallocate()
  }

  /// Unpacks some bytes into a buffer: how many were used, and made.
  @unsafe func unpack(
    _ input: UnsafeRawPointer, _ count: Int, into output: UnsafeMutableRawPointer, _ room: Int, isLast: Bool
  ) -> (answer: Answer, used: Int, made: Int) {
    // next_in, avail_in, total_in, next_out, avail_out: of 32 bits each, and a total of two, in one of the libraries.
    unsafe state.storeBytes(of: input, as: UnsafeRawPointer.self)
    unsafe state.storeBytes(of: output, toByteOffset: 24, as: UnsafeMutableRawPointer.self)
    if hasShortCounts {
      unsafe state.storeBytes(of: UInt32(count), toByteOffset: 8, as: UInt32.self)
      unsafe state.storeBytes(of: UInt32(room), toByteOffset: 32, as: UInt32.self)
    } else {
      unsafe state.storeBytes(of: count, toByteOffset: 8, as: Int.self)
      unsafe state.storeBytes(of: room, toByteOffset: 32, as: Int.self)
    }
    let answer = unsafe advance(state, isLast)
    func left(_ place: Int) -> Int {
      hasShortCounts
        ? Int(unsafe state.load(fromByteOffset: place, as: UInt32.self))
        : unsafe state.load(fromByteOffset: place, as: Int.self)
    }
    return (answer, count - left(8), room - left(32))
  }
}

enum Unpacking {
  /// Bytes handed over at once.
  private static let piece = 1 << 16

  /// The bytes that packed ones stand for.
  ///
  /// - Parameter start: what stands in front of them.
  static func unpacked(
    _ bytes: ByteSource, by kind: UnpackingLibrary.Kind, start: Bytes = Bytes([])
  ) throws(Refusal) -> ByteStream {
    let unpacker = try Unpacker(kind)
    var (input, place, isOver) = (start, 0, false)
    return unsafe ByteStream { buffer throws(Refusal) in
      var done = 0
      while done < buffer.count, !isOver, let base = buffer.baseAddress {
        if gk_is_interrupted() != 0 { throw .interrupted }
        if input.count == 0 {
          let count = min(piece, bytes.count - place)
          input = try bytes.part(from: place, count: count) ?? Bytes([])
          place += count
        }
        let room = min(buffer.count - done, 4 * piece)
        let isLast = place == bytes.count
        let (answer, used, made) = unsafe input.withUnsafePointer { pointer in
          unsafe unpacker.unpack(pointer, input.count, into: base + done, room, isLast: isLast)
        }
        done += made
        input = input.dropFirst(used)
        switch answer {
        case .end: isOver = true
        case .damaged: throw Refusal("its compressed data is damaged")
        case .tooLarge: throw Refusal("its compressed data asks for more memory than is given to it")
        case .more:
          if used == 0, made == 0, isLast || input.count > 0 { throw Refusal("its compressed data is cut short") }
        }
      }
      return done
    }
  }
}
