import Files
import Language
import Refusals
import Syntax

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Graphviz, where it is installed: a program that draws graphs.
enum Graphviz {
  /// The picture of a graph, as a PNG.
  static func picture(of graph: String) throws(Refusal) -> Bytes {
    switch System.run(["dot", "-Tpng"], input: Bytes(graph)) {
    case .failure(ErrorNumber(code: ENOENT)):
      throw Refusal(
        "a PNG needs Graphviz, and there is no 'dot' here",
        help: "install graphviz, or :export svg, which needs nothing")
    case .failure(let error): throw Refusal("Graphviz cannot be run: \(error.message)")
    case .success(let ended) where ended.status != 0:
      let reason = ended.errors.split(separator: "\n").first.map { ": \($0)" } ?? ""
      throw Refusal("Graphviz could not draw the graph" + reason, help: ":export svg needs no Graphviz")
    case .success(let ended): return Bytes(ended.output)
    }
  }
}
