import Refusals
import Tensors

extension PictureLibrary {
  fileprivate static var missing: Refusal {
    Refusal("pictures of this kind take \(name), which isn't installed", help: "apt-get install \(help)")
  }
}

/// libpng's simple interface.
///
/// - Note: png.h, `png_image`.
enum PNGLibrary: PictureLibrary {
  static let name = "libpng"
  static let help = "libpng16-16"

  /// libpng's `png_image`.
  @safe private struct Image {
    var control: UnsafeMutableRawPointer?
    var version: UInt32 = 1
    var width: UInt32 = 0
    var height: UInt32 = 0
    var format: UInt32 = 0
    var flags: UInt32 = 0
    var colours: UInt32 = 0
    var problem: UInt32 = 0
    var message: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
  }

  private typealias Begin = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Int32
  private typealias Finish =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeMutableRawPointer, Int32, UnsafeMutableRawPointer?
    ) -> Int32
  private typealias Free = @convention(c) (UnsafeMutableRawPointer) -> Void

  @safe private struct Functions: @unchecked Sendable {
    let begin: Begin
    let finish: Finish
    let free: Free
  }

  private static let functions: Functions? = {
    let names = ["png_image_begin_read_from_memory", "png_image_finish_read", "png_image_free"]
    let library = SystemLibrary(
      ["libpng16.so.16", "libpng16.so", "libpng.so", "libpng16.dylib", "libpng.dylib"], having: names)
    return library.map { library in
      unsafe Functions(
        begin: library.function(names[0]), finish: library.function(names[1]), free: library.function(names[2]))
    }
  }()

  /// What the header says, which stands in the first chunk.
  static func size(of bytes: Bytes) throws(Refusal) -> PictureSize {
    guard bytes.count >= 33, let width = bytes.integer(at: 16, as: UInt32.self, isBigEndian: true),
      let height = bytes.integer(at: 20, as: UInt32.self, isBigEndian: true),
      1...PictureFile.sideLimit ~= Int(width), 1...PictureFile.sideLimit ~= Int(height)
    else { throw Refusal("its header makes no sense") }
    let kinds: [UInt8: Int] = [0: 1, 2: 3, 3: 3, 4: 2, 6: 4]
    guard var channels = kinds[bytes[25]] else { throw Refusal("its header makes no sense") }
    // A palette, or greys, of which one is transparent.
    if bytes[25] == 3 || bytes[25] == 0, hasTransparency(bytes) { channels += 1 }
    return PictureSize(width: Int(width), height: Int(height), channels: channels, depth: Int(bytes[24]))
  }

  /// Whether there is a tRNS chunk before the data.
  private static func hasTransparency(_ bytes: Bytes) -> Bool {
    var place = 8
    while let length = bytes.integer(at: place, as: UInt32.self, isBigEndian: true), place + 8 <= bytes.count {
      let kind = [bytes[place + 4], bytes[place + 5], bytes[place + 6], bytes[place + 7]]
      if kind == Array("tRNS".utf8) { return true }
      if kind == Array("IDAT".utf8) { return false }
      place += 12 + Int(length)
    }
    return false
  }

  static func samples(of bytes: Bytes, _ size: PictureSize) throws(Refusal) -> Bytes {
    guard let functions else { throw missing }
    guard let storage = Storage(uninitialized: size.shape.count) else { throw Refusal("it doesn't fit into memory") }
    let input = bytes.array
    var image = Image()
    // Grey or colours, with or without how opaque.
    let format = UInt32((size.channels > 2 ? 2 : 0) + (size.channels % 2 == 0 ? 1 : 0))
    let isRead = unsafe withUnsafeMutablePointer(to: &image) { image in
      unsafe input.withUnsafeBytes { input in
        guard let start = input.baseAddress, unsafe functions.begin(image, start, input.count) != 0,
          unsafe Int(image.pointee.width) == size.width, unsafe Int(image.pointee.height) == size.height
        else {
          unsafe functions.free(image)
          return false
        }
        unsafe image.pointee.format = format
        let isDone = unsafe functions.finish(image, nil, storage.bytes, 0, nil) != 0
        unsafe functions.free(image)
        return isDone
      }
    }
    guard isRead else { throw Refusal("it is damaged, or cut short") }
    return Bytes(storage, count: size.shape.count)
  }
}

/// TurboJPEG.
///
/// - Note: turbojpeg.h.
enum JPEGLibrary: PictureLibrary {
  static let name = "TurboJPEG"
  static let help = "libturbojpeg0"

  private typealias Begin = @convention(c) () -> UnsafeMutableRawPointer?
  private typealias Header =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeRawPointer, UInt, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>,
      UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Int32
  private typealias Unpack =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeRawPointer, UInt, UnsafeMutableRawPointer, Int32, Int32, Int32, Int32, Int32
    ) -> Int32
  private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

  @safe private struct Functions: @unchecked Sendable {
    let begin: Begin
    let header: Header
    let unpack: Unpack
    let end: End
  }

  private static let functions: Functions? = {
    let names = ["tjInitDecompress", "tjDecompressHeader3", "tjDecompress2", "tjDestroy"]
    let library = SystemLibrary(
      ["libturbojpeg.so.0", "libturbojpeg.so", "libturbojpeg.dylib"], having: names)
    return library.map { library in
      unsafe Functions(
        begin: library.function(names[0]), header: library.function(names[1]), unpack: library.function(names[2]),
        end: library.function(names[3]))
    }
  }()

  /// The colour space of grey pictures, and the forms in which samples are asked for.
  private static let (grey, asGrey, asColours): (Int32, Int32, Int32) = (2, 6, 0)

  static func size(of bytes: Bytes) throws(Refusal) -> PictureSize {
    try unsafe work(bytes) { functions, handle, input in
      var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
      let status = unsafe functions.header(
        handle, input.baseAddress ?? UnsafeRawPointer(handle), UInt(input.count), &width, &height, &sampling, &space)
      guard status == 0, width > 0, height > 0 else { return nil }
      return PictureSize(width: Int(width), height: Int(height), channels: space == grey ? 1 : 3)
    }
  }

  static func samples(of bytes: Bytes, _ size: PictureSize) throws(Refusal) -> Bytes {
    guard let storage = Storage(uninitialized: size.shape.count) else { throw Refusal("it doesn't fit into memory") }
    return try unsafe work(bytes) { functions, handle, input in
      let status = unsafe functions.unpack(
        handle, input.baseAddress ?? UnsafeRawPointer(handle), UInt(input.count), storage.bytes, Int32(size.width), 0,
        Int32(size.height), size.channels == 1 ? asGrey : asColours, 0)
      return status == 0 ? Bytes(storage, count: size.shape.count) : nil
    }
  }

  private static func work<Result>(
    _ bytes: Bytes, _ body: (Functions, UnsafeMutableRawPointer, UnsafeRawBufferPointer) -> Result?
  ) throws(Refusal) -> Result {
    guard let functions else { throw missing }
    guard let handle = unsafe functions.begin() else { throw Refusal("TurboJPEG can't be used") }
    defer { _ = unsafe functions.end(handle) }
    let input = bytes.array
    let result = unsafe input.withUnsafeBytes { unsafe body(functions, handle, $0) }
    guard let result else { throw Refusal("it is damaged, or cut short") }
    return result
  }
}
