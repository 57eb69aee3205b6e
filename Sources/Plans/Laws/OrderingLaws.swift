import Graphs
import Tensors

extension Simplify.Law {
  /// What is put in order in the type it has, and of which only some ranks are looked for where no others are wanted; what is
  /// put at places, too.
  static let ordering: [Simplify.Law] = [typedOrder, someRanks, orderedElements, placed]

  static let typedOrder = Self("argsort(x) in the type of x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind,
      case .host(_, .order(let axis, let isDescending)) = primitive.kernel, node.shape.count > 0
    else { return nil }
    let extent = node.shape[axis]
    // A float holds each place.
    guard graph[x[0]].type != .float32 || extent <= 1 << 24, graph[x[0]].type.isFloat else { return nil }
    let order = Order(axis: axis, extent: extent, isDescending: isDescending, ranks: 0..<extent, givesValues: false)
    return graph.add(order, of: x[0], node)
  }

  static let someRanks = Self("order(x)[ranks] = those ranks of x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .slice(let cut) = primitive.kernel,
      let (order, whole) = graph.order(x[0]), node.shape.count > 0, cut.steps[order.axis] == 1
    else { return nil }
    var expected = graph[x[0]].shape
    expected[order.axis] = node.shape[order.axis]
    guard node.shape == expected,
      cut.steps.indices.allSatisfy({ $0 == order.axis || cut.starts[$0] == 0 && cut.steps[$0] == 1 })
    else { return nil }
    let first = order.ranks.lowerBound + cut.starts[order.axis]
    return graph.add(
      order.with(first..<first + node.shape[order.axis], givesValues: order.givesValues), of: whole, node)
  }

  static let orderedElements = Self("x[order(x)] = x in order") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .gather(let axis) = primitive.kernel,
      let (order, whole) = graph.order(x[1]), !order.givesValues, order.axis == axis, whole == x[0],
      // Few elements are picked sooner than they are looked for again.
      order.ranks.count == order.extent,
      graph[whole].type == node.type
    else { return nil }
    return graph.add(order.with(order.ranks, givesValues: true), of: whole, node)
  }
}

extension Simplify.Law {
  static let placed = Self("scatter in one pass") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .host(_, .placing(let axis)) = primitive.kernel,
      node.shape.count > 0, node.type.isFloat, graph[x[0]].type == node.type, graph[x[2]].type == node.type,
      graph[x[1]].type.isFloat
    else { return nil }
    return graph.add(Graph.Node(kind: .apply(Scatter(axis: axis).primitive, x), shape: node.shape, type: node.type))
  }
}

extension Order {
  fileprivate func with(_ ranks: Range<Int>, givesValues: Bool) -> Order {
    Order(axis: axis, extent: extent, isDescending: isDescending, ranks: ranks, givesValues: givesValues)
  }
}

extension Graph {
  /// An order and what is put in it, perhaps in another type.
  fileprivate func order(_ reference: Reference) -> (Order, of: Reference)? {
    guard case .apply(let primitive, let x) = self[reference].kind else { return nil }
    if let order = primitive.kernel.direct as? Order { return (order, x[0]) }
    guard case .convert = primitive.kernel, case .apply(let inner, let y) = self[x[0]].kind,
      let order = inner.kernel.direct as? Order, !order.givesValues
    else { return nil }
    return (order, y[0])
  }

  /// The result in the type of what is put in order, and then in the node's.
  fileprivate mutating func add(_ order: Order, of x: Reference, _ node: Node) -> Reference {
    let type = self[x].type
    let result = add(Node(kind: .apply(order.primitive, [x]), shape: node.shape, type: type))
    if type == node.type { return result }
    return add(Node(kind: .apply(.convert, [result]), shape: node.shape, type: node.type))
  }
}
