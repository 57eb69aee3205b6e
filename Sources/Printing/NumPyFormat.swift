import Tensors

/// The text NumPy 2.4 prints for an array: its `repr`, and its `str` for a number.
struct NumPyFormat {
  private let tensor: Tensor

  private static let prefix = "array("
  private static let lineWidth = 75
  /// An array of more elements shows only the first and last few along each axis.
  private static let threshold = 1000
  private static let edge = 3

  init(_ tensor: Tensor) { self.tensor = tensor }

  var text: String {
    let shape = tensor.shape
    if shape.rank == 0 { return NumPyNumbers.scalar(tensor) }
    let isSummary = tensor.count > NumPyFormat.threshold
    let indent = String(repeating: " ", count: NumPyFormat.prefix.count + 1)
    var body = "[]"
    if tensor.count > 0 {
      let numbers = NumPyNumbers(visibleValues(isSummary: isSummary), type: tensor.type)
      var offset = 0
      body = list(
        axis: 0, offset: &offset, indent: indent, width: NumPyFormat.lineWidth - 1, isSummary: isSummary,
        numbers: numbers)
    }
    let extras = extras(isSummary: isSummary)
    if extras.isEmpty { return NumPyFormat.prefix + body + ")" }
    let text = NumPyFormat.prefix + body + ","
    let end = extras.joined(separator: ", ") + ")"
    let lastLine = text.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
    let isLong = lastLine + end.utf8.count + 1 > NumPyFormat.lineWidth
    return text + (isLong ? "\n" + indent.dropLast() : " ") + end
  }

  /// Shape and element type, where the numbers don't tell.
  private func extras(isSummary: Bool) -> [String] {
    let extents = tensor.shape.extents
    var extras: [String] = []
    if isSummary || tensor.count == 0 && extents != [0] {
      extras.append("shape=(" + extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? ",)" : ")"))
    }
    if tensor.type == .float32 || tensor.count == 0 {
      extras.append("dtype=" + (tensor.type == .bool ? "bool" : tensor.type.name))
    }
    return extras
  }

  /// The places along an axis that are printed.
  private func places(axis: Int, isSummary: Bool) -> Visible {
    let extent = tensor.shape[axis]
    return isSummary && extent > 2 * NumPyFormat.edge ? .some(2 * NumPyFormat.edge, of: extent) : .all(extent)
  }

  private func visibleValues(isSummary: Bool) -> [Double] {
    guard isSummary else { return tensor.values }
    var offsets = [0]
    for axis in 0..<tensor.shape.rank {
      let places = places(axis: axis, isSummary: true)
      offsets = offsets.flatMap { offset in
        (0..<places.count).map { offset * tensor.shape[axis] + places[$0] }
      }
    }
    return offsets.map { tensor[flat: $0] }
  }

  /// The bracketed text of what lies at a row-major offset among the arrays of an axis.
  private func list(
    axis: Int, offset: inout Int, indent: String, width: Int, isSummary: Bool, numbers: NumPyNumbers
  ) -> String {
    let places = places(axis: axis, isSummary: isSummary)
    let base = offset * tensor.shape[axis]
    let isLast = axis == tensor.shape.rank - 1
    var texts: [String] = []
    for position in Stoppable(0..<places.count) {
      if places.isElided, position == places.head { texts.append("...") }
      var inner = base + places[position]
      texts.append(
        isLast
          ? numbers.text(tensor[flat: inner])
          : list(
            axis: axis + 1, offset: &inner, indent: indent + " ", width: width - 1, isSummary: isSummary,
            numbers: numbers))
    }
    if isLast { return "[" + filled(texts, indent: indent, width: width - 1).dropFirst(indent.count) + "]" }
    let separator = "," + String(repeating: "\n", count: tensor.shape.rank - axis - 1) + indent
    return "[" + texts.joined(separator: separator) + "]"
  }

  /// Words on lines of a width.
  private func filled(_ words: [String], indent: String, width: Int) -> String {
    var lines = ""
    var line = indent
    for index in Stoppable(words.indices) {
      let word = words[index]
      if line.count + word.count > width, line.count > indent.count {
        while line.last == " " { line.removeLast() }
        lines += line + "\n"
        line = indent
      }
      line += index == words.count - 1 ? word : word + ", "
    }
    return lines + line
  }
}
