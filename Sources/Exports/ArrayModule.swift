import Graphs
import Tensors

/// The Python file around exported functions: pure ones of arrays, or a module's methods.
struct ArrayModule {
  struct Function {
    let name: String
    /// Of data; weights come by themselves.
    let parameters: [String]
    /// What it is the value of, as it was written.
    let formula: String?
    let lines: [String]

    /// How it is called among its likes.
    func call(_ arguments: [String], of dialect: ArrayDialect) -> String {
      switch dialect.weights {
      case .module where name == ModuleTree.forward: return "self(\(arguments.joined(separator: ", ")))"
      case .module: return "self.\(name)(\(arguments.joined(separator: ", ")))"
      case .dictionary: return "\(name)(\((["params"] + arguments).joined(separator: ", ")))"
      }
    }
  }

  let dialect: ArrayDialect
  /// The last one is what was asked for.
  let functions: [Function]
  /// Nil where nothing is trained.
  let weights: ModuleTree?
  /// What the data are called in the session.
  let inputs: [String]
  let outputs: [String]
  /// Whether its gradients are printed.
  let isLoss: Bool

  /// What the file itself defines.
  static func names(_ dialect: ArrayDialect) -> Set<String> {
    dialect.names.union(dialect.helpers.map(\.name)).union([
      "arrays", "arguments", "values", "value", "name", "gradients", "gradient", "position", "here", "evaluate", "load",
      "json",
      "math", "params", "model", "self", ModuleTree.className, ModuleTree.forward, "load_safetensors",
    ])
  }

  private var function: Function { functions[functions.count - 1] }
  private var isModule: Bool { weights != nil && dialect.weights == .module }

  var text: String {
    let main = main
    let helpers = (weights == nil ? [] : [Self.reader]) + Self.helpers(dialect, functions.flatMap(\.lines))
    let whole = (helpers + main + functions.flatMap(\.lines)).joined(separator: "\n")
    var imports = ["json", "math"].filter { whole.contains("\($0).") }.map { "import \($0)\n" }.joined()
    imports += dialect.imports
    let parts =
      ["\(header)\n\n\(imports)"] + helpers + definitions + evaluation + [
        "if __name__ == \"__main__\":" + Self.indented(main)
      ]
    return parts.joined(separator: "\n\n\n") + "\n"
  }

  private var header: String {
    let kind =
      weights == nil ? "" : isModule ? " It is a module whose weights lie beside it." : " Its weights lie beside it."
    return
      "\"\"\"\(function.name), exported from Gradus. Running this file evaluates it on the arrays beside it.\(kind)\"\"\""
  }

  private static func indented(_ lines: [String]) -> String { lines.map { $0.isEmpty ? "\n" : "\n    " + $0 }.joined() }

  private var definitions: [String] {
    func body(_ function: Function) -> [String] { (function.formula.map { ["# " + $0] } ?? []) + function.lines }
    guard let weights else {
      return functions.map {
        "def \($0.name)(\($0.parameters.joined(separator: ", "))):" + Self.indented(body($0))
      }
    }
    switch dialect.weights {
    case .dictionary:
      return functions.map {
        "def \($0.name)(\((["params"] + $0.parameters).joined(separator: ", "))):" + Self.indented(body($0))
      }
    case .module:
      var lines = ["def __init__(self):", "    super().__init__()"] + weights.lines.map { "    " + $0 }
      for function in functions {
        lines += ["", "def \(function.name)(\((["self"] + function.parameters).joined(separator: ", "))):"]
        lines += body(function).map { "    " + $0 }
      }
      return ["class \(ModuleTree.className)(torch.nn.Module):" + Self.indented(lines)]
    }
  }

  /// The arrays beside the file, and what comes of them.
  private var evaluation: [String] {
    let load =
      inputs.isEmpty
      ? ["arguments = []"]
      : [
        "arrays = np.load(here + \".npz\")",
        "arguments = [\(dialect.adopt)(arrays[name]) for name in [\(Self.quoted(inputs))]]",
      ]
    var lines: [String]
    if weights == nil {
      lines = load + ["return \(function.name)(*arguments)"]
    } else {
      let weights = "load_safetensors(here + \".safetensors\")"
      let given = "{name: \(dialect.adopt)(value) for name, value in \(weights).items()}"
      switch dialect.weights {
      case .dictionary: lines = load + ["params = \(given)", "return params, arguments"]
      case .module:
        lines =
          load + ["model = \(ModuleTree.className)()", "model.load_state_dict(\(given))", "return model, arguments"]
      }
    }
    let here = "here = os.path.splitext(os.path.abspath(__file__))[0]"
    if weights == nil { return [here + "\n\n\ndef evaluate():" + Self.indented(lines)] }
    return [
      here + "\n\n\ndef load():" + Self.indented(lines),
      "def evaluate():" + Self.indented(["\(subject), arguments = load()", "return \(call(["*arguments"]))"]),
    ]
  }

  private var subject: String { isModule ? "model" : "params" }

  private func call(_ arguments: [String]) -> String {
    let list = arguments.joined(separator: ", ")
    if weights == nil { return "\(function.name)(\(list))" }
    if !isModule { return "\(function.name)(params, \(list))" }
    return function.name == ModuleTree.forward ? "model(\(list))" : "model.\(function.name)(\(list))"
  }

  private var main: [String] {
    [
      "values = evaluate()",
      "values = values if isinstance(values, tuple) else (values,)",
      "for name, value in zip([\(Self.quoted(outputs))], values):",
      "    print(name, value\(dialect.printing), sep=\"\\n\")",
    ] + (isLoss && weights != nil ? dialect.gradients(call(["*arguments"])) : [])
  }

  static func quoted(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

  /// Only those that are used, by some lines or by each other.
  static func helpers(_ dialect: ArrayDialect, _ lines: [String]) -> [String] {
    func words(_ text: String) -> Set<Substring> {
      Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") })
    }
    var used = words(lines.joined(separator: "\n"))
    var kept: [String] = []
    // Those that others are made of stand before them.
    for helper in dialect.helpers.reversed() where used.contains(Substring(helper.name)) {
      used.formUnion(words(helper.text))
      kept.append(helper.text)
    }
    return kept.reversed()
  }

  static let reader = """
    def load_safetensors(path):
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
            data = file.read()
        types = {"BOOL": np.bool_, "F32": np.float32, "F64": np.float64}
        arrays = {}
        for name, entry in header.items():
            if name != "__metadata__":
                part = data[slice(*entry["data_offsets"])]
                arrays[name] = np.frombuffer(part, types[entry["dtype"]]).reshape(entry["shape"]).copy()
        return arrays
    """
}

/// Weights as the parts of a module, under the names that they have in the session: `net.layers.0.w`.
struct ModuleTree {
  static let className = "Model"
  static let forward = "forward"

  private indirect enum Node {
    case leaf(Int)
    case group([(key: String, node: Node)])
  }

  /// Those of the constructor.
  private(set) var lines: [String] = []
  /// How each weight is read, and its name in the state.
  private(set) var paths: [String]
  private(set) var names: [String]

  /// - Parameter weights: names by dots, and how each one is made.
  init(_ weights: [(name: String, made: String, isTrained: Bool)]) {
    paths = weights.map(\.name)
    names = paths
    var top = Node.group([])
    for (number, weight) in weights.enumerated() {
      top = Self.entered(number, weight.name.split(separator: ".").map(String.init)[...], into: top)
    }
    guard case .group(let parts) = top else { return }
    write(parts, path: "self", state: "", weights)
  }

  private static func entered(_ leaf: Int, _ path: ArraySlice<String>, into node: Node) -> Node {
    guard let key = path.first else { return .leaf(leaf) }
    guard case .group(var parts) = node else { return node }
    if let place = parts.firstIndex(where: { $0.key == key }) {
      parts[place].node = entered(leaf, path.dropFirst(), into: parts[place].node)
    } else {
      parts.append((key, entered(leaf, path.dropFirst(), into: .group([]))))
    }
    return .group(parts)
  }

  /// What modules have already, at every level.
  private static let reserved: Set<String> = [
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
    "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
    "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers",
    "named_children", "named_modules", "named_parameters", "parameters", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad", "loss", "keys", "values", "items", "append", "extend", "insert", "pop",
  ]

  /// Numbered from 0 on, and all of one kind.
  private static func isList(
    _ parts: [(key: String, node: Node)], _ weights: [(name: String, made: String, isTrained: Bool)]
  ) -> Bool {
    let leaves = parts.compactMap { part -> Bool? in
      if case .leaf(let number) = part.node { weights[number].isTrained } else { nil }
    }
    return parts.map(\.key) == parts.indices.map(String.init)
      && (leaves.isEmpty || leaves.count == parts.count && leaves.allSatisfy { $0 })
  }

  private mutating func write(
    _ parts: [(key: String, node: Node)], path: String, state: String,
    _ weights: [(name: String, made: String, isTrained: Bool)]
  ) {
    let isCounted = Self.isList(parts, weights)
    var taken: Set<String> = []
    for (key, node) in parts {
      let isNumber = key.allSatisfy(\.isNumber)
      var name = isNumber ? key : PythonWords.fit(key)
      while Self.reserved.contains(name) || !taken.insert(name).inserted { name += "_" }
      let own = isNumber ? (isCounted ? "\(path)[\(key)]" : "getattr(\(path), \"\(key)\")") : "\(path).\(name)"
      let full = state.isEmpty ? name : "\(state).\(name)"
      switch node {
      case .leaf(let number):
        (paths[number], names[number]) = (own, full)
        let made = weights[number].made
        let parameter = "torch.nn.Parameter(\(made))"
        if !weights[number].isTrained {
          lines.append("\(path).register_buffer(\"\(name)\", \(made))")
        } else if !isNumber {
          lines.append("\(own) = \(parameter)")
        } else if isCounted {
          lines.append("\(path).append(\(parameter))")
        } else {
          lines.append("\(path).register_parameter(\"\(key)\", \(parameter))")
        }
      case .group(let inner):
        let kind =
          !Self.isList(inner, weights)
          ? "Module"
          : inner.contains { if case .leaf = $0.node { true } else { false } } ? "ParameterList" : "ModuleList"
        if !isNumber {
          lines.append("\(own) = torch.nn.\(kind)()")
        } else if isCounted {
          lines.append("\(path).append(torch.nn.\(kind)())")
        } else {
          lines.append("\(path).add_module(\"\(key)\", torch.nn.\(kind)())")
        }
        write(inner, path: own, state: full, weights)
      }
    }
  }
}
