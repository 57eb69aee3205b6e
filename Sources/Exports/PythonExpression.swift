import Tensors

/// An expression in Python, and how tightly it holds together (as `PythonOperator` counts).
struct PythonExpression {
  let text: String
  let tightness: Int
  /// What it comes to, if it is a number of Python's own, not an array: such a one takes the type of what it meets.
  let number: Double?

  init(_ text: String, tightness: Int = 3) {
    (self.text, self.tightness, number) = (text, tightness, nil)
  }

  /// A number of Python's own.
  init(number: Double, _ type: ElementType) {
    let value = type == .float32 ? Double(Float(number)) : number
    // The few digits that read back as the greatest float32 are beyond it as a number of Python's.
    let isGreatest = type == .float32 && abs(value) == Double(Float.greatestFiniteMagnitude)
    text = PythonWords.number(value, isGreatest ? .float64 : type)
    tightness = value.sign == .minus && value.isFinite ? 1 : 3
    self.number = value
  }

  static func call(_ name: String, _ arguments: String...) -> PythonExpression {
    PythonExpression("\(name)(\(arguments.joined(separator: ", ")))")
  }

  /// As an operand of what wants it so tight.
  func inside(_ tightness: Int) -> String { self.tightness >= tightness ? text : "(\(text))" }

  var isName: Bool { text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }
}

/// What Python lets a name and a number be.
enum PythonWords {
  static let reserved: Set<String> = Set([
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "sys",
  ]).union(builtins)

  /// What a name of ours would hide.
  private static let builtins: Set<String> = [
    "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
    "chr", "classmethod", "compile", "complex", "delattr", "dict", "dir", "divmod", "enumerate", "eval", "exec",
    "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr", "hash", "help", "hex", "id", "input",
    "int", "isinstance", "issubclass", "iter", "len", "list", "locals", "map", "max", "memoryview", "min", "next",
    "object", "oct", "open", "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set", "setattr",
    "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip",
  ]

  static func fit(_ name: String) -> String {
    let kept = String(name.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    let first = kept.first.map { $0.isNumber } ?? true
    return first ? "f" + kept : reserved.contains(kept) ? kept + "_" : kept
  }

  /// A name that nothing else has, taken.
  static func free(_ name: String, _ taken: inout Set<String>) -> String {
    let fit = fit(name)
    var (free, number) = (fit, 2)
    while !taken.insert(free).inserted {
      free = "\(fit)_\(number)"
      number += 1
    }
    return free
  }

  static func number(_ value: Double, _ type: ElementType) -> String {
    if type == .bool { return value == 0 ? "False" : "True" }
    if value.isFinite { return type == .float32 ? "\(Float(value))" : "\(value)" }
    return value.isNaN ? "float(\"nan\")" : "float(\"\(value < 0 ? "-" : "")inf\")"
  }

  /// A tensor's entries as lists within lists.
  static func list(_ tensor: Tensor) -> String {
    tensor.shape.nested { offset in
      number(tensor[flat: offset], tensor.type)
    } joined: { parts in
      "[" + parts.joined(separator: ", ") + "]"
    }
  }
}
