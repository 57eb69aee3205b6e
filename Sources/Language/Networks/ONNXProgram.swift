import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// A network of ONNX as a function of the language: what it is given, then its weights.
///
///     forward(x, weights=given) = {
///       t1 = x @ transpose(weights.fc1.weight) + weights.fc1.bias
///       relu(t1)
///     }
struct ONNXProgram {
  /// The name under which the weights that the file has are kept, and the parameter that may take their place.
  static let (kept, parameter) = ("given", "weights")

  let version: Int
  /// The function as it would be typed.
  private(set) var text = ""
  /// The tensors that it keeps besides, by their names.
  private(set) var constants: [(name: String, weight: ONNXFile.Weight)] = []
  /// The names that are its weights.
  private(set) var weights: Set<String> = []

  /// What stands for each value of the model.
  private var words: [String: String] = [:]
  private var ranks: [String: Int] = [:]
  /// Tensors that are known before it runs.
  private var known: [String: ONNXFile.Weight] = [:]
  private var lines: [String] = []
  private var parameters: [String] = []
  private var count = 0

  /// - Parameter place: how a weight is written, by its name.
  init(_ file: ONNXFile, place: (String) -> String) throws(Refusal) {
    version = file.version
    for weight in file.weights {
      guard !weight.name.isEmpty, known[weight.name] == nil else {
        throw Refusal(weight.name.isEmpty ? "a tensor in it has no name" : "'\(weight.name.shown)' is there twice")
      }
      try keep(weight, as: weight.name, place: weight.isFloat && !weight.extents.isEmpty ? place(weight.name) : nil)
    }
    for input in file.inputs where known[input.name] == nil {
      let name = parameter(for: input.name)
      (words[input.name], ranks[input.name]) = (name, input.rank)
      parameters.append(name)
    }
    for node in file.nodes { try write(node) }
    guard !file.outputs.isEmpty else { throw Refusal("it gives nothing") }
    var results: [String] = []
    for output in file.outputs {
      guard let word = words[output.name] else { throw Refusal("nothing in it computes '\(output.name.shown)'") }
      results.append(word)
    }
    let names = file.outputs.map(\.name)
    let areNames = names.allSatisfy { Self.isFree($0) } && Set(names).count == names.count
    let parts = zip(names, results).map { areNames ? "\($0)=\($1)" : $1 }.joined(separator: ", ")
    lines.append(results.count == 1 ? results[0] : "(\(parts))")
    parameters.append("\(Self.parameter)=\(Self.kept)")
    text = "forward(\(parameters.joined(separator: ", "))) = {\n  \(lines.joined(separator: "\n  "))\n}"
  }

  // MARK: Names

  private static func isFree(_ name: String) -> Bool {
    name.isName && !LexicalTable.Kind.allCases.contains { LexicalTable.words($0).contains(name) }
      && !LexicalTable.statementWords.contains(name) && Function<Held>.builtIn(name) == nil && name != kept
      && name != parameter && !Evaluator.predefinedNames.contains(name)
  }

  /// Whether an entry's name can be typed behind a point.
  static func canFollowPoint(_ name: String) -> Bool {
    name.isName && !LexicalTable.Kind.allCases.contains { LexicalTable.words($0).contains(name) }
  }

  /// A name that can be typed, as near to the model's as that goes.
  private func parameter(for name: String) -> String {
    var plain = String(String.UnicodeScalarView(name.unicodeScalars.map { $0.continuesName ? $0 : "_" }))
    let isOwn = plain.first.map { "tc".contains($0) } == true && plain.dropFirst().allSatisfy(\.isNumber)
    if !Self.isFree(plain) || isOwn { plain += "_" }
    if !Self.isFree(plain) { plain = "x" + plain }
    while parameters.contains(plain) { plain += "_" }
    return plain
  }

  private mutating func fresh() -> String {
    count += 1
    return "t\(count)"
  }

  // MARK: Tensors

  /// - Parameter place: where it is found among the weights; nil: it is none of them.
  private mutating func keep(_ weight: ONNXFile.Weight, as name: String, place: String?) throws(Refusal) {
    (known[name], ranks[name]) = (weight, weight.extents.count)
    if let place {
      weights.insert(weight.name)
      words[name] = place
    } else if weight.isBrief, weight.extents.count <= 1 || !weight.isFloat {
      // Ends of slices may be beyond all numbers here; they are read as they are.
      words[name] = (try? weight.tensor(Reading(defaultType: .float64))).map(Self.literal)
    } else {
      let own = "c\(constants.count + 1)"
      constants.append((own, weight))
      words[name] = own
    }
  }

  static func literal(_ tensor: Tensor) -> String {
    func number(_ value: Double) -> String {
      if tensor.type == .bool { return value != 0 ? "true" : "false" }
      guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
      return tensor.type == .float32 ? "\(Float(value))" : Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
    let texts = (0..<tensor.count).map { number(tensor[flat: $0]) }
    guard tensor.shape.rank > 0 else { return texts[0].hasPrefix("-") ? "(\(texts[0]))" : texts[0] }
    guard tensor.count > 0 else { return "zeros(\(tensor.shape.extents.map { "\($0)" }.joined(separator: ", ")))" }
    let flat = "[\(texts.joined(separator: ", "))]"
    guard tensor.shape.rank > 1 else { return flat }
    return "reshape(\(flat), \(tensor.shape.extents.map { "\($0)" }.joined(separator: ", ")))"
  }

  // MARK: Nodes

  private mutating func write(_ node: ONNXFile.Node) throws(Refusal) {
    let name = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    func named(_ refusal: Refusal) -> Refusal {
      refusal.isInterrupt ? refusal : refusal.prefixed("\(node.kind.shownBriefly) '\(name.shownBriefly)' in it")
    }
    if node.domain.isEmpty || node.domain == "ai.onnx", node.kind == "Constant" { return try constant(node) }
    guard node.domain.isEmpty || node.domain == "ai.onnx", let operation = ONNXOperation.named[node.kind] else {
      let owner = node.domain.isEmpty ? "" : " of \(node.domain.shownBriefly)"
      throw Refusal(
        "its node '\(name.shownBriefly)' is the operation \(node.kind.shownBriefly)\(owner), which isn't read")
    }
    do throws(Refusal) {
      let call = ONNXCall(node: node, version: version, words: words, ranks: ranks, known: known)
      let outputs = node.outputs.filter { !$0.isEmpty }
      guard let first = node.outputs.first, !first.isEmpty else { throw Refusal("gives nothing") }
      guard outputs.count == 1 || operation.givesSeveral else { throw Refusal("gives more than is read of it") }
      guard !node.outputs.contains(where: { !$0.isEmpty && words[$0] != nil }) else {
        throw Refusal("gives a value that is there")
      }
      let own = fresh()
      lines.append("\(own) = \(try operation.text(call))")
      for (place, output) in node.outputs.enumerated() where !output.isEmpty {
        words[output] = operation.givesSeveral ? "\(own)[\(place)]" : own
        ranks[output] = operation.rank(call)
      }
    } catch { throw named(error) }
  }

  private mutating func constant(_ node: ONNXFile.Node) throws(Refusal) {
    guard let output = node.outputs.first, words[output] == nil else { throw Refusal("a constant in it has no name") }
    if case .tensor(let weight)? = node.attributes["value"] { return try keep(weight, as: output, place: nil) }
    let numbers: [Double]
    switch node.attributes.values.first {
    case .integer(let value)?: numbers = [Double(value)]
    case .number(let value)?: numbers = [value]
    case .integers(let values)?: numbers = values.map(Double.init)
    case .numbers(let values)?: numbers = values
    case .text, .tensor, .other, nil: throw Refusal("the constant '\(output.shownBriefly)' in it can't be read")
    }
    let isOne = node.attributes["value_int"] != nil || node.attributes["value_float"] != nil
    let isWhole = node.attributes["value_int"] != nil || node.attributes["value_ints"] != nil
    let shape = Shape(isOne ? [] : [numbers.count])
    let weight = ONNXFile.Weight(numbers, extents: shape.extents, isWhole: isWhole)
    try keep(weight, as: output, place: nil)
  }
}

/// A node, as its row writes it.
struct ONNXCall {
  let node: ONNXFile.Node
  /// The version of the set of operators.
  let version: Int
  fileprivate let words: [String: String]
  fileprivate let ranks: [String: Int]
  fileprivate let known: [String: ONNXFile.Weight]

  fileprivate init(
    node: ONNXFile.Node, version: Int, words: [String: String], ranks: [String: Int], known: [String: ONNXFile.Weight]
  ) {
    (self.node, self.version) = (node, version)
    (self.words, self.ranks, self.known) = (words, ranks, known)
  }

  var inputCount: Int { node.inputs.count }

  func has(_ place: Int) -> Bool { place < node.inputs.count && !node.inputs[place].isEmpty }

  /// What an operand is written as.
  func x(_ place: Int) throws(Refusal) -> String {
    guard has(place) else { throw Refusal("lacks operand \(place)") }
    guard let word = words[node.inputs[place]] else {
      throw Refusal("reads '\(node.inputs[place].shownBriefly)', which nothing before it gives")
    }
    return word
  }

  func all() throws(Refusal) -> [String] {
    var all: [String] = []
    for place in node.inputs.indices { all.append(try x(place)) }
    return all
  }

  /// How many axes an operand has, where that is known.
  func rank(_ place: Int) -> Int? { has(place) ? ranks[node.inputs[place]] : nil }

  /// The most axes of all operands, where that is known.
  var rank: Int? {
    let all = node.inputs.indices.map { rank($0) }
    return all.contains { $0 == nil } ? nil : all.compactMap { $0 }.max()
  }

  /// The extents of an operand that lies in the file.
  func extents(_ place: Int) -> [Int]? { has(place) ? known[node.inputs[place]]?.extents : nil }

  func isKnown(_ place: Int) -> Bool { has(place) && known[node.inputs[place]]?.isBrief == true }

  // MARK: Attributes

  func integer(_ name: String) throws(Refusal) -> Int? {
    switch node.attributes[name] {
    case nil: return nil
    case .integer(let value)?: return value
    case .number, .text, .integers, .numbers, .tensor, .other: throw Refusal("has an odd '\(name)'")
    }
  }

  func number(_ name: String) throws(Refusal) -> String? {
    switch node.attributes[name] {
    case nil: return nil
    case .number(let value)?: return ONNXProgram.literal(Tensor([value], shape: Shape([]), type: .float32))
    case .integer, .text, .integers, .numbers, .tensor, .other: throw Refusal("has an odd '\(name)'")
    }
  }

  func word(_ name: String) throws(Refusal) -> String? {
    switch node.attributes[name] {
    case nil: return nil
    case .text(let value)?: return value
    case .number, .integer, .integers, .numbers, .tensor, .other: throw Refusal("has an odd '\(name)'")
    }
  }

  /// Whole numbers of an attribute, or in newer versions of an operand.
  func integers(_ name: String, or place: Int? = nil) throws(Refusal) -> [Int]? {
    switch node.attributes[name] {
    case .integers(let values)?: return values
    case .integer(let value)?: return [value]
    case .number, .text, .numbers, .tensor, .other: throw Refusal("has an odd '\(name)'")
    case nil: break
    }
    guard let place, has(place) else { return nil }
    guard let weight = known[node.inputs[place]], weight.isBrief else {
      throw Refusal("computes what is read only where it is given (operand \(place))")
    }
    return try weight.wholeNumbers()
  }

  func tensor(_ name: String) throws(Refusal) -> Tensor? {
    guard case .tensor(let weight)? = node.attributes[name] else { return nil }
    guard weight.isBrief else { throw Refusal("has an odd '\(name)'") }
    return try weight.tensor(Reading(defaultType: .float64))
  }

  /// Refuses an attribute that has another value than the one that is read.
  func only(_ name: String, _ value: Int = 0) throws(Refusal) {
    if let found = try integer(name), found != value { throw Refusal("has \(name)=\(found), which isn't read") }
  }

  func only(_ name: String, all value: Int) throws(Refusal) {
    if let found = try integers(name), found.contains(where: { $0 != value }) {
      throw Refusal("has \(name)=\(found), which isn't read")
    }
  }
}
