import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Names of files are completed as the language reads them, whatever is in them.
@Suite struct FileNameTests {
  @Test(arguments: [
    ("plain.csv", "load(\"pl\t"), ("a\"q.csv", "load(\"a\t"), ("b\\n.csv", "load(\"b\t"), ("c\nd.csv", "load(\"c\t"),
    ("t\tb.csv", "load(\"t\t"), ("sp ace.csv", "load(\"s\t"), ("u\u{308}n.csv", "load(\"u\t"),
    ("u\u{308}n.csv", "load(\"ü\t"),
    ("ünï.csv", "load(\"ü\t"), ("漢字.csv", "load(\"漢\t"), ("f\u{1B}]0;own\u{7}.csv", "load(\"f\t"),
    ("g\u{202E}x.csv", "load(\"g\t"), ("h{x}.csv", "load(\"h\t"), ("i'`$~.csv", "load(\"i\t"), ("#k.csv", "load(\"#\t"),
    ("l\\\".csv", "load(\"l\t"), ("m\u{9B}2J.csv", "load(\"m\t"), ("n\\u{41}.csv", "load(\"n\t"),
  ]) func whatIsCompletedIsFound(name: String, keys: String) throws {
    let folder = try Folder()
    folder.write(name, "1,2\n3,4\n")
    let session = try ConsoleSession(folder: folder)
    session.terminal.type(keys)
    usleep(50_000)
    session.terminal.type(")\r")
    #expect(session.waits { $0.suffix(4).dropLast() == ["2×2", "  1  2", "  3  4"] }, "\(session.lines)")
  }

  @Test func partOfAnEscapeIsNeverTyped() throws {
    let folder = try Folder()
    for name in ["a\"1.csv", "a\\1.csv"] { folder.write(name, "1,2\n") }
    let session = try ConsoleSession(folder: folder)
    session.terminal.type("load(\"a\t\\\\\t)\r")
    #expect(session.waits { $0.contains("1×2") }, "\(session.lines)")
  }

  @Test func aListShowsNoControlCharacters() throws {
    let folder = try Folder()
    for name in ["f\u{1B}]0;own\u{7}.csv", "f\u{9B}31m.csv", "f\u{202E}.csv"] { folder.write(name, "1,2\n") }
    let session = try ConsoleSession(folder: folder)
    // The first Tab may ring, too: the list is waited for.
    session.type("load(\"f\t\t")
    #expect(session.waits { $0.joined().contains("f\\u{1b}]0;own\\u{7}.csv") }, "\(session.lines)")
    let heard = String(decoding: session.heard, as: UTF8.self).unicodeScalars
    #expect(!heard.contains("\u{9B}") && !heard.contains("\u{202E}"))
    #expect(!String(String.UnicodeScalarView(heard)).contains("\u{1B}]"))
  }
}
