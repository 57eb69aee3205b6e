import Exports
import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// The values can't be brought back; the statements are done again.
private struct Unreadable: Error {}

extension Session {
  /// Takes on what some statements led to; false, and nothing has changed, where it isn't there whole.
  mutating func take(_ kept: Kept, _ read: StoredSession.Values) -> Bool {
    var session = self
    guard kept.byteCount <= freeBytes, let tensors = try? kept.tensors(read),
      (try? session.take(kept.lines, tensors)) != nil
    else { return false }
    self = session
    return true
  }

  private mutating func take(_ lines: [String], _ tensors: [Tensor]) throws(Unreadable) {
    let start = clock
    for line in lines {
      var fields = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        .map { Quoting.text(ofLine: Substring($0)) }[...]
      func next() throws(Unreadable) -> String {
        guard let field = fields.popFirst(), let text = field else { throw Unreadable() }
        return text
      }
      func number() throws(Unreadable) -> Int {
        guard let number = Int(try next()) else { throw Unreadable() }
        return number
      }
      func flag() throws(Unreadable) -> Bool { try next() == "true" }
      func tensor() throws(Unreadable) -> Tensor? {
        let word = try next()
        if word == "-" { return nil }
        guard let number = Int(word), tensors.indices.contains(number) else { throw Unreadable() }
        return tensors[number]
      }
      func held() throws(Unreadable) -> Held {
        guard let value = try tensor() else { throw Unreadable() }
        let (structural, strong) = (try tensor(), try tensor())
        return Held(
          tensor: value, pattern: Pattern(structural: structural, strong: strong), isFixed: try flag(), traced: nil)
      }
      func expression() throws(Unreadable) -> Expression {
        guard let expression = try? Parser.parseExpression(try next()) else { throw Unreadable() }
        return expression
      }
      func formula() throws(Unreadable) -> Formula? {
        if fields.isEmpty { return nil }
        let element = try next()
        let draw = try number()
        let reads = try self.reads(try next(), from: start)
        return Formula(expression: try expression(), element: Int(element), reads: reads, draw: draw)
      }
      func value(_ depth: Int) throws(Unreadable) -> Stored {
        guard depth <= Value.deepest else { throw Unreadable() }
        switch try next() {
        case "t": return .tensor(try held())
        case "s": return .text(try next())
        case let kind where kind == "n" || kind == "r":
          let count = try number()
          guard count >= 0, count <= fields.count else { throw Unreadable() }
          var keys: [String] = []
          if kind == "r" { for _ in 0..<count { keys.append(try next()) } }
          var values: [Stored] = []
          for _ in 0..<count { values.append(try value(depth + 1)) }
          return .tuple(Entries(values, keys: kind == "r" ? keys : nil))
        case "b":
          guard let function = Function<Held>.builtIn(try next()) else { throw Unreadable() }
          return .function(function)
        case "d":
          guard let derivative = Derivative(rawValue: try next()), case .function(let inner) = try value(depth + 1)
          else {
            throw Unreadable()
          }
          return .function(.derivative(inner, derivative))
        case "f":
          guard var definition = Self.definition(try next()) else { throw Unreadable() }
          let name = try next()
          if definition.name == nil, name != "-" { definition.name = Name(name, 0..<0) }
          let isInner = try flag()
          var captured: [String: Stored] = [:]
          for _ in 0..<(try number()) {
            let name = try next()
            captured[name] = try value(depth + 1)
          }
          return .function(.user(Closure(definition: definition, captured: captured, isInner: isInner)))
        default: throw Unreadable()
        }
      }
      func places() throws(Unreadable) -> Set<String> {
        Set(try next().split(separator: "\n").map { String($0.dropFirst()) })
      }
      var text: String?
      func content() throws(Unreadable) -> Binding.Content {
        switch try next() {
        case "tensor":
          let value = try held()
          return .tensor(value, try formula())
        case "tuple":
          guard case .tuple(let parts) = try value(0) else { throw Unreadable() }
          return .tuple(parts, try formula())
        case "live":
          let draw = try number()
          return .live(try expression(), draw: draw)
        case "function":
          let written = try next()
          text = written == "-" ? nil : written
          guard case .function(let function) = try value(0) else { throw Unreadable() }
          return .function(function)
        case "text": return .text(try next())
        case "unset": return .unset
        default: throw Unreadable()
        }
      }
      switch try next() {
      case "state":
        clock = start + (try number())
        draw = try number()
        state.lesson = Int(try next())
        (state.hasNotedNaN, state.mentionsFiles) = (try flag(), try flag())
      case "settings":
        settings.precision = try next() == "float64" ? .float64 : .float32
        settings.digits = Int(try next())
        guard let seed = UInt64(try next()) else { throw Unreadable() }
        settings.seed = seed
        (settings.refusesMutualBroadcast, settings.isASCII) = (try flag(), try flag())
      case "watch": settings.watched = fields.compactMap { $0 }
      case "shard":
        while !fields.isEmpty {
          let name = try next()
          guard let cut = Mesh.Cut(rawValue: try next()) else { throw Unreadable() }
          settings.cuts[name] = cut
        }
      case "warned": state.warned.insert(try next())
      case "answer":
        answer = try value(0)
      case "name":
        let name = try next()
        let version = start + (try number())
        let line = try number()
        let (trainable, frozen) = (try places(), try places())
        let dimensions = try next()
        var binding = Binding(
          content: try content(), version: version, line: line, text: text,
          dimensions: dimensions == "-" ? nil : Self.dimensions(dimensions))
        (binding.trainable, binding.frozen) = (trainable, frozen)
        names[name] = binding
        cache[name] = nil
      case "still":
        let (name, path) = (try next(), try next())
        let line = try number()
        guard let mask = try tensor() else { throw Unreadable() }
        names[name]?.frozenEntries[path] = FrozenEntries(mask: mask, line: line)
      case "history":
        let entry = try next()
        guard let values = try tensor() else { throw Unreadable() }
        state.histories[entry] = values
      default: throw Unreadable()
      }
    }
  }

  /// The definition that a text is, with a name or without.
  private static func definition(_ text: String) -> FunctionDefinition? {
    switch Parser.parse(text).statements.first?.kind {
    case .function(let definition): definition
    case .expression(let expression): if case .arrow(let definition) = expression.kind { definition } else { nil }
    default: nil
    }
  }

  private func reads(_ text: String, from start: Int) throws(Unreadable) -> [String: Int] {
    var reads: [String: Int] = [:]
    for word in text.split(separator: " ") {
      let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2 else { throw Unreadable() }
      let name = String(halves[0])
      switch halves[1] {
      case "!": reads[name] = .min
      case "f": reads[name] = 0
      case "=":
        let place = ReadPlace(name)
        reads[name] = names[place.name]?.version(at: place.path) ?? builtInVersion(of: name)
      default:
        guard let version = Int(halves[1]) else { throw Unreadable() }
        reads[name] = start + version
      }
    }
    return reads
  }

  private static func dimensions(_ text: String) -> [Dimension] {
    text.dropFirst().split(separator: " ").map { word in
      word == "_" ? .any : Int(word).map { .extent($0) } ?? .named(String(word))
    }
  }
}
