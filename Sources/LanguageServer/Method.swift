import Files
import Language
import Syntax

/// A request or a notice of the protocol: what it is called, what is told of it beforehand, and what it does.
struct Method: Sendable {
  let name: String
  /// What the answer to `initialize` says of it.
  var capability: JSON.Member?
  /// It is answered before there was an `initialize`.
  var comesFirst = false
  let answer: @Sendable (inout LanguageServer, JSON) throws(Fault) -> JSON

  init(
    _ name: String, _ capability: JSON.Member? = nil, comesFirst: Bool = false,
    _ answer: @escaping @Sendable (inout LanguageServer, JSON) throws(Fault) -> JSON
  ) {
    self.name = name
    self.capability = capability
    self.comesFirst = comesFirst
    self.answer = answer
  }

  static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  static let all = life + looks + edits

  private static var life: [Method] {
    [
      Method("initialize", comesFirst: true) { server, parameters in server.initialise(parameters) },
      Method("initialized") { _, _ in .null },
      Method("shutdown") { server, _ in
        server.shutDown()
        return .null
      },
      Method("textDocument/didOpen") { server, parameters throws(Fault) in
        try server.open(parameters)
        return .null
      },
      Method("textDocument/didChange") { server, parameters throws(Fault) in
        try server.change(parameters)
        return .null
      },
      Method("textDocument/didClose") { server, parameters throws(Fault) in
        try server.close(parameters)
        return .null
      },
    ]
  }

  private static func provider(_ name: String, _ options: JSON = .bool(true)) -> JSON.Member {
    JSON.Member(name + "Provider", options)
  }

  /// What changes nothing.
  private static var looks: [Method] {
    [
      Method("textDocument/hover", provider("hover")) { server, parameters throws(Fault) in
        try server.hover(parameters)
      },
      Method("textDocument/definition", provider("definition")) { server, parameters throws(Fault) in
        try server.definition(parameters)
      },
      Method("textDocument/references", provider("references")) { server, parameters throws(Fault) in
        try server.references(parameters)
      },
      Method("textDocument/documentHighlight", provider("documentHighlight")) { server, parameters throws(Fault) in
        try server.highlights(parameters)
      },
      Method("textDocument/documentSymbol", provider("documentSymbol")) { server, parameters throws(Fault) in
        try server.symbols(parameters)
      },
      Method("textDocument/inlayHint", provider("inlayHint")) { server, parameters throws(Fault) in
        try server.hints(parameters)
      },
      Method(
        "textDocument/signatureHelp",
        provider("signatureHelp", .object([.init("triggerCharacters", .array([.string("("), .string(",")]))]))
      ) { server, parameters throws(Fault) in try server.signature(parameters) },
    ]
  }

  /// What offers another text.
  private static var edits: [Method] {
    [
      Method(
        "textDocument/completion",
        provider("completion", .object([.init("triggerCharacters", .array([".", ":", "\\"].map { .string($0) }))]))
      ) { server, parameters throws(Fault) in try server.completion(parameters) },
      Method("textDocument/rename", provider("rename", .object([.init("prepareProvider", .bool(true))]))) {
        server, parameters throws(Fault) in try server.rename(parameters)
      },
      Method("textDocument/prepareRename") { server, parameters throws(Fault) in
        try server.prepareRename(parameters)
      },
      Method("textDocument/formatting", provider("documentFormatting")) { server, parameters throws(Fault) in
        try server.format(parameters)
      },
      Method("textDocument/codeAction", provider("codeAction")) { server, parameters throws(Fault) in
        try server.actions(parameters)
      },
    ]
  }
}
