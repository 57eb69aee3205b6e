import Syntax

/// What the parameters of a row stand for in a call.
struct BoundArguments {
  private var values: [String: [ForeignExpression]] = [:]
  private var absent: Set<String> = []
  private var variadic: Set<String> = []
  /// `dtype=`, where the row has no use for it.
  private(set) var elementType: ForeignExpression?
  /// `requires_grad=True`.
  private(set) var isTrainable = false

  init() {}

  /// Nil where the arguments don't fit.
  init?(_ parameters: [HabitPattern.Parameter], _ arguments: [ForeignArgument], _ translator: HabitTranslator) {
    var positional: [ForeignExpression] = []
    for argument in arguments where argument.label == nil {
      guard !argument.isSpread else { return nil }
      positional.append(argument.value)
    }
    var free = parameters[...]
    while let parameter = free.first {
      if parameter.isVariadic {
        if positional.isEmpty { break }
        values[parameter.name] = positional
        variadic.insert(parameter.name)
        if parameter.isIgnored { values[parameter.name] = nil }
        positional = []
        free = free.dropFirst()
        break
      }
      guard !positional.isEmpty else { break }
      guard bind(parameter, positional.removeFirst(), translator) else { return nil }
      free = free.dropFirst()
    }
    guard positional.isEmpty else { return nil }
    let takesAnything = parameters.contains { $0.isVariadic && $0.isIgnored }
    for argument in arguments {
      guard let label = argument.label else { continue }
      guard take(label, argument.value, &free, translator) || takesAnything else { return nil }
    }
    for parameter in free {
      guard parameter.isOptional || parameter.isVariadic || parameter.isIgnored else { return nil }
      absent.insert(parameter.name)
    }
  }

  private mutating func take(
    _ label: String, _ value: ForeignExpression, _ free: inout ArraySlice<HabitPattern.Parameter>,
    _ translator: HabitTranslator
  ) -> Bool {
    let place =
      free.firstIndex { $0.name == label }
      ?? free.firstIndex { HabitTranslator.synonyms[$0.name]?.contains(label) == true }
    if let place {
      let parameter = free.remove(at: place)
      return bind(parameter, value, translator)
    }
    if value.isNone || HabitTranslator.ignored.contains(label) { return true }
    switch label {
    case "dtype": elementType = value
    case "requires_grad": isTrainable = value.path?.last.map { $0 == "True" || $0 == "true" } ?? false
    default: return false
    }
    return true
  }

  private mutating func bind(
    _ parameter: HabitPattern.Parameter, _ value: ForeignExpression, _ translator: HabitTranslator
  ) -> Bool {
    if parameter.isIgnored { return true }
    if value.isNone, parameter.isOptional {
      absent.insert(parameter.name)
      return true
    }
    if let required = parameter.required { return value.isLiteral(required) }
    if let initial = parameter.initial {
      absent.insert(parameter.name)
      return value.isLiteral(initial)
    }
    if let rank = parameter.rank {
      guard let own = try? translator.expression(value), translator.shape(of: own)?.count == rank else { return false }
    }
    if parameter.isText {
      guard case .text = value else { return false }
    }
    if case .omitted = value { return false }
    values[parameter.name] = [value]
    return true
  }

  mutating func add(_ other: BoundArguments) {
    values.merge(other.values) { $1 }
    absent.formUnion(other.absent)
    variadic.formUnion(other.variadic)
    elementType = elementType ?? other.elementType
    isTrainable = isTrainable || other.isTrainable
  }

  /// What a parameter stands for; nil for any other name.
  subscript(name: String) -> [ForeignExpression]? { values[name] }

  /// It is a parameter that may be left out, and was.
  func isAbsent(_ name: String) -> Bool { absent.contains(name) }

  func isVariadic(_ name: String) -> Bool { variadic.contains(name) }

  /// Whether a template needs nothing that was left out but as an argument, and uses all that was given.
  func fills(_ template: Statement) -> Bool {
    let needed = HabitTranslator.needed(in: template)
    return needed.isDisjoint(with: absent)
  }
}

extension ForeignExpression {
  /// It is what a row says: a number, a word, a text, whatever its quotes and capitals.
  func isLiteral(_ text: String) -> Bool {
    switch self {
    case .number(let value): return Double(text) == value
    case .unary("-", let value): return text.hasPrefix("-") && value.isLiteral(String(text.dropFirst()))
    case .name(let name): return name.lowercased() == text.lowercased()
    case .call(let callee, let arguments): return arguments.isEmpty && callee.isLiteral(text)
    case .member: return path?.last == text
    case .text: return plainText.map { "\"\($0.lowercased())\"" == text.lowercased() } ?? false
    case .list(let entries): return entries.isEmpty && text == "[]"
    case .range(let parts): return text == ":" && parts.allSatisfy { $0 == nil }
    default: return false
    }
  }
}
