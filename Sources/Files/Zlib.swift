import CKernels
import Refusals

/// Compression by the system's zlib, opened when it is first needed.
enum Zlib {
  /// How compressed bytes are wrapped: zlib's window bits.
  enum Wrapping: Int32 {
    /// Not at all, as in zip archives.
    case none = -15
    case gzip = 31
    /// With a header and a checksum of its own.
    case zlib = 15
  }

  /// zlib's `z_stream`.
  @safe fileprivate struct Stream {
    var nextIn: UnsafeRawPointer?
    var availableIn: UInt32 = 0
    var totalIn: UInt = 0
    var nextOut: UnsafeMutableRawPointer?
    var availableOut: UInt32 = 0
    var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: UnsafeMutableRawPointer?
    var allocate: UnsafeMutableRawPointer?
    var release: UnsafeMutableRawPointer?
    var opaque: UnsafeMutableRawPointer?
    var dataType: Int32 = 0
    var adler: UInt = 0
    var reserved: UInt = 0
  }

  fileprivate typealias BeginInflating =
    @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
  fileprivate typealias BeginDeflating =
    @convention(c) (UnsafeMutableRawPointer, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Int32) -> Int32
  fileprivate typealias Advance = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  fileprivate typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

  @safe fileprivate struct Functions: @unchecked Sendable {
    let beginInflating: BeginInflating
    let inflate: Advance
    let again: End
    let endInflating: End
    let beginDeflating: BeginDeflating
    let deflate: Advance
    let endDeflating: End
  }

  private static let found: Functions? = {
    let names = [
      "inflateInit2_", "inflate", "inflateReset", "inflateEnd", "deflateInit2_", "deflate", "deflateEnd",
    ]
    let library = SystemLibrary(["libz.so.1", "libz.so", "/usr/lib/libz.1.dylib", "libz.dylib"], having: names)
    return library.map { library in
      unsafe Functions(
        beginInflating: library.function(names[0]), inflate: library.function(names[1]),
        again: library.function(names[2]), endInflating: library.function(names[3]),
        beginDeflating: library.function(names[4]), deflate: library.function(names[5]),
        endDeflating: library.function(names[6]))
    }
  }()

  fileprivate static func functions() throws(Refusal) -> Functions {
    guard let found else {
      throw Refusal("its bytes are compressed, and zlib isn't installed", help: "apt-get install zlib1g")
    }
    return found
  }

  /// What zlib answers.
  fileprivate static let (isDone, isStuck): (Int32, Int32) = (1, -5)
  fileprivate static let version = "1.2.11"
  /// Bytes handed to zlib at once.
  fileprivate static let piece = 1 << 18
}

extension Zlib {
  /// The bytes that compressed ones stand for.
  static func inflated(_ bytes: ByteSource, _ wrapping: Wrapping) throws(Refusal) -> ByteStream {
    let inflater = try Inflater(bytes, wrapping)
    return unsafe ByteStream { buffer throws(Refusal) in try unsafe inflater.fill(buffer) }
  }

  @safe private final class Inflater {
    private let functions: Functions
    private let bytes: ByteSource
    private let wrapping: Wrapping
    private let state: UnsafeMutablePointer<Stream>
    private var input = Bytes([])
    private var place = 0
    private var isOver = false

    init(_ bytes: ByteSource, _ wrapping: Wrapping) throws(Refusal) {
      functions = try Zlib.functions()
      self.bytes = bytes
      self.wrapping = wrapping
      unsafe state = .allocate(capacity: 1)
      unsafe state.initialize(to: Stream())
      let status = unsafe functions.beginInflating(
        state, wrapping.rawValue, Zlib.version, Int32(MemoryLayout<Stream>.size))
      guard status == 0 else { throw Refusal("zlib can't be used") }
    }

    deinit {
      _ = unsafe functions.endInflating(state)
      unsafe state.deallocate()
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
      var done = 0
      while done < buffer.count, !isOver, let base = buffer.baseAddress {
        if gk_is_interrupted() != 0 { throw .interrupted }
        if input.count == 0 {
          let count = min(Zlib.piece, bytes.count - place)
          input = try bytes.part(from: place, count: count) ?? Bytes([])
          place += count
        }
        let room = min(buffer.count - done, Zlib.piece * 4)
        let (status, used) = unsafe input.withUnsafePointer { pointer in
          unsafe state.pointee.nextIn = pointer
          unsafe state.pointee.availableIn = UInt32(input.count)
          unsafe state.pointee.nextOut = base + done
          unsafe state.pointee.availableOut = UInt32(room)
          let status = unsafe functions.inflate(state, 0)
          return (status, input.count - Int(unsafe state.pointee.availableIn))
        }
        let made = room - Int(unsafe state.pointee.availableOut)
        done += made
        input = input.dropFirst(used)
        if status == Zlib.isDone {
          try goOn()
        } else if status != 0 && status != Zlib.isStuck {
          throw Refusal("its compressed data is damaged")
        } else if used == 0, made == 0, input.count > 0 || place == bytes.count {
          throw Refusal("its compressed data is cut short")
        }
      }
      return done
    }

    /// Behind a stream another one may follow in the same file, or zeros that fill it up.
    private func goOn() throws(Refusal) {
      guard wrapping == .gzip else {
        isOver = true
        return
      }
      while true {
        while input.count > 0, input[0] == 0 { input = input.dropFirst(1) }
        if input.count > 1 { break }
        let count = min(Zlib.piece, bytes.count - place)
        guard count > 0, let more = try bytes.part(from: place, count: count) else { break }
        input = try Bytes(joining: [input, more])
        place += count
      }
      if input.count == 0 {
        isOver = true
      } else if input.starts(with: Gzip.magic), unsafe functions.again(state) == 0 {
        return
      } else {
        throw Refusal("more follows its compressed data")
      }
    }
  }

  /// Compressed pieces of what some pieces hold.
  static func deflated(_ pieces: [Bytes], _ wrapping: Wrapping) throws(Refusal) -> [Bytes] {
    let functions = try functions()
    let state = UnsafeMutablePointer<Stream>.allocate(capacity: 1)
    unsafe state.initialize(to: Stream())
    let size = Int32(MemoryLayout<Stream>.size)
    let status = unsafe functions.beginDeflating(state, 6, 8, wrapping.rawValue, 8, 0, version, size)
    defer {
      _ = unsafe functions.endDeflating(state)
      unsafe state.deallocate()
    }
    guard status == 0 else { throw Refusal("zlib can't be used") }
    var result: [Bytes] = []
    var output = [UInt8](repeating: 0, count: piece)
    /// - Parameter isLast: nothing follows.
    func deflate(_ input: Bytes, isLast: Bool) {
      unsafe input.withUnsafePointer { pointer in
        unsafe state.pointee.nextIn = pointer
        unsafe state.pointee.availableIn = UInt32(input.count)
        var isDone = false
        while !isDone {
          let (status, made) = unsafe output.withUnsafeMutableBytes { buffer in
            unsafe state.pointee.nextOut = buffer.baseAddress
            unsafe state.pointee.availableOut = UInt32(buffer.count)
            let status = unsafe functions.deflate(state, isLast ? 4 : 0)
            return (status, buffer.count - Int(unsafe state.pointee.availableOut))
          }
          if made > 0 { result.append(Bytes(Array(output[..<made]))) }
          isDone = isLast ? status == Zlib.isDone : made < output.count
        }
      }
    }
    for whole in pieces {
      var rest = whole
      while let input = rest.part(from: 0, count: min(piece, rest.count)), input.count > 0 {
        if gk_is_interrupted() != 0 { throw .interrupted }
        deflate(input, isLast: false)
        rest = rest.dropFirst(input.count)
      }
    }
    deflate(Bytes([]), isLast: true)
    return result
  }
}

/// Files that gzip has packed.
enum Gzip {
  static let magic: [UInt8] = [0x1F, 0x8B]
  static let ending = ".gz"

  /// The name without the ending that says so.
  static func inner(_ path: String) -> String {
    path.lowercased().hasSuffix(ending) ? String(path.dropLast(ending.utf8.count)) : path
  }

  static func isMeant(by path: String) -> Bool { path.lowercased().hasSuffix(ending) }
}
