/// The Python file around an exported function.
struct ArrayModule {
  private let dialect: ArrayDialect
  private let function: String
  private let parameters: [String]
  private let lines: [String]
  private let inputs: [String]
  private let outputs: [String]
  private let trainable: [Int]

  /// - Parameters:
  ///   - lines: the function's.
  ///   - inputs: what the parameters are called in the session.
  ///   - trainable: positions of the parameters by which the main part prints gradients.
  init(
    _ dialect: ArrayDialect, function: String, parameters: [String], lines: [String], inputs: [String],
    outputs: [String], trainable: [Int]
  ) {
    (self.dialect, self.function, self.parameters, self.lines) = (dialect, function, parameters, lines)
    (self.inputs, self.outputs, self.trainable) = (inputs, outputs, trainable)
  }

  /// What the file itself defines.
  static func names(_ dialect: ArrayDialect) -> Set<String> {
    dialect.names.union(dialect.helpers.map(\.name)).union([
      "arrays", "arguments", "values", "value", "name", "gradients", "gradient", "position",
    ])
  }

  var text: String {
    let header =
      "\"\"\"\(function), exported from Gradus. Running this file evaluates it on the arrays beside it.\"\"\""
    let body = "def \(function)(\(parameters.joined(separator: ", "))):" + Self.indented(lines)
    let parts =
      [header + "\n\n" + dialect.imports] + helpers + [body, "if __name__ == \"__main__\":" + Self.indented(main)]
    return parts.joined(separator: "\n\n\n") + "\n"
  }

  private static func indented(_ lines: [String]) -> String { lines.map { "\n    " + $0 }.joined() }

  private var main: [String] {
    let names = Self.quoted(inputs)
    let call = "\(function)(*arguments)"
    return [
      "arrays = np.load(os.path.splitext(os.path.abspath(__file__))[0] + \".npz\")",
      "arguments = [\(dialect.adopt)(arrays[name]) for name in [\(names)]]",
      "values = \(call)",
      "values = values if isinstance(values, tuple) else (values,)",
      "for name, value in zip([\(Self.quoted(outputs))], values):",
      "    print(name, value\(dialect.printing), sep=\"\\n\")",
    ] + (trainable.isEmpty ? [] : dialect.gradients(call, names, trainable))
  }

  private static func quoted(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

  /// Only those that are used.
  private var helpers: [String] {
    let words = Set(lines.flatMap { $0.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") } })
    return dialect.helpers.filter { words.contains(Substring($0.name)) }.map(\.text)
  }
}
