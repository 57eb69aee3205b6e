import Graphs
import Syntax

/// Calls of foreign functions, by the rows of the tables.
extension HabitTranslator {
  func call(_ callee: ForeignExpression, _ arguments: [ForeignArgument]) throws(NoLine) -> Expression {
    if let path = callee.path {
      if path.count == 1, isIndexed(path[0]) { return try index(callee, arguments.map(\.value), isCall: true) }
      if path.count == 1, isOwnFunction(path[0]) || locals.contains(path[0]) { return try plain(callee, arguments) }
      if let (tool, names) = resolved(path) {
        if let value = try evaluated(path, arguments) { return value }
        if let value = try row(Self.keys(names, "()"), tool, first: arguments) { return value }
        if Tool.modules[path[0]] != nil { return try sameName(names.last ?? "", arguments) }
      }
    }
    if case .call(let inner, let first) = callee, let path = inner.path, let (tool, names) = resolved(path) {
      if let value = try row(Self.keys(names, "()()"), tool, first: first, second: arguments) { return value }
    }
    if case .member(let base, let method) = callee { return try self.method(method, of: base, arguments) }
    return try plain(callee, arguments)
  }

  /// Octave picks entries with parentheses.
  private func isIndexed(_ name: String) -> Bool { isValue(name) && !isBuiltIn(name) && !locals.contains(name) }

  /// A function of ours that has this name there, too: known to be the same by no row, so its arguments must fit as they are.
  private func sameName(_ name: String, _ arguments: [ForeignArgument]) throws(NoLine) -> Expression {
    guard isBuiltIn(name) else { throw .unknown }
    return try plain(.name(name), arguments)
  }

  private func plain(_ callee: ForeignExpression, _ arguments: [ForeignArgument]) throws(NoLine) -> Expression {
    var translated: [Argument] = []
    for argument in arguments {
      guard !argument.isSpread else { throw .unknown }
      let label = argument.label.map { label in ownLabel(label, of: callee) }
      translated.append(
        Argument(label: label, labelRange: label.map { _ in 0..<0 }, value: try expression(argument.value)))
    }
    if case .name(let name) = callee {
      if ["printf", "fprintf", "sprintf"].contains(name), !isOwnFunction(name) {
        return try printing(arguments, isText: name == "sprintf")
      }
      return make(.call(self.name(name), translated))
    }
    return make(.call(try expression(callee), translated))
  }

  /// What a function of ours calls an argument that others call differently.
  private func ownLabel(_ label: String, of callee: ForeignExpression) -> String {
    guard case .name(let name) = callee,
      let signature = Operator.named[name]?.signature ?? Builtin.named[name]?.signature,
      !signature.parameters.contains(where: { $0.name == label }),
      let own = Self.synonyms.first(where: { $0.value.contains(label) })?.key
    else { return label }
    return own
  }

  private func method(
    _ method: String, of base: ForeignExpression, _ arguments: [ForeignArgument]
  ) throws(NoLine) -> Expression {
    if case .call(let inner, let first) = base, let path = inner.path, let (tool, names) = resolved(path) {
      if let value = try row(Self.keys(names, "().\(method)()"), tool, first: first, second: arguments) { return value }
    }
    if case .index(.member(let inner, "at"), let entries) = base,
      let value = try changed(inner, entries, method, arguments)
    {
      return value
    }
    if method == "format", case .text(let pieces) = base { return try formatted(pieces, arguments) }
    let all = [ForeignArgument(value: base)] + arguments
    // What is only called behind a point says more than a function of that name.
    if let value = try row([".\(method)()"], tool, first: all) { return value }
    if let value = try row(["\(method)()"], tool, first: all) { return value }
    guard isBuiltIn(method) || isOwnFunction(method) else { throw .unknown }
    return try plain(.name(method), all)
  }

  /// `sess.run(e, feed_dict={x: data})`: the input gets its value first.
  private func evaluated(_ path: [String], _ arguments: [ForeignArgument]) throws(NoLine) -> Expression? {
    guard path.count == 2, ["run", "eval"].contains(path[1]), Tool.modules[path[0]] == nil, let first = arguments.first
    else { return nil }
    for argument in arguments.dropFirst() {
      guard case .dictionary(let pairs) = argument.value else { return nil }
      for pair in pairs {
        guard case .name(let name) = pair.key else { throw .unknown }
        before.append(Statement(.assign([Name(name, 0..<0)], try expression(pair.value)), 0..<0))
      }
    }
    if let entries = first.value.entries { return make(.tuple(try expressions(entries))) }
    return try expression(first.value)
  }

  /// `u.at[0].set(9)`: a vector with one entry changed.
  private func changed(
    _ base: ForeignExpression, _ entries: [ForeignExpression], _ method: String, _ arguments: [ForeignArgument]
  ) throws(NoLine) -> Expression? {
    guard let function = ["set": "scatter", "add": "scatter_add"][method], entries.count == 1, arguments.count == 1
    else {
      return nil
    }
    let (x, place) = (try expression(base), try expression(entries[0]))
    guard shape(of: x)?.count == 1, shape(of: place)?.isEmpty == true else { return nil }
    let value = try expression(arguments[0].value)
    return call(function, [x, make(.list([place])), make(.list([value]))])
  }

  // MARK: Rows

  /// What a row makes of a call, or of a name (`first` is nil); nil where no row fits.
  func row(
    _ keys: [String], _ tool: Tool?, first: [ForeignArgument]?, second: [ForeignArgument]? = nil
  ) throws(NoLine) -> Expression? {
    guard let (habit, bound) = try fitting(keys, tool, first: first, second: second) else { return nil }
    guard habit.template.count == 1, case .expression(let template) = habit.template[0].kind else {
      throw habit.sentence.map { .sentence($0) } ?? .unknown
    }
    return try wrapped(try filled(template, bound), bound, sentence: habit.sentence)
  }

  /// The first row whose parameters a call fits, with what they stand for.
  func fitting(
    _ keys: [String], _ tool: Tool?, first: [ForeignArgument]?, second: [ForeignArgument]? = nil
  ) throws(NoLine) -> (Habit, BoundArguments)? {
    for table in tool?.tables ?? Tool.anywhere {
      for habit in keys.flatMap({ Habit.named($0, of: table) }) {
        let pattern = habit.pattern
        guard let first, let parameters = pattern.parameters else {
          if first == nil || pattern.parameters == nil && first?.count == 1 { return (habit, BoundArguments()) }
          continue
        }
        guard var bound = BoundArguments(parameters, first, self) else { continue }
        if let more = pattern.more {
          guard let other = BoundArguments(more, second ?? [], self) else { continue }
          bound.add(other)
        }
        if habit.template.isEmpty { used.insert(habit.tool) }
        if habit.template.isEmpty { throw habit.sentence.map { .sentence($0) } ?? .unknown }
        guard habit.template.allSatisfy({ bound.fills($0) }) else { continue }
        used.insert(habit.tool)
        return (habit, bound)
      }
    }
    return nil
  }

  /// With the element type and the kind that the call asked for.
  private func wrapped(_ value: Expression, _ bound: BoundArguments, sentence: String?) throws(NoLine) -> Expression {
    var value = value
    if let type = bound.elementType { value = try cast(value, to: type, isMade: true) }
    if bound.isTrainable {
      value = make(.call(name("weights"), [Argument(label: "value", labelRange: 0..<0, value: value)]))
    }
    return value
  }

  /// A value as elements of another type.
  func cast(_ value: Expression, to type: ForeignExpression, isMade: Bool = false) throws(NoLine) -> Expression {
    let word = type.plainText ?? type.path?.last ?? ""
    switch word {
    case "float32", "float16", "half", "bfloat16", "single", "Float32", "complex64":
      return isMade ? value : call("float32", [value])
    case "float64", "double", "float", "float_", "Float64", "float128":
      return isMade && value.isWholeLiteral && word == "float" ? value : call("float64", [value])
    case "bool", "bool_", "Bool", "logical": return call("mask", [value])
    case _
    where word.lowercased().hasPrefix("int") || word.lowercased().hasPrefix("uint") || ["long", "short"].contains(word):
      return value.isWholeLiteral ? value : call("trunc", [value])
    default: throw .unknown
    }
  }

  /// Names of arguments that mean the same.
  static let synonyms: [String: Set<String>] = [
    "length": ["length", "length.out"], "value": ["value", "nan", "fill_value"],
    "axis": ["axis", "dim", "dims", "axes", "reduction_indices", "dimension", "ax", "MARGIN"],
    "keepdims": ["keepdims", "keepdim", "keep_dims"],
    "shape": ["shape", "size", "newshape", "target_shape"],
    "x": ["x", "a", "input", "input_tensor", "tensor", "array", "arr", "self", "features", "m", "A", "X", "object"],
    "y": ["y", "other", "b", "x2"], "correction": ["correction", "ddof"], "seed": ["seed"],
    "tensors": ["tensors", "values", "arrays", "tup"], "descending": ["descending", "decreasing", "rev"],
  ]

  /// Arguments that make no difference here.
  static let ignored: Set<String> = [
    "name", "device", "pin_memory", "layout", "copy", "subok", "memory_format", "non_blocking", "inplace", "stable",
    "validate_indices", "trainable", "rcond", "driver", "key", "generator", "sparse_output", "allow_input_downcast",
    "training", "output_type", "swap_memory", "overwrite_a", "check_finite", "ndmin", "like", "use_locking",
  ]
}

extension Expression {
  /// Numbers without fractions, or what makes such.
  fileprivate var isWholeLiteral: Bool {
    switch kind {
    case .number(let value): return value.isFinite && value == value.rounded()
    case .boolean: return true
    case .unary(_, let x): return x.isWholeLiteral
    case .list(let entries), .tuple(let entries): return entries.allSatisfy(\.isWholeLiteral)
    case .rows(let rows): return rows.allSatisfy { $0.allSatisfy(\.isWholeLiteral) }
    case .call(let callee, _):
      guard case .name(let name) = callee.kind else { return false }
      return [
        "zeros", "ones", "eye", "arange", "randint", "permutation", "argmax", "argmin", "zeros_like", "ones_like",
      ]
      .contains(name)
    default: return false
    }
  }
}
