import Files
import Foundation
import Language
import Shell
import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `--serve`: one request a line, one answer a line.
@Suite struct ServerTests {
  private func answers(_ lines: String...) throws -> [JSON] {
    var server = Server(session: Session())
    return try lines.map { try JSON(Bytes(server.answer($0))) }
  }

  @Test func runsKeepTheirSession() throws {
    let answers = try answers(
      #"{"id":1,"op":"run","code":"x = [1, 2]\nx * 2"}"#, #"{"id":"b","op":"run","code":"sum(x)"}"#)
    #expect(answers[0]["id"] == .integer(1))
    #expect(answers[0]["status"] == .string("ok"))
    #expect(answers[0]["results"] == .array([.string("2\n  2  4")]))
    #expect(answers[1]["id"] == .string("b"))
    #expect(answers[1]["results"] == .array([.string("3")]))
  }

  @Test func errorsHavePlaces() throws {
    let answer = try answers(#"{"id":1,"op":"run","code":"1\nrleu(1)"}"#)[0]
    #expect(answer["status"] == .string("error"))
    #expect(answer["results"] == .array([.string("1")]))
    let error = try #require(answer["errors"]?.array?.first)
    #expect(error["message"] == .string("unknown function 'rleu'"))
    #expect(error["help"] == .string("did you mean 'relu'?"))
    #expect(error["line"] == .integer(2))
    #expect(error["column"] == .integer(1))
    #expect(error["start"] == .integer(2))
    #expect(try answers(#"{"op":"run","code":"(1 +"}"#)[0]["errors"]?.array?.first?["unfinished"] == .bool(true))
  }

  @Test func richResultsAreBesideTheText() throws {
    let answer = try answers(#"{"op":"run","rich":true,"code":"print(1)\n[1, 0] * [true, false]\nplot([1, 2])\n3"}"#)[0]
    let outputs = try #require(answer["outputs"]?.array)
    #expect(outputs.count == 4 && answer["results"]?.array?.count == 4)
    #expect(outputs[0] == .object([JSON.Member("text/plain", .string("1"))]))
    #expect(outputs[1]["text/html"]?.string?.contains("title=\"removed\">⋅</span>") == true)
    #expect(outputs[1]["text/latex"]?.string?.contains("1 & \\cdot") == true)
    #expect(outputs[2]["image/svg+xml"]?.string?.hasPrefix("<svg") == true)
    #expect(try answers(#"{"op":"run","code":"[1, 2]"}"#)[0]["outputs"] == nil)
    let large = try answers(#"{"op":"run","rich":true,"code":"zeros(500, 400)"}"#)[0]
    let table = try #require(large["outputs"]?.array?.first?["text/html"]?.string)
    #expect(table.contains("480 rows, 384 columns hidden") && table.utf8.count < 80_000)
  }

  @Test func outputsStreamWhereThatIsAskedFor() throws {
    var server = Server(session: Session())
    var told: [JSON] = []
    let answer = server.answer(#"{"id":7,"op":"run","stream":true,"code":"1\n2"}"#) { line in
      if let json = try? JSON(Bytes(line)) { told.append(json) }
    }
    #expect(told.map { $0["output"]?["text/plain"] } == [.string("1"), .string("2")])
    #expect(told.allSatisfy { $0["id"] == .integer(7) && $0["status"] == .string("output") })
    #expect(try JSON(Bytes(answer))["results"] == .array([.string("1"), .string("2")]))
  }

  @Test func wholeCodeIsToldFromTheRest() throws {
    let states = try answers(
      #"{"op":"check","code":"1 + 1"}"#, #"{"op":"check","code":"f(x) = {\n  for i in [1,"}"#,
      #"{"op":"check","code":"1 + )"}"#, #"{"op":"check"}"#)
    #expect(states.prefix(3).map { $0["code"] } == ["complete", "incomplete", "invalid"].map { .string($0) })
    #expect(states[1]["indent"] == .string("    "))
    #expect(states[3]["status"] == .string("error"))
  }

  @Test func slidesAreSliders() throws {
    let answer = try answers(
      #"{"op":"run","rich":true,"code":"w = weights(value=[-0.1, 0.3]); y := relu(w)\n:slide w[0] from -1 to 1"}"#)[0]
    let html = try #require(answer["outputs"]?.array?.last?["text/html"]?.string)
    #expect(html.contains("type=\"range\" min=\"0\" max=\"40\" value=\"18\""))
    #expect(html.components(separatedBy: "<pre").count == 42 && html.contains("w[0] = 0.05"))
    let plain = try answers(#"{"op":"run","code":"rate = 1\n:slide rate"}"#)[0]
    #expect(plain["errors"]?.array?.first?["help"] == .string("rate = 1"))
  }

  @Test func completesAndInspects() throws {
    let answers = try answers(
      #"{"op":"run","code":"weights = [1, 2]"}"#, #"{"op":"complete","code":"sum(weig","cursor":8}"#,
      #"{"op":"inspect","name":"weights"}"#, #"{"op":"inspect","name":"relu"}"#, #"{"op":"inspect","name":"nothing"}"#)
    #expect(answers[1]["start"] == .integer(4))
    #expect(answers[1]["matches"]?.array?.contains { $0["text"] == .string("weights") } == true)
    #expect(answers[2]["shape"] == .string("2"))
    #expect(answers[3]["help"]?.string?.hasPrefix("relu(x)") == true)
    #expect(answers[4]["found"] == .bool(false))
  }

  @Test(arguments: [
    "", "{", "[]", "3", "null", #"{"op":"fly"}"#, #"{"op":3}"#, #"{"id":{"a":[1]},"op":"run"}"#, "\u{0}",
    #"{"op":"run","code":5}"#, #"{"op":"complete"}"#, #"{"op":"inspect"}"#, #"{"op":"run","op":"run"}"#,
    String(repeating: "[", count: 10_000), #"{"op":"complete","code":"é","cursor":-5}"#,
    #"{"op":"complete","code":"é","cursor":1}"#, #"{"op":"complete","code":"x","cursor":1e300}"#,
  ]) func badRequestsAreAnswered(line: String) throws {
    let answers = try answers(line, #"{"op":"run","code":"1"}"#)
    #expect(answers[0]["status"] != nil)
    #expect(answers[1]["results"] == .array([.string("1")]))
  }

  @Test func theProgramAnswersInOrder() throws {
    let input = #"{"id":1,"op":"run","code":"a = 2"}"# + "\nnonsense\n\n" + #"{"id":2,"op":"run","code":"a + 1"}"#
    let result = try Child.run(["--serve"], input: input)
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix(#"{"id":1,"status":"ok","results":[],"#) == true)
    #expect(lines.dropFirst().first?.hasPrefix(#"{"id":null,"status":"error","errors":[{"message":"#) == true)
    #expect(lines.last?.hasPrefix(#"{"id":2,"status":"ok","results":["3"],"#) == true)
    #expect(result.errors.isEmpty)
    #expect(try Child.run(["--serve", "file.grad"]).status == 2)
    let quit = try Child.run(["--serve"], input: #"{"op":"run","code":":quit"}"# + "\n" + #"{"op":"run","code":"1"}"#)
    // What waits behind the end is answered, too.
    #expect(quit.output.split(separator: "\n").count == 2)
    #expect(quit.output.contains("the session has ended"))
  }

  @Test func identifiersComeBackAsTheyCame() throws {
    for id in [
      "9007199254740993", "12345678901234567890", "1e999", "1.0", "\"\\u00e9\"", "{\"a\":[1, 2]}", "null", "-0",
    ] {
      var server = Server(session: Session())
      #expect(
        server.answer("{\"id\": \(id) ,\"op\":\"run\",\"code\":\"1\"}").hasPrefix("{\"id\":\(id),\"status\":\"ok\""))
      #expect(server.answer("{\"op\":\"fly\",\"id\":\(id)}").hasPrefix("{\"id\":\(id),\"status\":\"error\""))
    }
  }

  @Test func resultsFitAScreen() throws {
    let answers = try answers(
      #"{"op":"run","code":"zeros(2000, 2000)"}"#, #"{"op":"run","code":"zeros(300, 300)","columns":40,"rows":10}"#,
      #"{"op":"run","code":":all zeros(50, 50)"}"#)
    let lines = answers.map { $0["results"]?.array?.first?.string?.split(separator: "\n") ?? [] }
    #expect(lines[0].count <= 30 && lines[0].allSatisfy { $0.count <= 100 })
    #expect(lines[1].count <= 10 && lines[1].allSatisfy { $0.count <= 40 })
    #expect(lines[2].count == 51)
  }

  @Test func halfACharacterIsNone() throws {
    let answer = try answers(#"{"id":1,"op":"run","code":"\ud800"}"#)[0]
    #expect(answer["errors"]?.array?.first?["message"]?.string?.contains("half a character") == true)
  }

  /// An interrupt is for what was asked before it, begun or not, and for nothing after it.
  @Test func anEarlyInterruptIsNotLost() throws {
    let endless = #"{"id":1,"op":"run","code":"while true { x = 1 }"}"#
    for lines in [
      [endless, #"{"op":"interrupt","id":2}"#, #"{"id":3,"op":"run","code":"1 + 2"}"#],
      [endless, endless, endless, #"{"op":"interrupt","id":2}"#, #"{"id":3,"op":"run","code":"1 + 2"}"#],
    ] {
      let result = try Child.run(["--serve"], input: lines.joined(separator: "\n") + "\n")
      let answers = result.output.split(separator: "\n")
      #expect(answers.count == lines.count)
      #expect(answers.filter { $0.hasPrefix(#"{"id":1,"status":"interrupted""#) }.count == lines.count - 2)
      #expect(answers.contains { $0.hasPrefix(#"{"id":3,"status":"ok","results":["3"]"#) }, "\(answers)")
    }
  }

  /// Through named pipes, so that an interrupt comes while the work goes on.
  @Test func workIsInterruptedAndAVanishedClientEndsIt() throws {
    let folder = try Folder()
    let (questions, replies) = (folder.path + "/in", folder.path + "/out")
    #expect(unsafe mkfifo(questions, 0o600) == 0 && mkfifo(replies, 0o600) == 0)
    // Opened both ways first, so that nobody waits for the other end.
    let hold = unsafe [open(questions, O_RDWR | O_CLOEXEC), open(replies, O_RDWR | O_CLOEXEC)]
    let child = try #require(
      Child(
        ["--serve"],
        streams: [(questions, O_RDONLY), (replies, O_WRONLY), (folder.path + "/err", O_WRONLY | O_CREAT)],
        environment: ["HOME": folder.path]))
    let pipe = unsafe open(replies, O_RDONLY | O_CLOEXEC)
    func send(_ text: String) { _ = unsafe text.withCString { unsafe write(hold[0], $0, strlen($0)) } }
    func receive() -> String {
      var bytes: [UInt8] = []
      var byte: UInt8 = 0
      while unsafe read(pipe, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
      return String(decoding: bytes, as: UTF8.self)
    }
    send(#"{"id":1,"op":"run","code":"n = 0\nwhile n >= 0 { n += 1 }"}"# + "\n")
    usleep(300_000)
    send(#"{"id":2,"op":"interrupt"}"# + "\n")
    let both = [receive(), receive()].sorted()
    #expect(both[0].hasPrefix(#"{"id":1,"status":"interrupted""#), "\(both)")
    #expect(both[1].hasPrefix(#"{"id":2,"status":"ok""#), "\(both)")
    send(#"{"id":3,"op":"run","code":"n > 0"}"# + "\n")
    #expect(receive().contains(#""results":["true"]"#))
    // Nobody reads and nobody writes any more, in the middle of work without end.
    send(#"{"id":4,"op":"run","code":"while n >= 0 { n += 1 }"}"# + "\n")
    usleep(100_000)
    for descriptor in hold + [pipe] { close(descriptor) }
    #expect(child.status() == 0)
  }
}
