import Tensors
import Text

/// A value for machines: JSON, separated values, or the literal that reads back.
struct MachineFormat {
  private let shown: Shown
  private let tensor: Tensor

  init(_ shown: Shown) {
    self.shown = shown
    tensor = shown.tensor
  }

  /// One object on one line.
  var json: String {
    var text = "{\"name\":"
    text += shown.title.map(Quoting.json) ?? "null"
    text += ",\"shape\":[" + tensor.shape.extents.map(String.init).joined(separator: ",")
    text += "],\"dtype\":\"" + (tensor.type == .bool ? "bool" : tensor.type.name) + "\",\"data\":["
    for index in Stoppable(0..<tensor.count) {
      if index > 0 { text += "," }
      let value = tensor[flat: index]
      if tensor.type == .bool {
        text += value == 0 ? "false" : "true"
      } else if value.isFinite {
        text += value == 0 && value.sign == .minus ? "-0.0" : number(value)
      } else {
        text += value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\""
      }
    }
    text += "]"
    if let zeros { text += ",\"zeros\":\"" + zeros + "\"" }
    if !shown.removals.isEmpty {
      let counts = shown.removals.map { "\(Quoting.json($0.word)):\($0.count)" }
      text += ",\"removed\":{" + counts.joined(separator: ",") + "}"
    }
    return text + "}"
  }

  /// One row of the last axis a line, matrices apart.
  func rows(separator: String) -> String {
    let columns = tensor.shape.extents.last ?? 1
    if tensor.count == 0 {
      let rows = columns == 0 ? Shape(tensor.shape.extents.dropLast()).count : 0
      return String(repeating: "\n", count: max(min(rows, 1 << 20) - 1, 0))
    }
    let matrix = columns * (tensor.shape.rank > 1 ? tensor.shape[tensor.shape.rank - 2] : tensor.count)
    var text = ""
    for index in Stoppable(0..<tensor.count) {
      if index > 0 { text += index % matrix == 0 ? "\n\n" : index % columns == 0 ? "\n" : separator }
      text += number(tensor[flat: index])
    }
    return text
  }

  /// What reads back to the same value when typed.
  func literal(defaultType: ElementType) -> String {
    let usual = defaultType == .literal ? .float64 : defaultType
    var text = ""
    if tensor.count == 0 {
      text = "zeros(" + tensor.shape.extents.map(String.init).joined(separator: ", ") + ")"
      if tensor.type == .bool { text += " != 0" }
    } else {
      text = tensor.shape.nested { offset in
        let value = tensor[flat: offset]
        return tensor.type == .bool ? (value == 0 ? "false" : "true") : number(value)
      } joined: { parts in
        "[" + parts.joined(separator: ", ") + "]"
      }
    }
    let isUsual = tensor.type == .bool || tensor.type == .literal || tensor.type == usual
    return isUsual ? text : tensor.type.name + "(" + text + ")"
  }

  /// The shortest digits that read back in the tensor's type.
  private func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    return NumberFormat(style: .shortest, digits: 17, type: tensor.type).numeral(value).text
  }

  /// One character an entry for its cause; nil where all are live or nothing is known.
  private var zeros: String? {
    guard let causes = shown.causes, causes.count == tensor.count, causes.contains(where: { $0 != .live }) else {
      return nil
    }
    let characters = causes.map { cause in
      switch cause {
      case .structural: UInt8(ascii: ".")
      case .gated: UInt8(ascii: "o")
      case .exact: UInt8(ascii: "0")
      case .live: UInt8(ascii: "-")
      }
    }
    return String(decoding: characters, as: UTF8.self)
  }
}
