import Syntax
import Tensors

/// A bracketed literal of plain numbers, read without building a graph for each.
struct Literal {
  let tensor: Tensor

  /// Nil where a part isn't a plain number or the rows differ.
  init?(_ expression: Expression, type: ElementType) {
    var reader = Reader()
    guard reader.read(expression, depth: 0), let extents = reader.extents, extents.count <= Shape.maximumRank else {
      return nil
    }
    tensor = Tensor(reader.values, shape: Shape(extents), type: reader.isMask == true ? .bool : type)
  }

  private struct Reader {
    var values: [Double] = []
    /// The extents found so far, by depth.
    private var known: [Int] = []
    private var leafDepth: Int?
    var isMask: Bool?

    var extents: [Int]? { leafDepth == nil && !known.contains(0) ? nil : known }

    mutating func read(_ expression: Expression, depth: Int) -> Bool {
      switch expression.kind {
      case .list(let parts):
        if depth < known.count {
          guard known[depth] == parts.count else { return false }
        } else {
          guard leafDepth == nil else { return false }
          known.append(parts.count)
        }
        for part in parts where !read(part, depth: depth + 1) { return false }
        return true
      case .rows(let rows):
        // A row of one stays a row.
        return depth == 0 && read(Expression(.list(rows.map { Expression(.list($0), 0..<0) }), 0..<0), depth: 0)
      case .number(let value): return add(value, depth, isMask: false)
      case .boolean(let value): return add(value ? 1 : 0, depth, isMask: true)
      case .unary(.negative, let inner):
        guard case .number(let value) = inner.kind else { return false }
        return add(-value, depth, isMask: false)
      default: return false
      }
    }

    private mutating func add(_ value: Double, _ depth: Int, isMask: Bool) -> Bool {
      guard leafDepth ?? depth == depth, known.count == depth, self.isMask ?? isMask == isMask else { return false }
      leafDepth = depth
      self.isMask = isMask
      values.append(value)
      return true
    }
  }
}
