import Files
import Language
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Programs that make a PNG of an SVG, the best first.
enum Rasterizer {
  private static let all = [
    ["rsvg-convert", "--zoom=2"],
    ["inkscape", "--pipe", "--export-type=png", "--export-dpi=192", "--export-filename=-"],
    ["magick", "-density", "192", "svg:-", "png:-"], ["convert", "-density", "192", "svg:-", "png:-"],
  ]

  private static let signature: [UInt8] = [0x89] + Array("PNG".utf8)

  static func png(of svg: Bytes) throws(Refusal) -> Bytes {
    var failure: String?
    for words in all {
      switch System.run(words, input: svg) {
      case .failure(ErrorNumber(code: ENOENT)): continue
      case .failure(let error):
        throw Refusal("\(words[0]) cannot be run: \(error.message)", help: "save(\"picture.svg\", …) needs no program")
      case .success(let ended) where ended.status == 0 && ended.output.starts(with: signature):
        return Bytes(ended.output)
      case .success(let ended):
        failure =
          failure ?? "\(words[0]) could not draw it"
          + (ended.errors.split(separator: "\n").first.map { ": \($0)" } ?? "")
      }
    }
    throw Refusal(
      failure ?? "a PNG needs a program that draws SVG, and there is none here",
      help: "install librsvg2-bin, or save(\"picture.svg\", …), which needs nothing")
  }
}
