import Refusals

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Inflation by the system's zlib, opened when it is first needed.
enum Zlib {
  /// zlib's `z_stream`.
  @safe private struct Stream {
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

  private typealias Begin =
    @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
  private typealias Advance = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

  @safe private struct Functions: @unchecked Sendable {
    let begin: Begin
    let advance: Advance
    let end: End
  }

  private static let functions: Functions? = {
    for name in ["libz.so.1", "libz.so", "/usr/lib/libz.1.dylib", "libz.dylib"] {
      guard let library = unsafe dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      guard let begin = unsafe dlsym(library, "inflateInit2_"), let advance = unsafe dlsym(library, "inflate"),
        let end = unsafe dlsym(library, "inflateEnd")
      else { continue }
      return unsafe Functions(
        begin: unsafeBitCast(begin, to: Begin.self), advance: unsafeBitCast(advance, to: Advance.self),
        end: unsafeBitCast(end, to: End.self))
    }
    return nil
  }()

  /// The first `count` bytes that raw deflated bytes stand for.
  ///
  /// - Parameter isWhole: there must be neither more nor fewer.
  static func inflate(_ bytes: Bytes, count: Int, isWhole: Bool = true) throws(Refusal) -> [UInt8] {
    guard let functions else {
      throw Refusal("it is compressed, and zlib isn't installed", help: "apt-get install zlib1g")
    }
    // Deflate shrinks by 1032 at most: a larger claim is a lie, and nothing is allocated for it.
    guard count <= (bytes.count + 64).multipliedReportingOverflow(by: 1032).partialValue, count < 1 << 40 else {
      throw Refusal("it claims to hold more than its compressed size can")
    }
    var stream = Stream()
    var output = [UInt8](repeating: 0, count: count)
    let isRight = unsafe withUnsafeMutableBytes(of: &stream) { raw -> Bool in
      guard let pointer = raw.baseAddress, unsafe functions.begin(pointer, -15, "1.2.11", Int32(raw.count)) == 0 else {
        return false
      }
      defer { _ = unsafe functions.end(pointer) }
      let state = unsafe pointer.assumingMemoryBound(to: Stream.self)
      return unsafe bytes.withUnsafePointer { input in
        unsafe output.withUnsafeMutableBytes { output in
          var (read, written) = (0, 0)
          while true {
            let (inCount, outCount) = (min(bytes.count - read, 1 << 30), min(count - written, 1 << 30))
            unsafe state.pointee.nextIn = input + read
            unsafe state.pointee.availableIn = UInt32(inCount)
            unsafe state.pointee.nextOut = (output.baseAddress ?? pointer) + written
            unsafe state.pointee.availableOut = UInt32(outCount)
            let status = unsafe functions.advance(pointer, 0)
            let advance = unsafe (
              inCount - Int(state.pointee.availableIn), outCount - Int(state.pointee.availableOut)
            )
            read += advance.0
            written += advance.1
            if status == 1 { return written == count }
            guard status == 0, advance != (0, 0) else { return !isWhole && written == count }
            if !isWhole, written == count { return true }
          }
        }
      }
    }
    guard isRight else { throw Refusal("its compressed data is damaged") }
    return output
  }
}
