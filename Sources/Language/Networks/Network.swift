import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// `net = load("net.onnx")`: `net.forward(x)`, and `net.forward(x, w)` for other weights than `net.weights`.
extension Evaluator {
  func network(
    _ model: ONNXFile, _ request: Loading, _ path: String, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let prefix = "cannot read \(Quoting.literal(path))"
    func constant(_ weight: ONNXFile.Weight) throws(Diagnostic) -> Value {
      let what = "cannot read '\(weight.name.shown)' in \(Quoting.literal(path))"
      return .tensor(
        builder.constant(
          try located(at: range, prefix: what) { () throws(Refusal) in try weight.tensor(request.reading) }))
    }
    // What is a weight, and how it is written, is known before any is read.
    let names = model.weights.filter { $0.isFloat && !$0.extents.isEmpty }.map(\.name)
    let outline = Tree<Int>.structure(of: names.enumerated().map { (name: $1, value: .tensor($0)) })
    let places = Dictionary(
      zip(names, outline.places(ONNXProgram.parameter)), uniquingKeysWith: { first, _ in first })
    let program = try located(at: range, prefix: prefix) { () throws(Refusal) in
      try ONNXProgram(model) { places[$0] ?? "" }
    }
    var members: [(name: String?, value: Value)] = []
    for weight in model.weights where program.weights.contains(weight.name) {
      members.append((weight.name, try constant(weight)))
    }
    let weights: Value = members.isEmpty ? .nothing : .structure(of: members)
    let source = Source(name: path, text: program.text)
    guard case .function(var definition)? = Parser.parse(source).statements.first?.kind else {
      throw Diagnostic("\(prefix): its program can't be written", at: range)
    }
    definition.name = nil
    var captured: [String: Value] = [ONNXProgram.kept: weights]
    for (name, weight) in program.constants { captured[name] = try constant(weight) }
    try Interrupt.check()
    let forward = Value.function(.user(Closure(definition: definition, captured: captured, isInner: true)))
    return .tuple(Entries([forward, weights], keys: ["forward", ONNXProgram.parameter]))
  }
}

extension Session {
  /// Opens what lies in the same folder as a file.
  func beside(_ path: String) -> ONNXFile.Beside {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let files = files
    return { name throws(Refusal) in try files.bytes(folder + name) }
  }
}

extension Tree<Int> {
  /// How each leaf is written within a name, by the leaves' numbers.
  fileprivate func places(_ name: String) -> [String] {
    var found: [(number: Int, place: String)] = []
    func visit(_ tree: Tree<Int>, _ place: String) {
      switch tree {
      case .tensor(let number): found.append((number, place))
      case .tuple(let parts):
        for (position, part) in parts.enumerated() {
          guard let key = parts.keys?[position] else {
            visit(part, "\(place)[\(position)]")
            continue
          }
          visit(part, ONNXProgram.canFollowPoint(key) ? "\(place).\(key)" : "\(place)[\(Quoting.literal(key))]")
        }
      case .function, .text, .list: break
      }
    }
    visit(self, name)
    return found.sorted { $0.number < $1.number }.map(\.place)
  }
}
