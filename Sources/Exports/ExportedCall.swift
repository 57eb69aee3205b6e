import Graphs
import Tensors

/// A call of an operator as it was written, which a library may have a function for; the graph has its formula.
package struct ExportedCall: Sendable {
  package enum Argument: Sendable {
    case tensor(Graph.Reference)
    case number(Double)
    case text(String)
  }

  package let name: String
  /// By the operator's parameters.
  package let arguments: [String: Argument]

  /// Nil where an argument is neither.
  package init?(
    _ operation: Operator, _ builder: Builder, positional: [Graphs.Argument],
    keywords: [(name: String, value: Graphs.Argument)]
  ) {
    name = operation.name
    let parameters = operation.signature.parameters
    guard positional.count <= parameters.count, !parameters.contains(where: \.isVariadic) else { return nil }
    var arguments: [String: Argument] = [:]
    for (name, value) in zip(parameters.map(\.name), positional) + keywords.map({ ($0.name, $0.value) }) {
      switch value {
      case .tensor(let symbol):
        let number = symbol.rank == 0 ? builder.constantNumber(symbol.reference) : nil
        arguments[name] = number.map { .number($0) } ?? .tensor(symbol.reference)
      case .text(let text): arguments[name] = .text(text)
      case .list, .record: return nil
      }
    }
    self.arguments = arguments
  }

  var operands: [Graph.Reference] {
    arguments.sorted { $0.key < $1.key }.compactMap {
      if case .tensor(let reference) = $0.value { reference } else { nil }
    }
  }
}

/// How a library's function is called for an operator.
struct CallRow: Sendable {
  /// Parameters that the function has something for; with any other the formula is written.
  let parameters: Set<String>
  /// Nil where the function doesn't do what is asked for.
  let text: @Sendable (Arguments) -> String?

  init(_ parameters: String..., text: @escaping @Sendable (Arguments) -> String?) {
    (self.parameters, self.text) = (Set(parameters), text)
  }

  /// A function of one array alone.
  static func plain(_ name: String) -> CallRow { CallRow("x") { "\(name)(\($0.x))" } }

  /// The arguments of a call, as text.
  struct Arguments {
    let call: ExportedCall
    let graph: Graph
    let result: Graph.Node
    let operand: (Graph.Reference) -> String

    /// An array; empty where it isn't given.
    subscript(name: String) -> String {
      if case .tensor(let reference)? = call.arguments[name] { operand(reference) } else { "" }
    }

    var x: String { self["x"] }

    func has(_ name: String) -> Bool { call.arguments[name] != nil }

    func node(_ name: String) -> Graph.Node? {
      if case .tensor(let reference)? = call.arguments[name] { graph[reference] } else { nil }
    }

    func shape(_ name: String) -> Shape { node(name)?.shape ?? .scalar }

    /// Nil where it is an array.
    func number(_ name: String, _ initial: Double) -> Double? {
      switch call.arguments[name] {
      case nil: initial
      case .number(let number): number
      case .tensor, .text: nil
      }
    }

    func whole(_ name: String, _ initial: Int) -> Int? { number(name, Double(initial)).flatMap { Int(exactly: $0) } }

    func text(_ name: String, _ initial: String) -> String {
      if case .text(let text)? = call.arguments[name] { text } else { initial }
    }

    /// An axis of x, from the start.
    func axis(_ initial: Int = -1) -> Int? {
      whole("axis", initial).map { $0 < 0 ? $0 + shape("x").rank : $0 }
    }

    /// What a convolution's windows do, along each of so many axes.
    var windows: (stride: Int, padding: Int, dilation: Int, groups: Int)? {
      guard let stride = whole("stride", 1), let padding = whole("padding", 0), let dilation = whole("dilation", 1),
        let groups = whole("groups", 1)
      else { return nil }
      return (stride, padding, dilation, groups)
    }
  }
}

extension ArrayDialect {
  /// What the library has a function for, of operands that are all of the result's type but for labels.
  func text(
    _ call: ExportedCall, _ reference: Graph.Reference, in graph: Graph, _ operand: (Graph.Reference) -> String
  ) -> String? {
    guard let row = calls[call.name], row.parameters.isSuperset(of: call.arguments.keys) else { return nil }
    let node = graph[reference]
    guard
      call.arguments.allSatisfy({ name, argument in
        if case .tensor(let operand) = argument { name == "labels" || graph[operand].type == node.type } else { true }
      }), node.type == .float32 || node.type == .float64
    else { return nil }
    return withoutActuallyEscaping(operand) {
      row.text(CallRow.Arguments(call: call, graph: graph, result: node, operand: $0))
    }
  }

  static let jaxCalls: [String: CallRow] = [
    "softmax": CallRow("x", "axis") { call in call.axis().map { "jax.nn.softmax(\(call.x), axis=\($0))" } },
    "log_softmax": CallRow("x", "axis") { call in call.axis().map { "jax.nn.log_softmax(\(call.x), axis=\($0))" } },
    "gelu": CallRow("x", "approximate") {
      "jax.nn.gelu(\($0.x), approximate=\($0.text("approximate", "none") == "tanh" ? "True" : "False"))"
    },
    "silu": .plain("jax.nn.silu"), "selu": .plain("jax.nn.selu"), "mish": .plain("jax.nn.mish"),
    "hardswish": .plain("jax.nn.hard_swish"),
    "elu": CallRow("x", "alpha") { call in call.number("alpha", 1).map { "jax.nn.elu(\(call.x), \($0))" } },
    "leaky_relu": CallRow("x", "slope") { call in
      call.number("slope", 0.01).map { "jax.nn.leaky_relu(\(call.x), \($0))" }
    },
    "conv1d": CallRow("x", "w", "stride", "padding", "dilation", "groups") { jaxConvolution($0, axes: 1) },
    "conv2d": CallRow("x", "w", "stride", "padding", "dilation", "groups") { jaxConvolution($0, axes: 2) },
  ]

  private static func jaxConvolution(_ call: CallRow.Arguments, axes: Int) -> String? {
    guard let (stride, padding, dilation, groups) = call.windows else { return nil }
    func each(_ number: Int) -> String { tuple([Int](repeating: number, count: axes)) }
    let sides = [String](repeating: "(\(padding), \(padding))", count: axes).joined(separator: ", ")
    var text = "jax.lax.conv_general_dilated(\(call.x), \(call["w"]), \(each(stride)), [\(sides)]"
    if dilation != 1 { text += ", rhs_dilation=\(each(dilation))" }
    if groups != 1 { text += ", feature_group_count=\(groups)" }
    return text + ")"
  }

  static let torchCalls: [String: CallRow] = [
    "softmax": CallRow("x", "axis") { call in call.axis().map { "torch.softmax(\(call.x), dim=\($0))" } },
    "log_softmax": CallRow("x", "axis") { call in call.axis().map { "torch.log_softmax(\(call.x), dim=\($0))" } },
    "gelu": CallRow("x", "approximate") { call in
      let kind = call.text("approximate", "none")
      return "torch.nn.functional.gelu(\(call.x)\(kind == "none" ? "" : ", approximate=\"\(kind)\""))"
    },
    "silu": .plain("torch.nn.functional.silu"), "selu": .plain("torch.nn.functional.selu"),
    "mish": .plain("torch.nn.functional.mish"), "hardswish": .plain("torch.nn.functional.hardswish"),
    "elu": CallRow("x", "alpha") { call in
      call.number("alpha", 1).map { "torch.nn.functional.elu(\(call.x), alpha=\($0))" }
    },
    "leaky_relu": CallRow("x", "slope") { call in
      call.number("slope", 0.01).map { "torch.nn.functional.leaky_relu(\(call.x), \($0))" }
    },
    "layer_norm": CallRow("x", "axis", "eps", "scale", "shift") { call in
      let shape = call.shape("x")
      guard shape.rank > 0, call.axis() == shape.rank - 1, let eps = call.number("eps", 1e-5) else { return nil }
      let extent = shape[shape.rank - 1]
      let parts = ["scale", "shift"].filter(call.has)
      guard parts.allSatisfy({ call.shape($0) == Shape([extent]) }) else { return nil }
      let (scale, shift) = (call.has("scale") ? call["scale"] : "None", call.has("shift") ? call["shift"] : "None")
      let affine = parts.isEmpty ? "" : ", \(scale), \(shift)"
      return "torch.nn.functional.layer_norm(\(call.x), (\(extent),)\(affine), eps=\(eps))"
    },
    "conv1d": CallRow("x", "w", "stride", "padding", "dilation", "groups") { torchConvolution($0, "conv1d") },
    "conv2d": CallRow("x", "w", "stride", "padding", "dilation", "groups") { torchConvolution($0, "conv2d") },
    "cross_entropy": CallRow("logits", "labels") { call in
      guard call.shape("logits").rank == 2, call.shape("labels").rank == 1 else { return nil }
      return "torch.nn.functional.cross_entropy(\(call["logits"]), \(call["labels"]).long())"
    },
    "mse": CallRow("prediction", "target") { torchLoss($0, "mse_loss") },
    "mae": CallRow("prediction", "target") { torchLoss($0, "l1_loss") },
  ]

  private static func torchConvolution(_ call: CallRow.Arguments, _ name: String) -> String? {
    guard let (stride, padding, dilation, groups) = call.windows else { return nil }
    var text = "torch.nn.functional.\(name)(\(call.x), \(call["w"])"
    for (name, value, usual) in [
      ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1), ("groups", groups, 1),
    ] where value != usual { text += ", \(name)=\(value)" }
    return text + ")"
  }

  private static func torchLoss(_ call: CallRow.Arguments, _ name: String) -> String? {
    guard call.shape("prediction") == call.shape("target"), call.has("prediction"), call.has("target") else {
      return nil
    }
    return "torch.nn.functional.\(name)(\(call["prediction"]), \(call["target"]))"
  }
}
