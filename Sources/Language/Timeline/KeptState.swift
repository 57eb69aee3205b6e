import Exports
import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// What has changed in a session since a place of its record, and back.
///
/// Versions count from the clock at that place, for what led there may have ticked otherwise when it was done again.
extension Kept {
  /// Nil where something could not be brought back as it is.
  init?(of entries: Range<Int>, _ session: Session) {
    guard !entries.isEmpty, entries.upperBound == session.record.entries.count else { return nil }
    self.entries = entries
    seconds = session.record.seconds(of: entries)
    (lines, parts) = ([], [])
    let mark = session.record.marks[entries.lowerBound]
    var writer = Writer(session: session, clock: mark.clock)
    guard writer.write(isAnswered: session.state.answerCount != mark.answerCount) else { return nil }
    (lines, parts) = (writer.lines, writer.tensors.map { .value($0) })
  }

  private struct Writer {
    let session: Session
    let clock: Int
    var lines: [String] = []
    var tensors: [Tensor] = []
    private var numbers: [Key: Int] = [:]

    private struct Key: Hashable {
      var storage: ObjectIdentifier
      var shape: [Int]
      var type: ElementType
    }

    init(session: Session, clock: Int) {
      self.session = session
      self.clock = clock
    }

    mutating func add(_ fields: [String]) { lines.append(fields.map(Quoting.line).joined(separator: "\t")) }

    mutating func write(isAnswered: Bool) -> Bool {
      let (state, settings) = (session.state, session.settings)
      add([
        "state", "\(state.clock - clock)", "\(state.draw)", state.lesson.map(String.init) ?? "-",
        "\(state.hasNotedNaN)",
        "\(state.mentionsFiles)",
      ])
      add([
        "settings", settings.precision.name, settings.digits.map(String.init) ?? "full", "\(settings.seed)",
        "\(settings.refusesMutualBroadcast)", "\(settings.isASCII)",
      ])
      add(["watch"] + settings.watched)
      add(["shard"] + settings.cuts.sorted { $0.key < $1.key }.flatMap { [$0, $1.rawValue] })
      for warning in state.warned.sorted() { add(["warned", warning]) }
      if isAnswered {
        guard let answer = session.answer else { return false }
        guard let value = fields(of: answer) else { return false }
        add(["answer"] + value)
      }
      let changed = session.names.newer(than: clock).sorted { $0.value.version < $1.value.version }
      for (name, binding) in changed {
        guard let content = content(of: binding) else { return false }
        add(
          [
            "name", name, "\(binding.version - clock)", "\(binding.line)", Self.places(binding.trainable),
            Self.places(binding.frozen), binding.dimensions.map(Self.text) ?? "-",
          ] + content)
        for (path, still) in binding.frozenEntries.sorted(by: { $0.key < $1.key }) {
          add(["still", name, path, "\(still.line)", "\(number(of: still.mask))"])
        }
      }
      for (entry, values) in state.histories.sorted(by: { $0.key < $1.key }) {
        add(["history", entry, "\(number(of: values))"])
      }
      return true
    }

    private mutating func content(of binding: Binding) -> [String]? {
      switch binding.content {
      case .tensor(let held, let formula):
        guard let made = self.fields(of: formula) else { return nil }
        return ["tensor"] + self.held(held) + made
      case .tuple(let parts, let formula):
        // The versions of single entries are known here only.
        guard binding.entryVersions.isEmpty, let value = fields(of: .tuple(parts)), let made = self.fields(of: formula)
        else { return nil }
        return ["tuple"] + value + made
      case .live(let expression, let draw):
        guard let text = Self.text(expression) else { return nil }
        return ["live", "\(draw)", text]
      case .function(let function):
        guard let value = fields(of: .function(function)) else { return nil }
        return ["function", binding.text ?? "-"] + value
      case .text(let text): return ["text", text]
      case .unset: return ["unset"]
      }
    }

    private func fields(of formula: Formula?) -> [String]? {
      guard let formula else { return [] }
      guard let text = Self.text(formula.expression) else { return nil }
      let reads = formula.reads.sorted { $0.key < $1.key }.map { "\($0.key)=\(version($0.value, of: $0.key))" }
      return [formula.element.map(String.init) ?? "-", "\(formula.draw)", reads.joined(separator: " "), text]
    }

    /// A value, part by part; nil where one can't be brought back.
    private mutating func fields(of value: Tree<Held>) -> [String]? {
      switch value {
      case .tensor(let held): return ["t"] + self.held(held)
      case .text(let text): return ["s", text]
      case .tuple(let parts):
        var fields = [parts.keys == nil ? "n" : "r", "\(parts.count)"] + (parts.keys ?? [])
        for part in parts {
          guard let part = self.fields(of: part) else { return nil }
          fields += part
        }
        return fields
      case .function(.operation(let operation)): return ["b", operation.name]
      case .function(.builtin(let builtin)): return ["b", builtin.name]
      case .function(.derivative(let inner, let derivative)):
        return self.fields(of: .function(inner)).map { ["d", derivative.rawValue] + $0 }
      case .function(.user(let closure)):
        // A file's names would have to be kept with it.
        guard closure.home == nil else { return nil }
        let text = closure.definition.description
        var fields = [
          "f", text, closure.definition.name?.text ?? "-", "\(closure.isInner)", "\(closure.captured.count)",
        ]
        for (name, value) in closure.captured.sorted(by: { $0.key < $1.key }) {
          guard let part = self.fields(of: value) else { return nil }
          fields += [name] + part
        }
        return fields
      case .list: return nil
      }
    }

    private static func places(_ places: Set<String>) -> String {
      places.sorted().map { "/" + $0 }.joined(separator: "\n")
    }

    /// A number for what has changed too, `=` for what is as it was, `f` for a function that is built in, `!` for what is
    /// no longer as it was read.
    private func version(_ version: Int, of name: String) -> String {
      guard session.isCurrent(name, version) else { return "!" }
      return version > clock ? "\(version - clock)" : version == 0 ? "f" : "="
    }

    private mutating func held(_ held: Held) -> [String] {
      [
        "\(number(of: held.tensor))", held.pattern.structural.map { "\(number(of: $0))" } ?? "-",
        held.pattern.strong.map { "\(number(of: $0))" } ?? "-", "\(held.isFixed)",
      ]
    }

    private mutating func number(of tensor: Tensor) -> Int {
      let key = Key(storage: ObjectIdentifier(tensor.storage), shape: tensor.shape.extents, type: tensor.type)
      if let number = numbers[key] { return number }
      tensors.append(tensor)
      numbers[key] = tensors.count - 1
      return tensors.count - 1
    }

    /// Text that reads back as the expression.
    private static func text(_ expression: Expression) -> String? {
      let text = expression.description
      return (try? Parser.parseExpression(text))?.description == text ? text : nil
    }

    private static func text(_ dimensions: [Dimension]) -> String {
      let parts = dimensions.map { dimension in
        switch dimension {
        case .extent(let extent): "\(extent)"
        case .named(let name): name
        case .any: "_"
        }
      }
      return "[" + parts.joined(separator: " ")
    }
  }
}
