import Files
import Foundation
import Language
import Shell
import TestSupport
import Testing

@testable import Text

/// Version 2 of the protocol, which `:help serve` describes.
@Suite struct ProtocolTests {
  private func answers(_ lines: String...) throws -> [JSON] {
    var server = Server(session: Session())
    return try lines.map { try JSON(Bytes(server.answer($0))) }
  }

  private func reason(_ answer: JSON) -> String? { answer["errors"]?.array?.first?["reason"]?.string }

  private let hello = #"{"op":"hello","version":2}"#

  @Test func aHelloSaysWhatIsSpoken() throws {
    let answers = try answers(hello, #"{"op":"hello"}"#, #"{"op":"hello","version":1}"#)
    #expect(answers[0]["version"] == .integer(2) && answers[1]["version"] == .integer(2))
    #expect(answers[2]["version"] == .integer(1))
    let names = (answers[0]["ops"]?.array ?? []).compactMap(\.string)
    #expect(names.contains("get") && names.contains("open"))
    // The page says the same.
    for name in names { #expect(ServePage.text.contains(name), "\(name)") }
    for type in ["float32", "int64", "bool"] { #expect(answers[0]["dtypes"]?.array?.contains(.string(type)) == true) }
  }

  @Test(arguments: [
    (#"{"op":"hello","version":3}"#, "version"), (#"{"op":"hello","version":"2"}"#, "version"),
    (#"{"op":"run","code":"1","colour":true}"#, "field"), (#"{"op":"fly"}"#, "op"), (#"{"op":"get"}"#, "field"),
    (#"{"op":"run","code":"1","session":"b"}"#, "session"), (#"{"op":"close","session":"b"}"#, "session"),
    (#"{"op":"run","code":"1","session":3}"#, "field"), (#"{"op":"open"}"#, "session"),
    (#"{"op":"interrupt","of":7}"#, "interrupt"), (#"{"op":"interrupt"}"#, "interrupt"), (#"{"op":"ru"#, "json"),
    (#"{"op":"set","name":"x"}"#, "field"), (#"{"op":"set","name":"x","value":[1]}"#, "value"),
    (#"{"op":"set","name":"x","value":{"type":"tensor","dtype":"float32","shape":[2],"data":"AAAA"}}"#, "value"),
    (#"{"op":"set","name":"x","value":{"type":"tensor","dtype":"float32","shape":[1],"data":"A*=="}}"#, "value"),
    (#"{"op":"set","name":"x","value":{"type":"tensor","dtype":"str","shape":[1],"data":""}}"#, "value"),
    (
      #"{"op":"set","name":"x","value":{"type":"tensor","dtype":"bool","shape":[4611686018427387904,8],"data":""}}"#,
      "value"
    ), (#"{"op":"set","name":"x","value":{"type":"record","names":["a"],"values":[]}}"#, "value"),
    (#"{"op":"set","name":"x","value":{"type":"tensor","dtype":"bool","shape":[-1],"data":""}}"#, "value"),
    (#"{"op":"set","name":"x","value":1e999}"#, "value"),
    (#"{"op":"set","name":"x","value":{"type":"function","text":"x"}}"#, "value"),
  ]) func whatIsWrongWithARequestHasAReason(line: String, wanted: String) throws {
    let answers = try answers(hello, line, #"{"op":"run","code":"1 + 1"}"#)
    #expect(answers[1]["status"] == .string("error"))
    #expect(reason(answers[1]) == wanted, "\(answers[1].text)")
    #expect(answers[2]["results"] == .array([.string("2")]))
  }

  /// Before a hello everything is as it was in the first version.
  @Test func theFirstVersionPassesOverWhatItDoesNotKnow() throws {
    let answers = try answers(#"{"op":"run","code":"1","colour":true}"#, #"{"op":"interrupt"}"#)
    #expect(answers[0]["status"] == .string("ok"))
    #expect(answers[1] == .object([JSON.Member("id", .null), JSON.Member("status", .string("ok"))]))
  }

  @Test func sessionsKnowNothingOfEachOther() throws {
    let answers = try answers(
      #"{"op":"open","session":"b"}"#, #"{"op":"run","code":"x = 1"}"#,
      #"{"op":"run","session":"b","code":"x = 2"}"#, #"{"op":"run","code":"x"}"#,
      #"{"op":"run","session":"b","code":"x"}"#, #"{"op":"open","session":"b"}"#,
      #"{"op":"run","session":"b","code":":quit"}"#, #"{"op":"run","session":"b","code":"x"}"#,
      #"{"op":"run","code":"x"}"#)
    #expect(answers[3]["results"] == .array([.string("1")]) && answers[4]["results"] == .array([.string("2")]))
    #expect(reason(answers[5]) == "session" && reason(answers[7]) == "session")
    #expect(answers[8]["results"] == .array([.string("1")]))
  }

  @Test func valuesComeAndGo() throws {
    let answers = try answers(
      #"{"op":"run","code":"x = [1, 2; 3, 4]; p = (w=x, b=(1, \"a\")); f(t) = t ^ 2; y := x * 2"}"#,
      #"{"op":"get","code":"x"}"#, #"{"op":"get","code":"p"}"#, #"{"op":"get","code":"f"}"#,
      #"{"op":"get","code":"y[0] > 2"}"#, #"{"op":"get","code":"grad(sum(x ^ 2), x)"}"#,
      #"{"op":"get","code":"x = 3"}"#,
      #"{"op":"get","code":"nothing"}"#,
      #"{"op":"set","name":"z","value":{"type":"tensor","dtype":"int16","shape":[2],"data":"AQD//w=="}}"#,
      #"{"op":"set","name":"q","value":{"type":"record","names":["w","parts"],"values":[{"type":"tensor","dtype":"bool","shape":[],"data":"AQ=="},{"type":"tuple","values":[{"type":"tensor","dtype":"float64","shape":[1],"data":"AAAAAAAA8D8="}]}]}}"#,
      #"{"op":"set","name":"x[0, 1]","value":7.5}"#, #"{"op":"set","name":"s","value":"{a}"}"#,
      #"{"op":"run","code":"z\nx\ns\nq.w\nq.parts[0]"}"#, #"{"op":"set","name":"a; b","value":1}"#,
      #"{"op":"run","code":":undo\nkeys(q)"}"#)
    #expect(answers[1]["value"]?["data"] == .string("AACAPwAAAEAAAEBAAACAQA=="))
    #expect(answers[1]["value"]?["shape"] == .array([.integer(2), .integer(2)]))
    #expect(answers[2]["value"]?["names"] == .array([.string("w"), .string("b")]))
    #expect(answers[2]["value"]?["values"]?.array?[1]["values"]?.array?[1]["text"] == .string("a"))
    #expect(answers[3]["value"]?["type"] == .string("function"))
    #expect(answers[4]["value"]?["data"] == .string("AAE=") && answers[4]["value"]?["dtype"] == .string("bool"))
    #expect(answers[5]["value"]?["data"] == .string("AAAAQAAAgEAAAMBAAAAAQQ=="))
    #expect(answers[6]["status"] == .string("error") && answers[7]["errors"]?.array?.first?["column"] == .integer(1))
    let results = (answers[12]["results"]?.array ?? []).compactMap(\.string)
    #expect(results[0] == "z  2\n  1  -1" && results[1].contains("1  7.5") && results[2] == "{a}", "\(results)")
    #expect(results[3].hasSuffix("true") && results[4].hasSuffix("1"), "\(results)")
    #expect(answers[13]["status"] == .string("error"))
  }

  @Test func nothingIsLeftOutWhereAllIsAskedFor() throws {
    let answer = try answers(#"{"op":"run","code":"zeros(200, 3)","full":true}"#)[0]
    #expect(answer["results"]?.array?.first?.string?.split(separator: "\n").count ?? 0 > 200)
  }

  @Test func base64IsReadBack() {
    for count in 0..<20 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 77 + 200) }
      #expect(Base64.text(of: bytes) == Data(bytes).base64EncodedString())
      #expect(Base64.bytes(of: Base64.text(of: bytes)) == bytes)
    }
    for text in ["A", "AA=A", "====", "AAA\u{e9}", "A===", "=AAA"] { #expect(Base64.bytes(of: text) == nil, "\(text)") }
  }

  /// What isn't text, what is too long, and half a line: each is answered, and what follows is read as ever.
  @Test func junkIsAnswered() throws {
    let lines: [[UInt8]] = [
      [0xFF, 0xFE, 0], Array(#"{"id":1,"op":"hello"}"#.utf8), [0x80], Array(#"{"id":2,"op":"get","code":"1"}"#.utf8),
      Array(#"{"id":3,"op":"ru"#.utf8),
    ]
    let folder = try Folder()
    let input = folder.path + "/in"
    try Data(lines.joined(separator: [0x0A])).write(to: URL(fileURLWithPath: input))
    let child = Child(
      ["--serve"],
      streams: [
        (input, O_RDONLY), (folder.path + "/out", O_WRONLY | O_CREAT), (folder.path + "/err", O_WRONLY | O_CREAT),
      ],
      environment: ["HOME": folder.path])
    #expect(child?.status() == 0)
    let answers = try (folder.contents(of: "out") ?? "").split(separator: "\n").map { try JSON(Bytes(String($0))) }
    #expect(answers.count == 5)
    #expect(
      answers.filter { reason($0) == "encoding" }.count == 2 && answers.filter { reason($0) == "json" }.count == 1)
  }

  @Test func oneOfSeveralRequestsIsStopped() throws {
    let lines = [
      #"{"op":"hello"}"#, #"{"id":1,"op":"run","code":"while true { x = 1 }"}"#, #"{"id":2,"op":"run","code":"2"}"#,
      #"{"id":9,"op":"interrupt","of":1}"#, #"{"id":8,"op":"interrupt","of":77}"#,
    ]
    let output = try Child.run(["--serve"], input: lines.joined(separator: "\n") + "\n").output
    let answers = try output.split(separator: "\n").map { try JSON(Bytes(String($0))) }
    func status(_ id: Int) -> String? { answers.first { $0["id"] == .integer(id) }?["status"]?.string }
    #expect(status(1) == "interrupted" && status(2) == "ok" && status(9) == "ok" && status(8) == "error", "\(output)")
  }

  /// Through the client in `Editors/python`.
  @Test(.peer(.numpy)) func pythonWorksWithSessions() throws {
    let result = Python.run(
      try #require(Peer.numpy.python), ["-c", Self.client, Checkout.root.path + "/Editors/python", Child.executable])
    #expect(result.status == 0, "\(result.output)")
  }

  private static let client = #"""
    import os, signal, sys, threading, time
    sys.path.insert(0, sys.argv[1]); os.environ["GRADUS"] = sys.argv[2]
    import gradus, numpy as np
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with gradus.Session() as g:
        g["x"] = np.eye(3)
        assert str(g.run("y = x @ x\nsum(y)")) == "3"
        y = g["y"]
        assert (y == np.eye(3)).all() and y.dtype == np.float64 and y.flags.writeable
        for array in (np.arange(6).reshape(2, 3), np.array([True, False]), np.float32(2.5), np.zeros((0, 3)),
                      np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array([[1, 2]], ">f4"), np.array([np.nan, np.inf])):
            g["a"] = array
            assert np.array_equal(g["a"], array, equal_nan=True) and g["a"].shape == np.shape(array), array
        g["n"] = 3; g["t"] = "é {x}"; g["net"] = {"layers": ({"w": np.ones((2, 2), "f4")},), "b": 1.5}
        assert g["n"] == 3 and g["t"] == "é {x}" and g["net"]["layers"][0]["w"].sum() == 4 and g["net"]["b"] == 1.5
        large = np.random.default_rng(1).normal(size=(1500, 600))
        g["large"] = large
        assert np.array_equal(g["large"], large) and np.allclose(g["grad(sum(large ^ 2), large)[0]"], 2 * large[0])
        try: g.run("z = 1\nx @ ones(2, 2)")
        except gradus.Error as error:
            assert (error.line, error.column) == (2, 3), (error.line, error.column)
            assert "dimensions differ" in error.message and "x is 3×3" in str(error), str(error)
        else: assert False
        assert g["z"] == 1
        try: g["w"] = np.array(["a"])
        except TypeError: pass
        else: assert False
        other = g.open("b")
        other["x"] = 5
        assert other["x"] == 5 and g["x"].shape == (3, 3)
        other.close()
        try: other["x"]
        except gradus.Error as error: assert error.reason == "session"
        assert g.check("f(x) = {") == "incomplete" and g.complete("é = sigm")[2] == ["sigmoid("]
        assert g.inspect("relu")[1].startswith("relu(x)") and g.inspect("qwertz") == (None, None)
        assert not g.interrupt()
        threading.Timer(0.5, g.interrupt).start()
        try: g.run("i = 0\nwhile true { i += 1 }")
        except gradus.Interrupted: pass
        else: assert False
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try: g.run("while true { i += 1 }")
        except gradus.Interrupted: pass
        else: assert False
        assert g["i > 0"]
        told = []
        threading.Timer(1.6, g.interrupt).start()
        try: g.run("v = weights(2)\ntrain(sum(v * v), steps=1e9);", tell=told.append)
        except gradus.Interrupted as error: assert "keeps" in error.note
        assert told[0]["progress"]["of"] == 10 ** 9 and told[0]["progress"]["done"] > 0, told
    try: g["x"]
    except gradus.Error as error: assert error.reason == "ended"
    try: gradus.Session("/nowhere/gradus")
    except OSError: pass
    """#
}
