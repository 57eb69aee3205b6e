import Exports
import Files
import Refusals
import Syntax

/// A form in which expressions leave for other programs.
package struct ExportKind: Sendable {
  enum Body: Sendable {
    /// Of the dataflow as `:graph` shows it.
    case drawing(@Sendable (Session, DataflowExport, ExportRequest) throws(Refusal) -> Void)
    /// Of the graph that computes it.
    case program(@Sendable (Session, ExportedProgram, ExportRequest) throws(Refusal) -> ExportReport)
  }

  package let name: String
  /// One sentence.
  package let summary: String
  /// A file's name, as an example.
  let example: String
  /// How the file's name must end, and what such a file is; nil: anyhow.
  package let ending: (text: String, meaning: String)?
  let options: [ExportOption]
  let body: Body
  /// It can serve inputs of other sizes than those at hand.
  var leavesSizesOpen = false
  /// It writes source in this one; a training as a whole, too.
  var dialect: ArrayDialect?

  package static let all: [ExportKind] = drawings + ArrayDialect.all.map(source) + [stablehlo, onnx]

  package static let named: [String: ExportKind] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// Whether it writes the graph, for others to run.
  package var isProgram: Bool { if case .program = body { true } else { false } }

  /// All kinds in one line.
  static let usage =
    ([":export \(all.map(\.name).joined(separator: "|")) EXPR FILE"] + all.flatMap(\.options).map { "[\($0.form)]" })
    .joined(separator: " ")

  /// This one alone.
  var usage: String {
    ([":export \(name) EXPR \(example)"] + options.map { "[\($0.form)]" }).joined(separator: " ")
  }

  /// A line for each, as the page on exports has it.
  static var list: String {
    let commands = all.map { ":export \($0.name) loss \($0.example)" }
    let width = commands.map(\.count).max() ?? 0
    return zip(commands, all).map { command, kind in
      command + String(repeating: " ", count: width - command.count + 2) + kind.summary
    }.joined(separator: "\n  ")
  }

  private static let drawings = [
    ExportKind(
      name: "dot", summary: "The dataflow, in Graphviz's language.", example: "loss.dot", ending: nil, options: [],
      body: .drawing { session, drawing, request throws(Refusal) in
        try session.files.save(request.path, [Bytes(drawing.dot)])
      }),
    ExportKind(
      name: "svg", summary: "The dataflow, as a drawing for browsers.", example: "loss.svg", ending: nil, options: [],
      body: .drawing { session, drawing, request throws(Refusal) in
        try session.files.save(request.path, [Bytes(drawing.svg)])
      }),
    ExportKind(
      name: "png", summary: "The dataflow, as a picture by Graphviz.", example: "loss.png", ending: nil, options: [],
      body: .drawing { session, drawing, request throws(Refusal) in
        try session.files.save(request.path, [session.files.picture(drawing.dot)])
      }),
  ]

  private static func source(_ dialect: ArrayDialect) -> ExportKind {
    ExportKind(
      name: dialect.name, summary: dialect.summary, example: "model.py", ending: (".py", "Python source"), options: [],
      body: .program { session, program, request throws(Refusal) in
        let source = try ArraySource(program, dialect)
        try session.writeSource(source, request)
        var report = ExportReport()
        if source.isFixed { report.noteFixed(program) }
        return report
      }, leavesSizesOpen: true, dialect: dialect)
  }

  private static let stablehlo = ExportKind(
    name: "stablehlo", summary: "For XLA: one device, many, or many machines.", example: "FOLDER", ending: nil,
    options: [.devices, .shard, .procs],
    body: .program { session, program, request throws(Refusal) in
      try session.writeBundle(program, request)
      var report = ExportReport(invitation: request.invitation)
      report.noteFixed(program)
      return report
    })

  private static let onnx = ExportKind(
    name: "onnx", summary: "For inference engines and viewers.", example: "model.onnx",
    ending: (".onnx", "an ONNX model"), options: [],
    body: .program { session, program, request throws(Refusal) in
      let model = try ONNXModel(program)
      try session.write([Bytes(model.bytes)], to: request.path)
      var report = ExportReport()
      if model.isFixed { report.noteFixed(program) }
      return report
    }, leavesSizesOpen: true)
}

/// What may stand behind the file's name.
struct ExportOption: Sendable {
  /// `devices=N`.
  let form: String
  /// Takes in the value; false if it makes no sense.
  let read: @Sendable (_ value: Substring, _ request: inout ExportRequest) -> Bool

  var name: Substring { form.prefix { $0 != "=" } }

  static let devices = ExportOption(form: "devices=N[xM]") { value, request in
    let extents = value.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard extents.count <= Mesh.mostAxes, extents.allSatisfy({ 1...4096 ~= $0 }) else { return false }
    request.devices = extents
    return request.deviceCount <= 4096
  }
  static let shard = ExportOption(form: "shard=x,w:columns") { value, request in
    var cuts: [String: Mesh.Cut] = [:]
    for part in value.split(separator: ",") {
      let words = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let cut = words.count == 1 ? .rows : Mesh.Cut(rawValue: String(words[1])) else { return false }
      cuts[String(words[0])] = cut
    }
    request.cuts = cuts
    return true
  }
  static let procs = ExportOption(form: "procs=N") { count(of: $0, into: &$1.processCount) }

  private static func count(of value: Substring, into count: inout Int) -> Bool {
    guard let number = Int(value), 1...4096 ~= number else { return false }
    count = number
    return true
  }
}
