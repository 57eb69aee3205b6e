import Refusals
import Syntax

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Programs from files and from standard input.
enum Input {
  static func file(_ path: String) throws(Refusal) -> Source {
    switch System.contents(ofFile: path, as: .starter) {
    case .failure(let error):
      let near = error.code == ENOENT ? Path.near(path) : nil
      throw Refusal("cannot open '\(path)': \(error.message)" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    case .success(let bytes):
      return try source(path, bytes)
    }
  }

  static func standard() throws(Refusal) -> Source {
    switch System.contents(of: STDIN_FILENO) {
    case .failure(let error): throw Refusal("cannot read standard input: \(error.message)")
    case .success(let bytes): return try source("<stdin>", bytes)
    }
  }

  private static func source(_ name: String, _ bytes: [UInt8]) throws(Refusal) -> Source {
    do throws(ProgramText.Flaw) {
      return Source(name: name, text: try ProgramText.decoded(bytes))
    } catch {
      throw Refusal("\(name):\(error.line):\(error.column): \(error.message)")
    }
  }
}
