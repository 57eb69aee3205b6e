import Refusals
import Tensors

/// One argument of a call, as the language understands it.
public enum Argument {
  case tensor(Symbol)
  /// A bracketed list whose parts don't stack to one tensor.
  case list([Argument])
  case text(String)
  /// Parts with names.
  case record([(key: String, value: Argument)])
}

/// The arguments of one call, matched to the operator's parameters; reading one checks it.
public struct Arguments {
  public let signature: Signature
  public let builder: Builder
  private var given: [String: Argument] = [:]
  private var rest: [Argument] = []

  /// For calls from inside, where nothing can be wrong.
  init(signature: Signature, builder: Builder, positional: [Argument]) {
    self.signature = signature
    self.builder = builder
    for (parameter, argument) in zip(signature.parameters, positional) { given[parameter.name] = argument }
  }

  /// Matches what was written to the parameters.
  public init(
    signature: Signature, builder: Builder, positional: [Argument], keywords: [(name: String, value: Argument)]
  ) throws(Refusal) {
    self.signature = signature
    self.builder = builder
    let parameters = signature.parameters
    // What stands behind the one that takes all that remain is given by name alone.
    var places = parameters.prefix { !$0.isVariadic && !$0.isNamed }
    let isVariadic = parameters.contains(where: \.isVariadic)
    for argument in positional {
      if isVariadic && parameters.first?.isVariadic == true {
        rest.append(argument)
      } else if let parameter = places.popFirst() {
        given[parameter.name] = argument
      } else if isVariadic {
        rest.append(argument)
      } else if let named = parameters.first(where: \.isNamed) {
        throw Refusal("\(signature.name) takes '\(named.name)' by name only: \(named.name)=…", help: signature.text)
      } else {
        throw Refusal(
          "\(signature.name) takes \(Self.count(parameters.count)), not \(positional.count)", help: signature.text)
      }
    }
    for (name, value) in keywords {
      guard parameters.contains(where: { $0.name == name }) else {
        let names = parameters.map(\.name).joined(separator: ", ")
        throw Refusal(
          "\(signature.name) has no argument '\(name)'",
          help: signature.spelling(ofForeign: name) ?? "\(signature.text) takes \(names)")
      }
      guard given[name] == nil else { throw Refusal("\(signature.name) is given '\(name)' twice") }
      given[name] = value
    }
    for parameter in parameters where !parameter.isOptional && given[parameter.name] == nil {
      throw Refusal("\(signature.name) needs '\(parameter.name)'", help: signature.text)
    }
  }

  private static func count(_ n: Int) -> String { n == 1 ? "1 argument" : "\(n) arguments" }

  public func has(_ name: String) -> Bool { given[name] != nil }

  // MARK: Tensors

  /// The tensor at a parameter's place.
  public func tensor(_ position: Int) throws(Refusal) -> Symbol { try tensor(signature.parameters[position].name) }

  public func tensor(_ name: String) throws(Refusal) -> Symbol {
    switch given[name] {
    case .tensor(let symbol): return symbol
    case .list(let parts): return try stacked(parts, name)
    case .text: throw refusal(name, "a tensor, not a text,")
    case .record: throw refusal(name, "a tensor, not a record,")
    case nil: throw Refusal("\(signature.name) needs '\(name)'", help: signature.text)
    }
  }

  public func optionalTensor(_ name: String) throws(Refusal) -> Symbol? {
    given[name] == nil ? nil : try tensor(name)
  }

  /// A number known only to the graph, with a default.
  public func number(_ name: String, default value: Double) throws(Refusal) -> Symbol {
    try optionalTensor(name) ?? builder.constant(value)
  }

  /// Two tensors that broadcast.
  public func pair() throws(Refusal) -> (Symbol, Symbol) {
    let (a, b) = (try tensor(0), try tensor(1))
    _ = try broadcast(a.shape, b.shape)
    return (a, b)
  }

  public func broadcast(_ a: Shape, _ b: Shape) throws(Refusal) -> Shape {
    guard let shape = a.broadcast(with: b) else { throw .doesNotBroadcast(a, b, in: signature.name) }
    return shape
  }

  /// A list of tensors: `[a, b]`, or the rows of one tensor.
  public func tensors(_ name: String) throws(Refusal) -> [Symbol] {
    var argument = given[name]
    if case .record(let parts) = argument { argument = .list(parts.map(\.value)) }
    switch argument {
    case .list(let parts):
      var symbols: [Symbol] = []
      for part in parts {
        switch part {
        case .tensor(let symbol): symbols.append(symbol)
        case .list(let inner): symbols.append(try stacked(inner, name))
        case .text, .record: throw refusal(name, "a list of tensors")
        }
      }
      return symbols
    case .tensor(let symbol) where symbol.rank > 0:
      // Each row is a node of its own.
      guard symbol.shape[0] <= (builder.demandLimit < .max ? 1_000 : 100_000) else {
        throw Refusal(
          "\(signature.name) takes at most 100,000 tensors, not \(symbol.shape[0])", reason: .tooLongToForesee)
      }
      return (0..<symbol.shape[0]).map {
        symbol.sliced(axis: 0, from: $0, count: 1).reshaped(symbol.shape.removing([0]))
      }
    default: throw refusal(name, "a list of tensors, as in [a, b]")
    }
  }

  private func stacked(_ parts: [Argument], _ name: String) throws(Refusal) -> Symbol {
    if parts.isEmpty { return builder.zeros(Shape([0]), type: builder.defaultType) }
    if parts.count == 1 { throw refusal(name, "one tensor, not a tuple of one") }
    throw refusal(name, "one tensor; the parts of the list have different shapes")
  }

  // MARK: Numbers known while the graph is built

  public func value(of symbol: Symbol) throws(Refusal) -> Tensor {
    try builder.value(of: symbol)
  }

  public func double(_ name: String, default value: Double? = nil) throws(Refusal) -> Double {
    guard let symbol = try optionalTensor(name) else {
      if let value { return value }
      throw Refusal("\(signature.name) needs '\(name)'", help: signature.text)
    }
    guard let number = try self.value(of: symbol).scalar else { throw refusal(name, "one number") }
    return number
  }

  public func integer(_ name: String, default value: Int? = nil) throws(Refusal) -> Int {
    if given[name] == nil, let value { return value }
    let number = try double(name)
    guard let whole = Int(whole: number) else { throw refusal(name, "a whole number") }
    return whole
  }

  /// A whole number or a list of them; nil where it was left out.
  public func integers(_ name: String) throws(Refusal) -> [Int]? {
    if case .list(let parts) = given[name], let numbers = try integers(in: parts, name) { return numbers }
    guard let symbol = try optionalTensor(name) else { return nil }
    guard symbol.rank <= 1 else { throw refusal(name, "a whole number or a list of them") }
    return try integers(in: symbol, name)
  }

  /// A tuple of numbers is a list of numbers; nil where it holds anything else.
  private func integers(in parts: [Argument], _ name: String) throws(Refusal) -> [Int]? {
    var numbers: [Int] = []
    for part in parts {
      guard case .tensor(let symbol) = part, symbol.rank == 0 else { return nil }
      numbers += try integers(in: symbol, name)
    }
    return numbers
  }

  private func integers(in symbol: Symbol, _ name: String) throws(Refusal) -> [Int] {
    var result: [Int] = []
    for number in try value(of: symbol).values {
      guard let whole = Int(whole: number) else { throw refusal(name, "whole numbers") }
      result.append(whole)
    }
    return result
  }

  public func flag(_ name: String, default value: Bool = false) throws(Refusal) -> Bool {
    given[name] == nil ? value : try double(name) != 0
  }

  public func text(_ name: String, default value: String? = nil) throws(Refusal) -> String {
    switch given[name] {
    case .text(let text): return text
    case nil:
      if let value { return value }
      throw Refusal("\(signature.name) needs '\(name)'", help: signature.text)
    default: throw refusal(name, "a text in quotes")
    }
  }

  /// One of these words; the first of them where none was given.
  public func choice(_ name: String, of words: [String]) throws(Refusal) -> String {
    let word = try text(name, default: words[0])
    guard words.contains(word) else {
      let quoted = words.map { "\"\($0)\"" }
      let list = quoted.dropLast().joined(separator: ", ") + " and " + quoted[quoted.count - 1]
      throw Refusal("\(signature.name) knows \(list) for '\(name)', not \"\(word)\"", help: signature.text)
    }
    return word
  }

  /// The parts with names at a parameter's place, if that is what stands there.
  func record(_ name: String) -> [(key: String, value: Argument)]? {
    if case .record(let parts) = given[name] { parts } else { nil }
  }

  public func isText(_ name: String) -> Bool { if case .text = given[name] { true } else { false } }

  /// Axes counted from the front; all of them where none were named.
  public func axes(_ name: String, rank: Int) throws(Refusal) -> [Int] {
    guard let written = try integers(name) else { return Array(0..<rank) }
    var axes: [Int] = []
    for axis in written {
      let resolved = try resolve(axis, rank: rank, name)
      guard !axes.contains(resolved) else { throw Refusal("\(signature.name) is given axis \(axis) twice") }
      axes.append(resolved)
    }
    return axes
  }

  public func axis(_ name: String, rank: Int, default value: Int) throws(Refusal) -> Int {
    try resolve(try integer(name, default: value), rank: rank, name)
  }

  private func resolve(_ axis: Int, rank: Int, _ name: String) throws(Refusal) -> Int {
    guard axis >= -rank, axis < rank else {
      let allowed = rank == 0 ? "a number has no axes" : "axes go from \(-rank) to \(rank - 1)"
      throw Refusal("\(signature.name) has no axis \(axis) here; \(allowed)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Extents given one by one or as one list.
  public func shape(_ name: String = "shape") throws(Refusal) -> Shape {
    var extents: [Int] = []
    for argument in rest.isEmpty ? [given[name]].compactMap({ $0 }) : rest {
      switch argument {
      case .tensor(let symbol) where symbol.rank <= 1: extents += try integers(in: symbol, name)
      case .list(let parts):
        guard let numbers = try integers(in: parts, name) else {
          throw refusal(name, "whole numbers or a list of them")
        }
        extents += numbers
      default: throw refusal(name, "whole numbers or a list of them")
      }
    }
    for extent in extents where extent < 0 { throw Refusal("an extent can't be negative; \(extent) was given") }
    guard extents.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(extents.count)")
    }
    return extents.contains(0) ? try checked(Shape(extents)) : Shape(extents)
  }

  /// The tensors after the named parameters.
  public func remaining() throws(Refusal) -> [Symbol] {
    var symbols: [Symbol] = []
    for argument in rest {
      guard case .tensor(let symbol) = argument else { throw Refusal("\(signature.name) takes tensors here") }
      symbols.append(symbol)
    }
    return symbols
  }

  private func refusal(_ name: String, _ expected: String) -> Refusal {
    Refusal("\(signature.name) wants \(expected) for '\(name)'", help: signature.text)
  }
}

extension Refusal {
  /// With the axis, counted from the right, at which the extents differ.
  public static func doesNotBroadcast(_ a: Shape, _ b: Shape, in name: String) -> Refusal {
    let clash = a.clash(with: b) ?? (0, 0)
    var help: String?
    if b.rank == 1, a.rank == 2, a[0] == b[0] { help = "t[:, new] makes a vector t a column, \(b)×1" }
    return .unfitShapes(
      "shapes do not broadcast in \(name)", "\(a) and \(b)", help: help,
      note: "aligned from the right, \(clash.0) meets \(clash.1)")
  }
}
