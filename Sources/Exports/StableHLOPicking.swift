import Graphs
import Tensors

/// Indices in StableHLO: takes, gathers and their adjoints.
extension StableHLO {
  /// Whole numbers in 64 bits.
  struct Indices {
    var name: String
    var extents: [Int]

    var typeText: String { "tensor<\(extents.map { "\($0)x" }.joined())i64>" }
  }

  mutating func indices(_ x: Value) -> Indices {
    let result = Indices(name: fresh(), extents: x.shape.extents)
    append("\(result.name) = stablehlo.convert \(x.name) : (\(x.typeText)) -> \(result.typeText)")
    return result
  }

  /// Where the entries of a window lie along its axis.
  mutating func places(_ start: Value, _ window: Window, _ part: Shape) -> Indices {
    let count = Shape([part[window.axis]])
    let number = Value(name: fresh(), shape: .scalar, type: .float64)
    append(
      "\(number.name) = stablehlo.reshape \(converted(start, to: .float64).name) : (\(Self.text(start.shape, .float64))) -> \(number.typeText)"
    )
    let first = stretched(number, to: count)
    let steps = line(
      "multiply", [iota(0, count, .float64), splat(Double(window.step), count, .float64)], count, .float64)
    return indices(line("add", [first, steps], count, .float64))
  }

  mutating func take(_ x: Value, _ indices: Indices, _ axis: Int, _ shape: Shape) -> Value {
    let offsets = (0..<x.shape.rank).filter { $0 != axis }
    let sizes = (0..<x.shape.rank).map { $0 == axis ? 1 : x.shape[$0] }
    let numbers =
      "#stablehlo.gather<offset_dims = [\(Self.list(offsets))], collapsed_slice_dims = [\(axis)], "
      + "start_index_map = [\(axis)], index_vector_dim = 1>"
    return gather(x, indices, numbers, sizes, shape)
  }

  mutating func scatter(_ g: Value, _ indices: Indices, _ axis: Int, _ shape: Shape) -> Value {
    let windows = (0..<shape.rank).filter { $0 != axis }
    let numbers =
      "#stablehlo.scatter<update_window_dims = [\(Self.list(windows))], "
      + "inserted_window_dims = [\(axis)], scatter_dims_to_operand_dims = [\(axis)], index_vector_dim = 1>"
    return scatter(g, indices, numbers, shape)
  }

  mutating func gather(_ x: Value, _ index: Value, _ axis: Int, _ shape: Shape) -> Value {
    let all = Self.list(0..<x.shape.rank)
    let numbers =
      "#stablehlo.gather<collapsed_slice_dims = [\(all)], start_index_map = [\(all)], "
      + "index_vector_dim = \(x.shape.rank)>"
    return gather(x, places(index, axis), numbers, x.shape.extents.map { _ in 1 }, shape)
  }

  mutating func scatterEntries(_ g: Value, _ index: Value, _ axis: Int, _ shape: Shape) -> Value {
    let all = Self.list(0..<shape.rank)
    let numbers =
      "#stablehlo.scatter<inserted_window_dims = [\(all)], scatter_dims_to_operand_dims = [\(all)], "
      + "index_vector_dim = \(shape.rank)>"
    return scatter(g, places(index, axis), numbers, shape)
  }

  /// For each entry of an index its full place, along a new last axis.
  private mutating func places(_ index: Value, _ axis: Int) -> Indices {
    let extents = index.shape.extents
    let whole = indices(index)
    var parts: [Indices] = []
    for position in extents.indices {
      var part = whole
      if position != axis {
        part = Indices(name: fresh(), extents: extents)
        append("\(part.name) = stablehlo.iota dim = \(position) : \(part.typeText)")
      }
      let column = Indices(name: fresh(), extents: extents + [1])
      append("\(column.name) = stablehlo.reshape \(part.name) : (\(part.typeText)) -> \(column.typeText)")
      parts.append(column)
    }
    let result = Indices(name: fresh(), extents: extents + [extents.count])
    append(
      "\(result.name) = stablehlo.concatenate \(parts.map(\.name).joined(separator: ", ")), dim = \(extents.count) : (\(parts.map(\.typeText).joined(separator: ", "))) -> \(result.typeText)"
    )
    return result
  }

  private mutating func gather(_ x: Value, _ indices: Indices, _ numbers: String, _ sizes: [Int], _ shape: Shape)
    -> Value
  {
    let result = Value(name: fresh(), shape: shape, type: x.type)
    append(
      "\(result.name) = \"stablehlo.gather\"(\(x.name), \(indices.name)) <{dimension_numbers = \(numbers), slice_sizes = array<i64: \(Self.list(sizes))>}> : (\(x.typeText), \(indices.typeText)) -> \(result.typeText)"
    )
    return result
  }

  private mutating func scatter(_ g: Value, _ indices: Indices, _ numbers: String, _ shape: Shape) -> Value {
    let zeros = splat(0, shape, g.type)
    let result = Value(name: fresh(), shape: shape, type: g.type)
    append(
      "\(result.name) = \"stablehlo.scatter\"(\(zeros.name), \(indices.name), \(g.name)) <{scatter_dimension_numbers = \(numbers)}>\(region("add", g.type)) : (\(zeros.typeText), \(indices.typeText), \(g.typeText)) -> \(result.typeText)"
    )
    return result
  }
}
