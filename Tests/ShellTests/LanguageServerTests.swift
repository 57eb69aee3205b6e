import Files
import Foundation
import Language
import LanguageServer
import Shell
import TestSupport
import Testing

/// What an editor is answered about a script that is open in it.
@Suite struct LanguageServerTests {
  /// An editor with one script.
  private struct Editor {
    var server: LanguageServer
    let uri: String
    private var number = 0
    private(set) var mistakes: [JSON] = []

    init(_ text: String, uri: String = "file:///nowhere/a.grad", session: Session = Session()) throws {
      server = LanguageServer(session: session, version: "1")
      self.uri = uri
      _ = try ask("initialize", "{\"capabilities\":{}}")
      try tell(
        "textDocument/didOpen",
        "{\"textDocument\":{\"uri\":\"\(uri)\",\"version\":1,\"text\":\(JSON.string(text).text)}}")
    }

    mutating func tell(_ method: String, _ parameters: String) throws {
      try take(server.answer("{\"jsonrpc\":\"2.0\",\"method\":\"\(method)\",\"params\":\(parameters)}"))
      while server.hasWork { try take(server.work()) }
    }

    private mutating func take(_ messages: [String]) throws {
      for message in messages {
        let message = try JSON(Bytes(message))
        if let found = message["params"]?["diagnostics"]?.array { mistakes = found }
      }
    }

    mutating func ask(_ method: String, _ parameters: String) throws -> JSON {
      number += 1
      let request = "{\"jsonrpc\":\"2.0\",\"id\":\(number),\"method\":\"\(method)\",\"params\":\(parameters)}"
      let answers = server.answer(request)
      try take(Array(answers.dropFirst()))
      let answer = try JSON(Bytes(answers[0]))
      #expect(answer["id"] == .integer(number))
      return try #require(answer["result"] ?? answer["error"])
    }

    mutating func ask(_ method: String, line: Int, _ column: Int, _ more: String = "") throws -> JSON {
      let place = "\"position\":{\"line\":\(line),\"character\":\(column)}"
      return try ask("textDocument/" + method, "{\"textDocument\":{\"uri\":\"\(uri)\"},\(place)\(more)}")
    }

    mutating func ask(_ method: String) throws -> JSON {
      try ask("textDocument/" + method, "{\"textDocument\":{\"uri\":\"\(uri)\"}}")
    }

    mutating func change(_ from: (Int, Int), _ to: (Int, Int), _ text: String) throws {
      let ends = [("start", from), ("end", to)].map { "\"\($0)\":{\"line\":\($1.0),\"character\":\($1.1)}" }
      let change = "{\"range\":{\(ends.joined(separator: ","))},\"text\":\(JSON.string(text).text)}"
      try tell(
        "textDocument/didChange", "{\"textDocument\":{\"uri\":\"\(uri)\",\"version\":2},\"contentChanges\":[\(change)]}"
      )
    }

    mutating func hover(_ line: Int, _ column: Int) throws -> String {
      try ask("hover", line: line, column)["contents"]?["value"]?.string ?? ""
    }

    /// The script after a renaming; the error's sentence where there is none.
    mutating func renamed(_ line: Int, _ column: Int, _ name: String) throws -> String {
      let answer = try ask("rename", line: line, column, ",\"newName\":\"\(name)\"")
      if let sentence = answer["message"]?.string { return sentence }
      let edits = answer["changes"]?[uri]?.array ?? []
      return edits.map { edit in
        let start = edit["range"]?["start"]
        return "\(start?["line"]?.whole ?? -1):\(start?["character"]?.whole ?? -1)"
      }.joined(separator: " ")
    }
  }

  private static let script = """
    # a net
    w = weights(3, 2)
    x = rand(5, 3)
    f(v, k=2) = { s = v @ w; relu(s) * k }
    y := f(x, k=3)
    p = (a=w, b=[1, 2])
    for i in 0:3 { w -= 0.1 * i }
    "é😀 {w}"; s = 1
    x.f()
    """

  @Test func mistakesHavePlaces() throws {
    var editor = try Editor("x = rand(2, 3)\nx @ x\nrleu(x)\n")
    #expect(editor.mistakes.count == 2)
    #expect(
      editor.mistakes[0]["range"]?["start"] == .object([.init("line", .integer(1)), .init("character", .integer(2))]))
    #expect(editor.mistakes[0]["message"]?.string?.hasPrefix("inner dimensions differ") == true)
    try editor.change((1, 4), (1, 5), "x.T")
    #expect(editor.mistakes.count == 1 && editor.mistakes[0]["message"]?.string?.contains("relu") == true)
    try editor.change((2, 0), (2, 4), "relu")
    #expect(editor.mistakes.isEmpty)
  }

  @Test func namesAreToldWithTheirShapes() throws {
    var editor = try Editor(Self.script)
    #expect(editor.mistakes.isEmpty)
    #expect(try editor.hover(1, 0) == "```gradus\nw = weights(3, 2)\n```\n\n3×2 · trainable")
    #expect(try editor.hover(4, 0).hasSuffix("5×2 · live"))
    #expect(try editor.hover(3, 25).hasPrefix("```text\nrelu(x)"))
    #expect(try editor.hover(3, 2) == "parameter `v`")
    #expect(try editor.hover(6, 0).hasPrefix("```text\nfor"))
    let hints = try editor.ask("inlayHint").array ?? []
    #expect(hints.compactMap { $0["label"]?.string }.prefix(3) == ["3×2 · trainable", "5×3", "5×2 · live"])
    #expect(
      try editor.ask("documentSymbol").array?.compactMap { $0["name"]?.string } == ["w", "x", "f", "y", "p", "i", "s"])
  }

  @Test func placesCountAsTheProtocolDoes() throws {
    var editor = try Editor(Self.script)
    // Behind é and 😀, which are one and two halves of UTF-16: `w` within the text.
    #expect(try editor.ask("definition", line: 7, 6)["range"]?["start"]?["line"] == .integer(6))
    #expect(try editor.ask("definition", line: 7, 11)["range"]?["start"]?["character"] == .integer(11))
  }

  @Test func namesAreFoundAndRenamedByWhatTheyMean() throws {
    var editor = try Editor(Self.script)
    // The function's own s, its parameter with the keyword of a call, the script's w in all places, f behind a point.
    #expect(try editor.renamed(3, 14, "t") == "3:14 3:30")
    #expect(try editor.renamed(3, 5, "kk") == "3:5 3:35 4:10")
    #expect(try editor.renamed(1, 0, "ww") == "1:0 3:22 5:7 6:15 7:6")
    #expect(try editor.renamed(3, 0, "g") == "3:0 4:5 8:2")
    #expect(try editor.renamed(1, 0, "x") == "'x' means something else in line 3")
    #expect(try editor.renamed(1, 0, "v") == "'v' means something else in line 4")
    #expect(try editor.renamed(3, 14, "w") == "'w' means something else in line 4")
    #expect(try editor.renamed(1, 0, "if") == "'if' can't be a name")
    #expect(try editor.renamed(1, 0, "a b") == "'a b' can't be a name")
    #expect(try editor.renamed(3, 25, "r") == "'relu' is given no value in this file")
  }

  /// A function that may read the script's name before it has its own means the script's.
  @Test func whatMayBeTheScriptsIs() throws {
    var editor = try Editor("n = 1\nf(x) = { if x > 0 { n = 2 }; n }\ng(x) = { n = x; n }\n")
    #expect(try editor.renamed(0, 0, "m") == "0:0 1:20 1:29")
    #expect(try editor.renamed(2, 9, "m") == "2:9 2:16")
  }

  @Test func definitionsInFilesThatAreRun() throws {
    let folder = try Folder()
    _ = folder.write("lib.grad", "inner = 3\nhelper(x) = x\n")
    let path = folder.write("a b.grad", "run \"lib.grad\"\nhelper(1)\n")
    var session = Session()
    session.files = .disk
    let uri = "file://" + path.replacingOccurrences(of: " ", with: "%20")
    var editor = try Editor("run \"lib.grad\"\nhelper(1)\n", uri: uri, session: session)
    #expect(editor.mistakes.isEmpty)
    let place = try editor.ask("definition", line: 1, 0)
    #expect(place["uri"]?.string?.hasSuffix("/lib.grad") == true)
    #expect(place["range"]?["start"]?["line"] == .integer(1))
  }

  @Test func completionsAndSignatures() throws {
    var editor = try Editor("weight = rand(2, 3)\nlonger(alpha, beta=2) = alp\nsum(wei\n")
    func labels(_ answer: JSON) -> [String] { answer["items"]?.array?.compactMap { $0["label"]?.string } ?? [] }
    #expect(labels(try editor.ask("completion", line: 2, 7)).contains("weight"))
    #expect(labels(try editor.ask("completion", line: 1, 27)).contains("alpha"))
    #expect(!labels(try editor.ask("completion", line: 2, 7)).contains("alpha"))
    let help = try editor.ask("signatureHelp", line: 0, 16)
    #expect(help["activeParameter"] == .integer(1))
    #expect(help["signatures"]?.array?.first?["label"]?.string?.hasPrefix("uniform(shape") == true)
  }

  @Test func styleIsOffered() throws {
    var editor = try Editor("a = 1\nb=2\nc = 3\n")
    let edits = try editor.ask("formatting").array ?? []
    #expect(edits.count == 1 && edits[0]["newText"] == .string("b = 2\n"))
    #expect(edits[0]["range"]?["start"]?["line"] == .integer(1) && edits[0]["range"]?["end"]?["line"] == .integer(2))
    var broken = try Editor("a = (\n")
    #expect(try broken.ask("formatting") == .null)
  }

  /// Requests that make no sense are answered in the protocol's own form, and the server goes on.
  @Test func badMessages() throws {
    var editor = try Editor("x = 1\n")
    for (message, code) in [
      ("{", -32_700), ("[]", -32_600), ("{\"id\":1}", -32_600), ("{\"id\":1,\"method\":\"fly\"}", -32_601),
      ("{\"id\":1,\"method\":\"textDocument/hover\"}", -32_602),
      ("{\"id\":1,\"method\":\"textDocument/hover\",\"params\":{\"textDocument\":{\"uri\":\"file:///b\"}}}", -32_602),
      (
        "{\"id\":1,\"method\":\"textDocument/hover\",\"params\":{\"textDocument\":{\"uri\":\"\(editor.uri)\"}}}",
        -32_602
      ),
    ] {
      let answers = editor.server.answer(message)
      #expect(try JSON(Bytes(answers[0]))["error"]?["code"] == .integer(code), "\(message)")
    }
    #expect(editor.server.answer("{\"method\":\"textDocument/didChange\",\"params\":{}}").isEmpty)
    #expect(editor.server.answer("{\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}").isEmpty)
    #expect(editor.server.answer("{\"id\":1,\"result\":null}").isEmpty)
    // Places outside of the text are at its edge.
    try editor.change((9, 9), (3, 3), "y = 2\n")
    #expect(try editor.ask("documentSymbol").array?.count == 2)
    try editor.change((0, 4), (0, 0), "z")
    #expect(try editor.ask("documentSymbol").array?.count == 1)
    _ = try editor.ask("hover", line: -1, -1)
    _ = try editor.ask("rename", line: 100, 100, ",\"newName\":\"q\"")
    var early = LanguageServer(session: Session(), version: "1")
    #expect(early.answer("{\"id\":1,\"method\":\"textDocument/hover\"}")[0].contains("-32002"))
    #expect(early.answer("{\"method\":\"exit\"}").isEmpty && early.end == .abrupt)
  }

  /// Random edits in halves of UTF-16 leave the text that the client has.
  @Test func editsMeetTheSameText() throws {
    var random = SplitMix(5)
    var text = Self.script
    var editor = try Editor(text)
    for _ in 0..<60 {
      let units = Array(text.utf16)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let line = Int(random.next() % UInt64(lines.count))
      let column = Int(random.next() % UInt64(lines[line].utf16.count + 1))
      var place = lines[..<line].reduce(0) { $0 + $1.utf16.count + 1 } + column
      // Not between the halves of one character.
      if place > 0, place < units.count, UTF16.isTrailSurrogate(units[place]) { place -= 1 }
      let new = ["", "a", "é", "😀", "\n", " w", "{"][Int(random.next() % 7)]
      text = String(decoding: Array(units[..<place]) + Array(new.utf16) + Array(units.dropFirst(place)), as: UTF16.self)
      let at = (line, place - (lines[..<line].reduce(0) { $0 + $1.utf16.count + 1 }))
      try editor.change(at, at, new)
    }
    try editor.change((0, 0), (99, 0), Self.script)
    #expect(try editor.renamed(1, 0, "ww") == "1:0 3:22 5:7 6:15 7:6")
  }

  // MARK: The stream

  @Test func messagesAreCutOutOfAStream() {
    let stream = Array("Content-Length: 2\r\n\r\n{}content-length:3\r\nContent-Type: x\r\n\r\n\"é\"".utf8)
    for size in [1, 2, 7, stream.count] {
      var frames = Frames()
      var found: [Frames.Frame] = []
      var rest = stream[...]
      while !rest.isEmpty {
        frames.append(rest.prefix(size))
        rest = rest.dropFirst(size)
        while let frame = frames.next() { found.append(frame) }
      }
      // The second is one byte short of its quote.
      #expect(found == [.message("{}"), .fault("the message isn't UTF-8")] || found.first == .message("{}"))
    }
    var lost = Frames()
    lost.append(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    if case .lost? = lost.next() {} else { Issue.record("headers without a length") }
    var endless = Frames()
    endless.append([UInt8](repeating: 65, count: 5_000))
    if case .lost? = endless.next() {} else { Issue.record("headers without an end") }
  }

  /// A real client: Neovim, without a screen.
  @Test(.peer(.neovim)) func neovimIsAnswered() throws {
    let folder = try Folder()
    let script = folder.write("a.grad", "w = weights(3, 2)\nx = rand(5, 3)\ny = x @ w\nz = x @ x\nq=1\n")
    let driver = folder.write("drive.lua", Self.driver)
    let plugin = Checkout.root.path + "/Editors/vim"
    let result = Python.run(
      try #require(Peer.neovim.output),
      [
        "--headless", "-u", "NONE", "-i", "NONE", "--cmd", "set rtp^=\(plugin)", "-c", "filetype plugin on",
        "-c", "let g:gradus_program = '\(Child.executable)'", "-c", "edit \(script)", "-c", "luafile \(driver)",
      ])
    #expect(result.status == 0, "\(result.output)")
    #expect(
      result.output.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("> ") } == [
        "> mistake 3:6 inner dimensions differ in a matrix product", "> hover 5×2", "> definition 0:0",
        "> completion sigmoid", "> renamed weight = weights(3, 2) | y = x @ weight", "> formatted q = 1",
      ], "\(result.output)")
  }

  private static let driver = #"""
    local function say(text) io.stdout:write("> " .. text .. "\n") end
    local buffer = vim.api.nvim_get_current_buf()
    if not vim.wait(20000, function() return #vim.diagnostic.get(buffer) > 0 end, 20) then say("no mistakes"); vim.cmd("cquit") end
    local mistake = vim.diagnostic.get(buffer)[1]
    say("mistake " .. mistake.lnum .. ":" .. mistake.col .. " " .. vim.split(mistake.message, "\n")[1])
    local function ask(method, line, column, more)
      local parameters = { textDocument = vim.lsp.util.make_text_document_params(buffer), position = { line = line, character = column } }
      for key, value in pairs(more or {}) do parameters[key] = value end
      local answers = vim.lsp.buf_request_sync(buffer, method, parameters, 20000)
      for _, answer in pairs(answers or {}) do return answer.result end
    end
    local hover = vim.split(ask("textDocument/hover", 2, 0).contents.value, "\n")
    say("hover " .. hover[#hover])
    local definition = ask("textDocument/definition", 2, 8)
    say("definition " .. definition.range.start.line .. ":" .. definition.range.start.character)
    vim.api.nvim_buf_set_lines(buffer, 3, 4, false, { "z = sigm" })
    for _, item in ipairs(ask("textDocument/completion", 3, 8).items) do
      if item.label == "sigmoid" then say("completion " .. item.label) end
    end
    vim.api.nvim_buf_set_lines(buffer, 3, 4, false, {})
    vim.lsp.util.apply_workspace_edit(ask("textDocument/rename", 0, 0, { newName = "weight" }), "utf-16")
    local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
    say("renamed " .. lines[1] .. " | " .. lines[3])
    local edits = ask("textDocument/formatting", 0, 0, { options = { tabSize = 2, insertSpaces = true } })
    vim.lsp.util.apply_text_edits(edits, buffer, "utf-16")
    say("formatted " .. vim.api.nvim_buf_get_lines(buffer, 3, 4, false)[1])
    vim.cmd("qall!")
    """#
}
