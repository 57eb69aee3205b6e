import Files
import Graphs
import Refusals
import Tensors
import Text

/// An operation of ONNX, written in the language.
///
/// What is said of it here follows github.com/onnx/onnx/blob/main/docs/Operators.md.
struct ONNXOperation: Sendable {
  let name: String
  /// Gives a tuple, of which each output is an entry.
  let givesSeveral: Bool
  /// How many axes there are afterwards, where that is known.
  let rank: @Sendable (ONNXCall) -> Int?
  let text: @Sendable (ONNXCall) throws(Refusal) -> String

  private init(
    _ name: String, givesSeveral: Bool = false, rank: @escaping @Sendable (ONNXCall) -> Int? = { $0.rank(0) },
    _ text: @escaping @Sendable (ONNXCall) throws(Refusal) -> String
  ) {
    (self.name, self.givesSeveral, self.rank, self.text) = (name, givesSeveral, rank, text)
  }

  static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  static let all = elements + operands + reductions + products + layers + windows + shapes + places

  // MARK: Element by element

  /// A function of the language under the name that it has there.
  private static func same(_ name: String, _ own: String) -> ONNXOperation {
    ONNXOperation(name) { call throws(Refusal) in "\(own)(\(try call.x(0)))" }
  }

  /// What the exports write by one operation is read by the same row.
  private static var ofExports: [ONNXOperation] {
    ElementFunction.all.compactMap { function in
      guard case .direct(let name)? = function.notation.onnx, name != "Neg" else { return nil }
      return same(name, function.operator.name)
    }
  }

  private static let elements: [ONNXOperation] = {
    let written: [ONNXOperation] = [
      ONNXOperation("Neg") { call throws(Refusal) in "-\(try call.x(0))" },
      ONNXOperation("Reciprocal") { call throws(Refusal) in "1 / \(try call.x(0))" },
      ONNXOperation("Identity") { call throws(Refusal) in try call.x(0) },
      ONNXOperation("Dropout") { call throws(Refusal) in try call.x(0) },
      ONNXOperation("Not") { call throws(Refusal) in "not \(try call.x(0))" },
      ONNXOperation("Elu") { call throws(Refusal) in "elu(\(try call.x(0)), \(try call.number("alpha") ?? "1"))" },
      ONNXOperation("Celu") { call throws(Refusal) in
        let (x, alpha) = (try call.x(0), try call.number("alpha") ?? "1")
        return "maximum(\(x), 0) + minimum(\(alpha) * expm1(\(x) / \(alpha)), 0)"
      },
      ONNXOperation("Selu") { call throws(Refusal) in
        let (x, alpha) = (try call.x(0), try call.number("alpha") ?? "1.6732632")
        return "\(try call.number("gamma") ?? "1.050701") * elu(\(x), \(alpha))"
      },
      ONNXOperation("LeakyRelu") { call throws(Refusal) in
        "leaky_relu(\(try call.x(0)), \(try call.number("alpha") ?? "0.01"))"
      },
      ONNXOperation("ThresholdedRelu") { call throws(Refusal) in
        "where(\(try call.x(0)) > \(try call.number("alpha") ?? "1"), \(try call.x(0)), 0)"
      },
      ONNXOperation("HardSigmoid") { call throws(Refusal) in
        let (alpha, beta) = (try call.number("alpha") ?? "0.2", try call.number("beta") ?? "0.5")
        return "clip(\(alpha) * \(try call.x(0)) + \(beta), 0, 1)"
      },
      ONNXOperation("HardSwish") { call throws(Refusal) in
        "\(try call.x(0)) * clip(\(try call.x(0)) / 6 + 0.5, 0, 1)"
      },
      ONNXOperation("Gelu") { call throws(Refusal) in
        "gelu(\(try call.x(0)), approximate=\"\(try call.word("approximate") == "tanh" ? "tanh" : "none")\")"
      },
      ONNXOperation("Cast") { call throws(Refusal) in
        let x = try call.x(0)
        switch try call.integer("to") {
        case 1: return "float32(\(x))"
        case 11: return "float64(\(x))"
        case 9: return "\(x) != 0"
        // There are no whole numbers here: what is cut off is the same.
        case 2, 3, 4, 5, 6, 7, 12, 13: return "trunc(\(x) + 0)"
        case let other: throw Refusal("makes elements of a type that isn't here (\(other.map { "\($0)" } ?? "?"))")
        }
      },
      ONNXOperation("Clip") { call throws(Refusal) in
        let low = call.has(1) ? try call.x(1) : try call.number("min") ?? "-inf"
        let high = call.has(2) ? try call.x(2) : try call.number("max") ?? "inf"
        return "clip(\(try call.x(0)), \(low), \(high))"
      },
      ONNXOperation("IsInf") { call throws(Refusal) in "isinf(\(try call.x(0)))" },
      ONNXOperation("IsNaN") { call throws(Refusal) in "isnan(\(try call.x(0)))" },
      // The exports go by way of another type.
      same("Tan", "tan"), same("Asin", "asin"), same("Acos", "acos"), same("Atan", "atan"), same("Sinh", "sinh"),
      same("Cosh", "cosh"), same("Asinh", "asinh"), same("Acosh", "acosh"), same("Atanh", "atanh"), same("Erf", "erf"),
      same("Mish", "mish"), same("Softsign", "softsign"), same("Softplus", "softplus"),
    ]
    return written + ofExports.filter { row in !written.contains { $0.name == row.name } }
  }()

  // MARK: Several operands

  private static func infix(_ name: String, _ sign: String) -> ONNXOperation {
    ONNXOperation(name, rank: \.rank) { call throws(Refusal) in "\(try call.x(0)) \(sign) \(try call.x(1))" }
  }

  /// Any number of operands, two by two.
  private static func folded(_ name: String, _ joint: @escaping @Sendable (String, String) -> String) -> ONNXOperation {
    ONNXOperation(name, rank: \.rank) { call throws(Refusal) in
      let all = try call.all()
      guard let first = all.first else { throw Refusal("lacks its operands") }
      return all.dropFirst().reduce(first, joint)
    }
  }

  private static let operands: [ONNXOperation] = [
    infix("Add", "+"), infix("Sub", "-"), infix("Mul", "*"), infix("Div", "/"), infix("Pow", "^"),
    infix("Equal", "=="), infix("Greater", ">"), infix("Less", "<"), infix("GreaterOrEqual", ">="),
    infix("LessOrEqual", "<="), infix("And", "and"), infix("Or", "or"), infix("Xor", "xor"),
    folded("Max") { "maximum(\($0), \($1))" }, folded("Min") { "minimum(\($0), \($1))" },
    folded("Sum") { "\($0) + \($1)" },
    ONNXOperation("Mean", rank: \.rank) { call throws(Refusal) in
      "(\(try call.all().joined(separator: " + "))) / \(call.inputCount)"
    },
    ONNXOperation("Mod", rank: \.rank) { call throws(Refusal) in
      let (a, b) = (try call.x(0), try call.x(1))
      return try call.integer("fmod") == 1 ? "fmod(\(a), \(b))" : "\(a) - \(b) * floor(\(a) / \(b))"
    },
    ONNXOperation("PRelu", rank: \.rank) { call throws(Refusal) in
      "where(\(try call.x(0)) < 0, \(try call.x(1)) * \(try call.x(0)), \(try call.x(0)))"
    },
    ONNXOperation("Where", rank: \.rank) { call throws(Refusal) in
      "where(\(try call.x(0)), \(try call.x(1)), \(try call.x(2)))"
    },
    ONNXOperation("Einsum", rank: { _ in nil }) { call throws(Refusal) in
      guard let pattern = try call.word("equation"), pattern.allSatisfy({ $0.isLetter || ",->. ".contains($0) }) else {
        throw Refusal("has no equation that is read")
      }
      return "einsum(\"\(pattern.filter { $0 != " " })\", \(try call.all().joined(separator: ", ")))"
    },
  ]

  // MARK: Along axes

  private static func list(_ numbers: [Int]) -> String { "[\(numbers.map { "\($0)" }.joined(separator: ", "))]" }

  /// - Parameter body: of x and what says the axes, which may be nothing.
  private static func reduction(
    _ name: String, _ body: @escaping @Sendable (_ x: String, _ axes: String) -> String
  ) -> ONNXOperation {
    ONNXOperation(
      name,
      rank: { call in
        if (try? call.integer("keepdims")) != 0 { return call.rank(0) }
        guard let rank = call.rank(0), let axes = try? call.integers("axes", or: 1) else { return nil }
        return rank - axes.count
      }
    ) { call throws(Refusal) in
      let axes = try call.integers("axes", or: 1) ?? []
      if axes.isEmpty, try call.integer("noop_with_empty_axes") == 1 { return try call.x(0) }
      let kept = try call.integer("keepdims") != 0 ? ", keepdims=true" : ""
      return body(try call.x(0), (axes.isEmpty ? "" : ", axis=\(list(axes))") + kept)
    }
  }

  private static func winner(_ name: String, _ own: String) -> ONNXOperation {
    ONNXOperation(
      name, rank: { call in (try? call.integer("keepdims")) == 0 ? call.rank(0).map { $0 - 1 } : call.rank(0) }
    ) { call throws(Refusal) in
      try call.only("select_last_index")
      let kept = try call.integer("keepdims") != 0 ? ", keepdims=true" : ""
      return "\(own)(\(try call.x(0)), axis=\(try call.integer("axis") ?? 0)\(kept))"
    }
  }

  private static func normalised(_ name: String, _ own: String) -> ONNXOperation {
    ONNXOperation(name) { call throws(Refusal) in
      let x = try call.x(0)
      guard call.version < 13 else { return "\(own)(\(x), axis=\(try call.integer("axis") ?? -1))" }
      let rank = call.rank(0) ?? 2
      // In older sets all axes from this one on are meant together.
      let axis = try call.integer("axis") ?? 1
      if axis == -1 || axis == rank - 1 { return "\(own)(\(x), axis=-1)" }
      guard axis == 1 else { throw Refusal("has axis=\(axis), which isn't read in this version (\(call.version))") }
      return "reshape(\(own)(reshape(\(x), [shape(\(x))[0], -1]), axis=-1), shape(\(x)))"
    }
  }

  private static let reductions: [ONNXOperation] = [
    reduction("ReduceSum") { "sum(\($0)\($1))" }, reduction("ReduceMean") { "mean(\($0)\($1))" },
    reduction("ReduceMax") { "max(\($0)\($1))" }, reduction("ReduceMin") { "min(\($0)\($1))" },
    reduction("ReduceProd") { "prod(\($0)\($1))" }, reduction("ReduceL1") { "sum(abs(\($0))\($1))" },
    reduction("ReduceL2") { "sqrt(sum(square(\($0))\($1)))" },
    reduction("ReduceSumSquare") { "sum(square(\($0))\($1))" },
    reduction("ReduceLogSum") { "log(sum(\($0)\($1)))" }, reduction("ReduceLogSumExp") { "logsumexp(\($0)\($1))" },
    winner("ArgMax", "argmax"), winner("ArgMin", "argmin"),
    normalised("Softmax", "softmax"), normalised("LogSoftmax", "log_softmax"),
    ONNXOperation("CumSum") { call throws(Refusal) in
      try call.only("exclusive")
      try call.only("reverse")
      return "cumsum(\(try call.x(0)), axis=\(try call.x(1)))"
    },
    ONNXOperation("TopK", givesSeveral: true) { call throws(Refusal) in
      try call.only("largest", 1)
      return "topk(\(try call.x(0)), \(try call.x(1))[0], axis=\(try call.integer("axis") ?? -1))"
    },
  ]

  // MARK: Products

  private static let products: [ONNXOperation] = [
    ONNXOperation("MatMul", rank: \.rank) { call throws(Refusal) in "\(try call.x(0)) @ \(try call.x(1))" },
    ONNXOperation("Gemm", rank: { _ in 2 }) { call throws(Refusal) in
      func operand(_ place: Int, _ name: String) throws(Refusal) -> String {
        try call.integer(name) ?? 0 == 0 ? try call.x(place) : "transpose(\(try call.x(place)))"
      }
      func scaled(_ text: String, _ name: String) throws(Refusal) -> String {
        let factor = try call.number(name) ?? "1.0"
        return factor == "1.0" ? text : "\(factor) * \(text)"
      }
      let product = "\(try operand(0, "transA")) @ \(try operand(1, "transB"))"
      let first = try call.number("alpha") ?? "1.0" == "1.0" ? product : try scaled("(\(product))", "alpha")
      return call.has(2) ? "\(first) + \(try scaled(try call.x(2), "beta"))" : first
    },
  ]

  // MARK: Layers

  /// Axes behind the first two, so that a number for each channel meets them.
  private static func spread(_ x: String, _ rank: Int) -> String {
    "\(x)[:\(String(repeating: ", new", count: max(rank - 2, 0)))]"
  }

  private static let layers: [ONNXOperation] = [
    ONNXOperation("BatchNormalization") { call throws(Refusal) in
      try call.only("training_mode")
      let (mean, variance) = (try call.x(3), try call.x(4))
      let eps = try call.number("epsilon") ?? "1e-05"
      return "batch_norm(\(try call.x(0)), \(mean), \(variance), \(try call.x(1)), \(try call.x(2)), eps=\(eps))"
    },
    ONNXOperation("LayerNormalization") { call throws(Refusal) in
      let axis = try call.integer("axis") ?? -1
      let count = axis < 0 ? -axis : call.rank(0).map { $0 - axis }
      guard let count, 1...8 ~= count else { throw Refusal("has axis=\(axis) of something whose axes aren't known") }
      let (x, axes) = (try call.x(0), list((1...count).map { -$0 }))
      let eps = try call.number("epsilon") ?? "1e-05"
      let scaled =
        "(\(x) - mean(\(x), axis=\(axes), keepdims=true)) / "
        + "sqrt(var(\(x), axis=\(axes), keepdims=true) + \(eps)) * \(try call.x(1))"
      return call.has(2) ? "\(scaled) + \(try call.x(2))" : scaled
    },
    ONNXOperation("InstanceNormalization") { call throws(Refusal) in
      let (scale, eps) = (try call.x(1), try call.number("epsilon") ?? "1e-05")
      return "group_norm(\(try call.x(0)), size(\(scale)), eps=\(eps), scale=\(scale), shift=\(try call.x(2)))"
    },
    ONNXOperation("GroupNormalization") { call throws(Refusal) in
      guard call.version >= 21, let groups = try call.integer("num_groups") else {
        throw Refusal("isn't read in this version (\(call.version))")
      }
      let eps = try call.number("epsilon") ?? "1e-05"
      return "group_norm(\(try call.x(0)), \(groups), eps=\(eps), scale=\(try call.x(1)), shift=\(try call.x(2)))"
    },
    ONNXOperation("Conv", rank: { call in call.rank(1) ?? call.rank(0) }) { call throws(Refusal) in
      guard let kernel = try call.integers("kernel_shape") ?? call.extents(1).map({ Array($0.dropFirst(2)) }),
        1...2 ~= kernel.count
      else { throw Refusal("has windows of a rank that isn't read") }
      let ones = [Int](repeating: 1, count: kernel.count)
      let strides = try call.integers("strides") ?? ones
      let dilations = try call.integers("dilations") ?? ones
      guard strides.count == kernel.count, dilations.count == kernel.count else { throw Refusal("has an odd window") }
      let margin = try Margin(call, kernel: kernel, strides: strides, dilations: dilations)
      let (x, padding) =
        margin.isEven ? (try call.x(0), list(margin.before)) : (try margin.padded(call), list(ones.map { _ in 0 }))
      let rest =
        kernel.count == 1
        ? "stride=\(strides[0]), padding=\(margin.isEven ? margin.before[0] : 0), dilation=\(dilations[0])"
        : "stride=\(list(strides)), padding=\(padding), dilation=\(list(dilations))"
      let groups = try call.integer("group") ?? 1
      let product = "conv\(kernel.count)d(\(x), \(try call.x(1)), \(rest), groups=\(groups))"
      return call.has(2) ? "\(product) + \(spread(try call.x(2), kernel.count + 2))" : product
    },
    ONNXOperation("ConvTranspose", rank: { _ in 4 }) { call throws(Refusal) in
      guard call.extents(1)?.count ?? call.rank(0) == 4 else { throw Refusal("has windows of a rank that isn't read") }
      try call.only("group", 1)
      try call.only("dilations", all: 1)
      if let sizes = try call.integers("output_shape") { throw Refusal("has output_shape=\(sizes), which isn't read") }
      guard try call.word("auto_pad") ?? "NOTSET" == "NOTSET" else { throw Refusal("has auto_pad, which isn't read") }
      func one(_ name: String, _ usual: Int) throws(Refusal) -> Int {
        guard let numbers = try call.integers(name), let first = numbers.first else { return usual }
        guard numbers.allSatisfy({ $0 == first }) else { throw Refusal("has \(name)=\(numbers), which isn't read") }
        return first
      }
      let rest =
        "stride=\(try one("strides", 1)), padding=\(try one("pads", 0)), output_padding=\(try one("output_padding", 0))"
      let product = "conv_transpose2d(\(try call.x(0)), \(try call.x(1)), \(rest))"
      return call.has(2) ? "\(product) + \(spread(try call.x(2), 4))" : product
    },
  ]

  /// What is put around the axes behind the first two.
  private struct Margin {
    var before: [Int]
    var after: [Int]

    var isEven: Bool { before == after }
    var isEmpty: Bool { (before + after).allSatisfy { $0 == 0 } }

    init(_ call: ONNXCall, kernel: [Int], strides: [Int], dilations: [Int]) throws(Refusal) {
      let pads = try call.integers("pads") ?? [Int](repeating: 0, count: 2 * kernel.count)
      guard pads.count == 2 * kernel.count, pads.allSatisfy({ $0 >= 0 }) else { throw Refusal("has odd pads") }
      (before, after) = (Array(pads.prefix(kernel.count)), Array(pads.suffix(kernel.count)))
      switch try call.word("auto_pad") ?? "NOTSET" {
      case "NOTSET": return
      case "VALID": (before, after) = (before.map { _ in 0 }, after.map { _ in 0 })
      case "SAME_UPPER", "SAME_LOWER":
        // With longer steps it depends on the size of what comes.
        guard strides.allSatisfy({ $0 == 1 }) else { throw Refusal("has auto_pad with strides, which isn't read") }
        let totals = zip(kernel, dilations).map { ($0 - 1) * $1 }
        let isUpper = try call.word("auto_pad") == "SAME_UPPER"
        before = totals.map { isUpper ? $0 / 2 : $0 - $0 / 2 }
        after = zip(totals, before).map { $0 - $1 }
      case let other: throw Refusal("has auto_pad=\(other.shownBriefly), which isn't read")
      }
    }

    func padded(_ call: ONNXCall, _ value: String = "0") throws(Refusal) -> String { padded(try call.x(0), value) }

    func padded(_ x: String, _ value: String = "0") -> String {
      if isEmpty { return x }
      let widths = zip(before, after).map { "[\($0), \($1)]" }.joined(separator: ", ")
      return "pad(\(x), [[0, 0], [0, 0], \(widths)], value=\(value))"
    }
  }

  // MARK: Windows

  private static func pool(
    _ name: String, _ body: @escaping @Sendable (ONNXCall, Margin, _ window: String) throws(Refusal) -> String
  ) -> ONNXOperation {
    ONNXOperation(name) { call throws(Refusal) in
      guard let kernel = try call.integers("kernel_shape"), 1...2 ~= kernel.count else {
        throw Refusal("has windows of a rank that isn't read")
      }
      try call.only("ceil_mode")
      try call.only("storage_order")
      try call.only("dilations", all: 1)
      let ones = [Int](repeating: 1, count: kernel.count)
      let strides = try call.integers("strides") ?? ones
      guard strides.count == kernel.count else { throw Refusal("has an odd window") }
      let margin = try Margin(call, kernel: kernel, strides: strides, dilations: ones)
      // Along the last axis alone it leaves the one before as it is.
      let front = [Int](repeating: 1, count: 2 - kernel.count)
      return try body(call, margin, "\(list(front + kernel)), \(list(front + strides))")
    }
  }

  private static func global(_ name: String, _ own: String) -> ONNXOperation {
    ONNXOperation(name) { call throws(Refusal) in
      let axes = Array(2..<max(call.rank(0) ?? 4, 3))
      return "\(own)(\(try call.x(0)), axis=\(list(axes)), keepdims=true)"
    }
  }

  private static let windows: [ONNXOperation] = [
    pool("MaxPool") { call, margin, window throws(Refusal) in
      "max_pool(\(try margin.padded(call, "-inf")), \(window))"
    },
    pool("AveragePool") { call, margin, window throws(Refusal) in
      let mean = "avg_pool(\(try margin.padded(call)), \(window))"
      // What was put around doesn't count, unless it is to.
      let countsAll = try call.integer("count_include_pad") == 1
      if margin.isEmpty || countsAll { return mean }
      return "\(mean) / avg_pool(\(margin.padded("(\(try call.x(0)) * 0 + 1)")), \(window))"
    },
    global("GlobalAveragePool", "mean"), global("GlobalMaxPool", "max"),
  ]

  // MARK: Shapes

  private static let shapes: [ONNXOperation] = [
    ONNXOperation("Shape", rank: { _ in 1 }) { call throws(Refusal) in
      let (start, end) = (try call.integer("start") ?? 0, try call.integer("end"))
      let all = "shape(\(try call.x(0)))"
      return start == 0 && end == nil ? all : "\(all)[\(start):\(end.map { "\($0)" } ?? "")]"
    },
    ONNXOperation("Size", rank: { _ in 0 }) { call throws(Refusal) in "size(\(try call.x(0)))" },
    ONNXOperation("Reshape", rank: { call in call.extents(1)?.first }) { call throws(Refusal) in
      let x = try call.x(0)
      guard call.isKnown(1) || call.node.attributes["shape"] != nil, let extents = try call.integers("shape", or: 1)
      else {
        return "reshape(\(x), \(try call.x(1)))"
      }
      // 0 keeps what is there.
      let keepsZeros = try call.integer("allowzero") == 1
      let parts = extents.enumerated().map { $1 == 0 && !keepsZeros ? "shape(\(x))[\($0)]" : "\($1)" }
      return "reshape(\(x), [\(parts.joined(separator: ", "))])"
    },
    ONNXOperation("Flatten", rank: { _ in 2 }) { call throws(Refusal) in
      let (x, axis) = (try call.x(0), try call.integer("axis") ?? 1)
      switch axis {
      case 0: return "reshape(\(x), [1, -1])"
      case 1: return "reshape(\(x), [shape(\(x))[0], -1])"
      case let axis: return "reshape(\(x), [prod(shape(\(x))[:\(axis)]), -1])"
      }
    },
    ONNXOperation("Transpose") { call throws(Refusal) in
      if let order = try call.integers("perm") { return "transpose(\(try call.x(0)), \(list(order)))" }
      guard let rank = call.rank(0) else { throw Refusal("turns axes of which it isn't known how many there are") }
      return "transpose(\(try call.x(0)), \(list((0..<rank).reversed())))"
    },
    ONNXOperation(
      "Squeeze",
      rank: { call in
        guard let rank = call.rank(0), let axes = try? call.integers("axes", or: 1) else { return nil }
        return rank - axes.count
      }
    ) { call throws(Refusal) in
      let axes = try call.integers("axes", or: 1)
      return "squeeze(\(try call.x(0))\(axes.map { ", \(list($0))" } ?? ""))"
    },
    ONNXOperation(
      "Unsqueeze",
      rank: { call in
        guard let rank = call.rank(0), let axes = try? call.integers("axes", or: 1) else { return nil }
        return rank + axes.count
      }
    ) { call throws(Refusal) in
      guard let axes = try call.integers("axes", or: 1) else { throw Refusal("lacks its axes") }
      return "expand_dims(\(try call.x(0)), \(list(axes)))"
    },
    ONNXOperation("Concat") { call throws(Refusal) in
      guard let axis = try call.integer("axis") else { throw Refusal("lacks its axis") }
      let parts = try call.all()
      return parts.count == 1 ? parts[0] : "concat((\(parts.joined(separator: ", "))), axis=\(axis))"
    },
    ONNXOperation("Split", givesSeveral: true) { call throws(Refusal) in
      let axis = try call.integer("axis") ?? 0
      let parts = try call.integers("split", or: 1)
      guard let parts, !parts.isEmpty else {
        return "split(\(try call.x(0)), \(call.node.outputs.count), axis=\(axis))"
      }
      var (places, end) = ([Int](), 0)
      for part in parts.dropLast() {
        end = end.addingReportingOverflow(part).partialValue
        places.append(end)
      }
      return places.isEmpty ? "(\(try call.x(0)),)" : "split(\(try call.x(0)), \(list(places)), axis=\(axis))"
    },
    ONNXOperation(
      "Expand",
      rank: { call in
        guard let own = call.rank(0), let other = call.extents(1)?.first else { return nil }
        return max(own, other)
      }
    ) { call throws(Refusal) in
      let x = try call.x(0)
      guard call.isKnown(1), let extents = try call.integers("shape", or: 1) else {
        return "broadcast_to(\(x), \(try call.x(1)))"
      }
      // 1 keeps what is there.
      if !extents.contains(1) { return "broadcast_to(\(x), \(list(extents)))" }
      return "where(zeros(\(list(extents))) == 0, \(x), \(x))"
    },
    ONNXOperation("Tile") { call throws(Refusal) in "tile(\(try call.x(0)), \(try call.x(1)))" },
    ONNXOperation("ConstantOfShape", rank: { call in call.extents(0)?.first }) { call throws(Refusal) in
      let value = try call.tensor("value").map {
        ONNXProgram.literal(Tensor([$0[flat: 0]], shape: Shape([]), type: $0.type))
      }
      return "full(\(try call.x(0)), \(value ?? "0"))"
    },
    ONNXOperation("Range", rank: { _ in 1 }) { call throws(Refusal) in
      "arange(\(try call.x(0)), \(try call.x(1)), \(try call.x(2)))"
    },
    ONNXOperation("Pad") { call throws(Refusal) in
      guard let pads = try call.integers("pads", or: 1), pads.count % 2 == 0 else { throw Refusal("lacks its pads") }
      guard !call.has(3) else { throw Refusal("names axes, which isn't read") }
      let rank = pads.count / 2
      let widths = (0..<rank).map { "[\(pads[$0]), \(pads[$0 + rank])]" }.joined(separator: ", ")
      let mode = try call.word("mode") ?? "constant"
      guard ["constant", "edge", "reflect", "wrap"].contains(mode) else { throw Refusal("has a mode that isn't read") }
      guard !pads.contains(where: { $0 < 0 }) else { throw Refusal("has pads below 0, which aren't read") }
      let value = call.has(2) ? try call.x(2) : try call.number("value") ?? "0"
      return "pad(\(try call.x(0)), [\(widths)], value=\(value), mode=\"\(mode)\")"
    },
    ONNXOperation("Slice") { call throws(Refusal) in
      guard let starts = try call.integers("starts", or: 1), let ends = try call.integers("ends", or: 2),
        starts.count == ends.count
      else { throw Refusal("lacks its starts or ends") }
      let axes = try call.integers("axes", or: 3) ?? Array(starts.indices)
      let steps = try call.integers("steps", or: 4) ?? starts.map { _ in 1 }
      guard axes.count == starts.count, steps.count == starts.count else { throw Refusal("has odd axes") }
      var places: [Int: String] = [:]
      for (index, axis) in axes.enumerated() {
        guard let place = axis >= 0 ? axis : call.rank(0).map({ $0 + axis }), 0..<64 ~= place else {
          throw Refusal("cuts an axis of which it isn't known where it is")
        }
        places[place] = try range(starts[index], ends[index], steps[index])
      }
      let last = places.keys.max() ?? 0
      return "\(try call.x(0))[\((0...last).map { places[$0] ?? ":" }.joined(separator: ", "))]"
    },
  ]

  /// `start:end:step`; the far ends are left out.
  private static func range(_ start: Int, _ end: Int, _ step: Int) throws(Refusal) -> String {
    guard step != 0 else { throw Refusal("has a step of 0") }
    let far = 1 << 31 - 2
    let first = step > 0 ? (start == 0 ? "" : "\(start)") : (start >= far ? "" : "\(start)")
    let last = step > 0 ? (end >= far ? "" : "\(end)") : (end <= -far ? "" : "\(end)")
    return "\(first):\(last)" + (step == 1 ? "" : ":\(step)")
  }

  // MARK: Places

  private static let places: [ONNXOperation] = [
    ONNXOperation(
      "Gather",
      rank: { call in
        guard let own = call.rank(0), let indices = call.rank(1) else { return nil }
        return own + indices - 1
      }
    ) { call throws(Refusal) in
      "take(\(try call.x(0)), \(try call.x(1)), axis=\(try call.integer("axis") ?? 0))"
    },
    ONNXOperation("GatherElements") { call throws(Refusal) in
      "gather(\(try call.x(0)), \(try call.x(1)), axis=\(try call.integer("axis") ?? 0))"
    },
    ONNXOperation("ScatterElements") { call throws(Refusal) in
      let (x, places, values) = (try call.x(0), try call.x(1), try call.x(2))
      let axis = "axis=\(try call.integer("axis") ?? 0)"
      switch try call.word("reduction") ?? "none" {
      case "add": return "scatter_add(\(x), \(places), \(values), \(axis))"
      case "none":
        // No place comes twice.
        let hit = "scatter_add(zeros_like(\(x)), \(places), ones_like(\(values)), \(axis)) > 0"
        return "where(\(hit), scatter_add(zeros_like(\(x)), \(places), \(values), \(axis)), \(x))"
      case let other: throw Refusal("has reduction=\(other.shownBriefly), which isn't read")
      }
    },
    ONNXOperation("OneHot", rank: { call in call.rank(0).map { $0 + 1 } }) { call throws(Refusal) in
      try call.only("axis", -1)
      return "where(one_hot(\(try call.x(0)), \(try call.x(1))) == 1, \(try call.x(2))[1], \(try call.x(2))[0])"
    },
    ONNXOperation("Trilu") { call throws(Refusal) in
      let own = try call.integer("upper") == 0 ? "tril" : "triu"
      return "\(own)(\(try call.x(0)), \(call.has(1) ? try call.x(1) : "0"))"
    },
  ]
}
