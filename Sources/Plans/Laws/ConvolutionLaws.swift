import CKernels
import Graphs
import Tensors

extension Simplify.Law {
  /// Products with all windows of images, and their adjoints, without writing the windows out: right while all is finite.
  static let convolution: [Simplify.Law] = [convolved, convolvedWeights, convolvedImages, convolvedInside]

  static let convolved = Self("w @ windows(x) = convolution", guarded: .result) { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .matrixProduct = primitive.kernel else { return nil }
    if let (images, windows) = graph.windows(x[1]), let split = windows.split(node.shape, graph[x[0]].shape) {
      return graph.add(.forward, split, filters: node.shape[node.shape.rank - 2], [images, x[0]], node)
    }
    // Of one image: nothing is added up.
    return node.shape[0] == 1 ? graph.weights(node, x, node.shape) : nil
  }

  static let convolvedWeights = Self("sum(g @ windows(x).T) = convolution", guarded: .result) { graph, node in
    guard case .apply(let primitive, let operands) = node.kind, case .reduce(.sum, [0]) = primitive.kernel,
      graph[operands[0]].type == node.type, case .apply(let inner, let x) = graph[operands[0]].kind,
      case .matrixProduct = inner.kernel
    else { return nil }
    return graph.weights(node, x, graph[operands[0]].shape)
  }

  static let convolvedImages = Self("sum of w.T @ g at windows = convolution", guarded: .result) { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .zip(.add) = primitive.kernel, node.shape.rank == 4,
      let (columns, windows) = graph.overlaid(x, node.shape),
      case .apply(let product, let y) = graph[graph.source(of: columns)].kind, case .matrixProduct = product.kernel,
      graph[columns].type == node.type, let w = graph.swapped(y[0]),
      let split = windows.split(graph[y[1]].shape, graph[w].shape)
    else { return nil }
    return graph.add(.images, split, filters: graph[w].shape[graph[w].shape.rank - 2], [y[1], w], node)
  }

  static let convolvedInside = Self("convolution without its border", guarded: .result) { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .slice(let cut) = primitive.kernel,
      case .apply(let inner, let operands) = graph[x[0]].kind,
      let whole = inner.kernel.direct as? Convolution, whole.role == .images, whole.windows.border == [0, 0],
      cut.steps == [1, 1, 1, 1], cut.starts.prefix(2) == [0, 0],
      node.shape.extents.prefix(2) == graph[x[0]].shape.extents.prefix(2)
    else { return nil }
    var windows = whole.windows
    windows.border = Array(cut.starts.suffix(2))
    windows.image = Array(node.shape.extents.suffix(2))
    return graph.add(.images, windows, filters: whole.filters, operands, node)
  }
}

extension Graph {
  fileprivate mutating func add(
    _ role: Convolution.Role, _ windows: Windows, filters: Int, _ operands: [Reference], _ node: Node
  ) -> Reference? {
    guard node.type.isFloat, node.shape.count > 0, operands.allSatisfy({ self[$0].type == node.type }) else {
      return nil
    }
    let primitive = Convolution(role, windows, filters: filters).primitive
    return add(Node(kind: .apply(primitive, operands), shape: node.shape, type: node.type))
  }

  /// g @ windows(x).T, added up over images.
  fileprivate mutating func weights(_ node: Node, _ x: [Reference], _ product: Shape) -> Reference? {
    guard let columns = swapped(x[1]), let (images, windows) = windows(columns),
      let split = windows.split(self[x[0]].shape, Shape([1] + product.extents.dropFirst()))
    else { return nil }
    return add(.weights, split, filters: product[product.rank - 2], [images, x[0]], node)
  }

  /// The images whose windows, entry by entry, this is, as matrices [entries, places].
  fileprivate func windows(_ reference: Reference) -> (images: Reference, Windows)? {
    guard case .apply(let primitive, let parts) = self[source(of: reference)].kind,
      case .concat(axis: 2) = primitive.kernel, self[source(of: reference)].shape.rank == 4
    else { return nil }
    var (cuts, whole, extents): ([Cut], Reference?, [Int]) = ([], nil, [])
    for part in parts {
      let slice = self[source(of: part)]
      guard case .apply(let inner, let x) = slice.kind, case .slice(let cut) = inner.kernel, slice.shape.rank == 4,
        whole == nil || whole == x[0] && extents == slice.shape.extents
      else { return nil }
      (whole, extents) = (x[0], slice.shape.extents)
      cuts.append(cut)
    }
    guard let whole, var windows = Windows(cuts, of: extents, in: self[whole].shape) else { return nil }
    // A border of zeros needn't be there.
    if case .apply(let outer, let x) = self[whole].kind, case .embed(let cut) = outer.kernel,
      cut.steps == [1, 1, 1, 1], cut.starts.prefix(2) == [0, 0],
      self[x[0]].shape.extents.prefix(2) == self[whole].shape.extents.prefix(2)
    {
      windows.border = Array(cut.starts.suffix(2))
      windows.image = Array(self[x[0]].shape.extents.suffix(2))
      return (x[0], windows)
    }
    return (whole, windows)
  }

  /// What lies at the windows of an image, each entry of all of them added where it belongs: as [images, channels, entries,
  /// places], and the windows.
  fileprivate func overlaid(_ x: [Reference], _ shape: Shape) -> (Reference, Windows)? {
    var (waiting, cuts, columns): ([Reference], [Int: Cut], Reference?) = (x, [:], nil)
    var extents: [Int] = []
    while let next = waiting.popLast() {
      guard self[next].shape == shape, case .apply(let primitive, let operands) = self[next].kind else { return nil }
      if case .zip(.add) = primitive.kernel {
        waiting += operands
        continue
      }
      guard let parts = parts(of: next) else { return nil }
      // The last one first, as in a sum.
      for (part, cut) in parts.reversed() {
        let slice = self[source(of: part)]
        guard case .apply(let inner, let whole) = slice.kind, case .slice(let entry) = inner.kernel,
          slice.shape.rank == 4, slice.shape[2] == 1, entry.starts[0] == 0, entry.starts[1] == 0, entry.starts[3] == 0,
          entry.steps == [1, 1, 1, 1], columns == nil || columns == whole[0], cuts[entry.starts[2]] == nil,
          extents.isEmpty || extents == self[part].shape.extents
        else { return nil }
        // A sum of few of them isn't looked through again and again.
        if columns == nil, entry.starts[2] != 0 { return nil }
        (columns, extents) = (whole[0], self[part].shape.extents)
        cuts[entry.starts[2]] = cut
      }
    }
    guard let columns, cuts.count == self[columns].shape[2], extents.count == 4,
      let windows = Windows((0..<cuts.count).compactMap { cuts[$0] }, of: extents, in: shape),
      self[columns].shape.extents == [extents[0], extents[1], cuts.count, extents[2] * extents[3]]
    else { return nil }
    return (columns, windows)
  }
}

extension Windows {
  /// Windows whose entries, row by row, are these cuts of images [images, channels, height, width].
  fileprivate init?(_ cuts: [Cut], of extents: [Int], in whole: Shape) {
    guard cuts.count > 1, extents[0] == whole[0], extents[1] == whole[1],
      cuts.allSatisfy({ $0.starts[0] == 0 && $0.starts[1] == 0 && $0.steps == cuts[0].steps }),
      cuts[0].steps[2] > 0, cuts[0].steps[3] > 0, cuts[0].steps[0] == 1, cuts[0].steps[1] == 1
    else { return nil }
    let wide = cuts.prefix { $0.starts[2] == cuts[0].starts[2] }.count
    guard cuts.count % wide == 0, cuts[0].starts.suffix(2) == [0, 0] else { return nil }
    let dilation = [wide < cuts.count ? cuts[wide].starts[2] : 1, wide > 1 ? cuts[1].starts[3] : 1]
    for (number, cut) in cuts.enumerated() {
      guard cut.starts[2] == number / wide * dilation[0], cut.starts[3] == number % wide * dilation[1] else {
        return nil
      }
    }
    guard dilation[0] > 0, dilation[1] > 0 else { return nil }
    self.init(
      images: extents[0], groups: 1, channels: extents[1], image: Array(whole.extents.suffix(2)),
      size: [cuts.count / wide, wide], places: Array(extents.suffix(2)), stride: Array(cuts[0].steps.suffix(2)),
      dilation: dilation, border: [0, 0])
  }

  /// The same in groups of channels, as results [images, (groups), filters, places] and weights [1, (groups), filters, entries]
  /// have them.
  fileprivate func split(_ results: Shape, _ weights: Shape) -> Windows? {
    guard results.rank == weights.rank, results.rank == 3 || results.rank == 4, results[0] == images, weights[0] == 1
    else { return nil }
    var split = self
    split.groups = results.rank == 4 ? results[1] : 1
    guard split.groups > 0, channels % split.groups == 0, results.rank == 3 || weights[1] == split.groups else {
      return nil
    }
    split.channels = channels / split.groups
    let (filters, last) = (weights[weights.rank - 2], results.rank - 1)
    guard results[last - 1] == filters, results[last] == places[0] * places[1],
      weights[last] == split.channels * size[0] * size[1]
    else { return nil }
    return split
  }
}
