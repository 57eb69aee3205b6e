import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Results that go into a pipe.
@Suite struct PipeTests {
  private static let talkative = [
    "M = rand(300000, 3); :repr M", ":all rand(300000, 3)", "while true { 1 }", "repeat 1e9 { eye(9) }",
  ]

  /// The program, and the end of its pipe that is read from.
  private static func started(_ code: String, in folder: Folder) throws -> (child: Child, reader: Int32) {
    let path = folder.path + "/pipe"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    let reader = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let streams = [("/dev/null", O_RDONLY), (path, O_WRONLY), (folder.path + "/errors", O_WRONLY | O_CREAT)]
    let child = try #require(Child(["-e", code], streams: streams, environment: ["HOME": folder.path]))
    var first = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&first, 1, 30_000) == 1)
    return (child, reader)
  }

  @Test(arguments: talkative) func aReaderThatLeavesEndsItQuietly(code: String) throws {
    let folder = try Folder()
    let (child, reader) = try Self.started(code, in: folder)
    var bytes = [UInt8](repeating: 0, count: 100)
    #expect(unsafe read(reader, &bytes, bytes.count) > 0)
    close(reader)
    #expect(child.status() == 128 + SIGPIPE)
    #expect(folder.contents(of: "errors") == "")
  }

  @Test(arguments: talkative) func aReaderThatStopsCanBeLeft(code: String) throws {
    let folder = try Folder()
    let (child, reader) = try Self.started(code, in: folder)
    defer { close(reader) }
    usleep(300_000)
    let start = ContinuousClock.now
    child.signal(SIGINT)
    #expect(child.status() == 130)
    #expect(ContinuousClock.now - start < .seconds(0.5 * Pace.slowness + 0.2))
  }
}
