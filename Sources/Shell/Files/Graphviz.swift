import Language
import Refusals
import Syntax

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Graphviz, where it is installed: a program that draws graphs.
enum Graphviz {
  /// Puts the picture of a graph in the place of a file, or leaves the old one as it was.
  static func draw(_ graph: String, to path: String) throws(Refusal) {
    let place = Path.expanded(path)
    let (source, picture) = ("\(place).\(getpid()).dot", "\(place).\(getpid()).png")
    defer {
      unsafe unlink(source)
      unsafe unlink(picture)
    }
    if let failure = System.replace(file: source, with: graph.utf8, mode: 0o600) {
      throw Refusal("cannot write \"\(path)\": \(failure.message)")
    }
    switch System.run(["dot", "-Tpng", "-o", picture, source]) {
    case .failure(ErrorNumber(code: ENOENT)):
      throw Refusal(
        "a PNG needs Graphviz, and there is no 'dot' here",
        help: "install graphviz, or :export svg, which needs nothing")
    case .failure(let error): throw Refusal("Graphviz cannot be run: \(error.message)")
    case .success(let (status, text)) where status != 0:
      let reason = text.split(separator: "\n").first.map { ": \($0)" } ?? ""
      throw Refusal("Graphviz could not draw the graph" + reason, help: ":export svg needs no Graphviz")
    case .success: break
    }
    if unsafe rename(picture, place) != 0 {
      throw Refusal("cannot write \"\(path)\": \(ErrorNumber(code: errno).message)")
    }
  }
}
