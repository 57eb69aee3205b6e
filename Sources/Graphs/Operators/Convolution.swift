import Refusals
import Tensors

/// Filters under windows.
extension Operator {
  public static let conv1d: Operator = Operator(
    "conv1d(x, w, stride=1, padding=0, dilation=1, groups=1)",
    "Signals (n, channels, length) under filters (filters, channels / groups, length), not mirrored.",
    derivative: "by the same windows",
    trials: [
      "conv1d(reshape(a, [1, 2, 3]), reshape(b[:, :2], [1, 2, 2]), padding=1)",
      "conv1d(reshape(s, [1, 1, 9]), reshape(v, [1, 1, 3]), stride=2, dilation=2)",
      "conv1d(reshape(a, [1, 2, 3]), reshape(b, [2, 1, 3]), groups=2, padding=1)",
    ],
    examples: ["conv1d([[[1, 2, 3]]], [[[1, 1]]])[0, 0]": "2\n  3  5"]
  ) { arguments throws(Refusal) in
    let (x, w) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    guard x.rank == 3, w.rank == 3 else {
      throw Refusal(
        "conv1d wants two tensors of three axes, not \(x.shape) and \(w.shape)",
        help: "signals (n, channels, length), filters (filters, channels, length)")
    }
    // Images of height 1.
    func side(_ name: String, least: Int, _ across: Int) throws(Refusal) -> [Int] {
      let number = try arguments.integer(name, default: across)
      guard number >= least, number < 1 << 31 else {
        throw Refusal("conv1d wants a whole number from \(least) for '\(name)', not \(number)")
      }
      return [across, number]
    }
    let laying = Laying(
      size: [1, w.shape[2]], stride: try side("stride", least: 1, 1), padding: try side("padding", least: 0, 0),
      dilation: try side("dilation", least: 1, 1), isFlat: true)
    let result = try convolved(x.expanded(at: 2), w.expanded(at: 2), laying, arguments)
    return .tensor(result.reshaped(result.shape.removing([2])))
  }

  public static let conv2d: Operator = Operator(
    "conv2d(x, w, stride=1, padding=0, dilation=1, groups=1)",
    "Images (n, channels, height, width) under filters (filters, channels / groups, height, width), not mirrored.",
    derivative: "by the same windows",
    trials: [
      "conv2d(reshape(s, [1, 1, 3, 3]), reshape(a, [1, 1, 2, 3]), padding=1)",
      "conv2d(reshape(a, [1, 2, 1, 3]), reshape(b, [1, 2, 1, 3]), stride=2, padding=[0, 2])",
      "conv2d(reshape(s, [1, 1, 3, 3]), reshape(a[:, :2], [1, 1, 2, 2]), dilation=2)",
      "conv2d(reshape(a, [1, 2, 1, 3]), reshape(b, [2, 1, 1, 3]), groups=2)",
    ]
  ) { arguments throws(Refusal) in
    let (x, w) = try images(arguments, filters: "filters (filters, channels, height, width)")
    let laying = Laying(
      size: [w.shape[2], w.shape[3]], stride: try sides(arguments, "stride", least: 1) ?? [1, 1],
      padding: try sides(arguments, "padding", least: 0) ?? [0, 0],
      dilation: try sides(arguments, "dilation", least: 1) ?? [1, 1])
    return .tensor(try convolved(x, w, laying, arguments))
  }

  public static let convTranspose2d: Operator = Operator(
    "conv_transpose2d(x, w, stride=1, padding=0, output_padding=0)",
    "Images (n, channels, height, width) spread by filters (channels, filters, height, width): the adjoint of conv2d.",
    derivative: "by conv2d with the same filters",
    trials: [
      "conv_transpose2d(reshape(a, [1, 1, 2, 3]), reshape(b[:, :2], [1, 1, 2, 2]))",
      "conv_transpose2d(reshape(a, [1, 2, 1, 3]), reshape(b, [2, 1, 1, 3]), stride=2, padding=[0, 1], output_padding=1)",
    ],
    examples: ["conv_transpose2d([[[[1, 2]]]], [[[[1, 10]]]], stride=2)[0, 0, 0]": "4\n  1  10  2  20"]
  ) { arguments throws(Refusal) in
    let (x, w) = try images(arguments, filters: "filters (channels, filters, height, width)")
    guard x.shape[1] == w.shape[0] else {
      throw Refusal("conv_transpose2d wants as many channels in x as in w, not \(x.shape[1]) and \(w.shape[0])")
    }
    let laying = Laying(
      size: [w.shape[2], w.shape[3]], stride: try sides(arguments, "stride", least: 1) ?? [1, 1],
      padding: try sides(arguments, "padding", least: 0) ?? [0, 0])
    let further = try sides(arguments, "output_padding", least: 0) ?? [0, 0]
    var extents = [x.shape[0], w.shape[1]]
    for side in 0..<2 {
      guard further[side] < laying.stride[side] else {
        throw Refusal(
          "conv_transpose2d wants an output_padding below the stride, not \(further[side]) with \(laying.stride[side])")
      }
      let (span, overflow) = (x.shape[2 + side] - 1).multipliedReportingOverflow(by: laying.stride[side])
      guard !overflow, span < 1 << 40 else { throw Refusal("conv_transpose2d would make too large a tensor") }
      extents.append(span + laying.size[side] - 2 * laying.padding[side] + further[side])
    }
    guard x.shape[2] > 0, x.shape[3] > 0, extents[2] > 0, extents[3] > 0 else {
      throw Refusal("conv_transpose2d leaves nothing of \(x.shape) by filters \(w.shape) and this padding")
    }
    // What conv2d would read doesn't matter, since it is linear: its adjoint is the same everywhere.
    let shape = try arguments.checked(Shape(extents))
    let read = x.builder.separate(x.builder.zeros(shape, type: Swift.max(x.type, w.type)))
    let product = try convolved(read, w, laying, arguments)
    return .tensor(x.builder.gradient(of: product, withRespectTo: [read], seed: x.converted(to: product.type))[0])
  }

  private static func images(_ arguments: Arguments, filters: String) throws(Refusal) -> (Symbol, Symbol) {
    let (x, w) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    guard x.rank == 4, w.rank == 4 else {
      throw Refusal(
        "\(arguments.signature.name) wants two tensors of four axes, not \(x.shape) and \(w.shape)",
        help: "images (n, channels, height, width), \(filters)")
    }
    return (x, w)
  }

  /// The sums of products of images with each filter, at every place of the window; each group of filters reads a group
  /// of channels.
  private static func convolved(
    _ x: Symbol, _ w: Symbol, _ laying: Laying, _ arguments: Arguments
  ) throws(Refusal) -> Symbol {
    let (n, channels, filters) = (x.shape[0], x.shape[1], w.shape[0])
    let name = arguments.signature.name
    let groups =
      arguments.signature.parameters.contains { $0.name == "groups" }
      ? try arguments.integer("groups", default: 1) : 1
    guard groups > 0, channels % groups == 0, filters % groups == 0 else {
      throw Refusal("\(name) can't divide \(channels) channels and \(filters) filters into \(groups) groups")
    }
    guard channels / groups == w.shape[1] else {
      let share = groups == 1 ? "as many channels in x as in w" : "channels / groups in w"
      throw Refusal("\(name) wants \(share), not \(channels / groups) and \(w.shape[1])")
    }
    let border = laying.padding
    let padded = Shape([n, channels, x.shape[2] + 2 * border[0], x.shape[3] + 2 * border[1]])
    let whole =
      padded == x.shape
      ? x : x.embedded(starts: [0, 0] + border, steps: [1, 1, 1, 1], in: try arguments.checked(padded))
    let parts = try windows(whole, laying, arguments)
    let (height, width) = (parts[0].shape[2], parts[0].shape[3])
    let columns = Symbol.concatenated(
      parts.map { $0.reshaped(Shape([n, channels, 1, height * width])) }, axis: 2)
    let inner = try arguments.checked(Shape([channels / groups, parts.count])).count
    let batch = groups == 1 ? [] : [groups]
    let product = Symbol.matrixProduct(
      w.reshaped(Shape(batch + [filters / groups, inner])),
      columns.reshaped(Shape([n] + batch + [inner, height * width])))
    return product.reshaped(Shape([n, filters, height, width]))
  }

  /// How windows lie on the last two axes: from place to place, beyond the border, and with gaps between their elements.
  struct Laying {
    let size: [Int]
    let stride: [Int]
    var padding = [0, 0]
    var dilation = [1, 1]
    /// Of height 1, which nobody asked for.
    var isFlat = false

    /// From the first element to the last.
    var reach: [Int] {
      (0..<2).map { side in
        let (span, overflow) = (size[side] - 1).multipliedReportingOverflow(by: dilation[side])
        return overflow ? .max : span + 1
      }
    }

    func described(_ extents: [Int]) -> String {
      extents.suffix(isFlat ? 1 : 2).map(String.init).joined(separator: "×")
    }
  }

  /// For each place in a window, the elements at that place of all windows.
  static func windows(_ x: Symbol, _ laying: Laying, _ arguments: Arguments) throws(Refusal) -> [Symbol] {
    let first = x.rank - 2
    let whole = [x.shape[first], x.shape[first + 1]]
    let (size, step, reach) = (laying.size, laying.stride, laying.reach)
    guard size[0] > 0, size[1] > 0, reach[0] <= whole[0], reach[1] <= whole[1] else {
      throw Refusal(
        "\(arguments.signature.name)'s window of \(laying.described(size[0] > 0 && size[1] > 0 ? reach : size)) doesn't fit "
          + "into \(laying.described(whole))")
    }
    guard Shape(size).count <= 1 << 20 else {
      throw Refusal("\(arguments.signature.name)'s window of \(laying.described(size)) has more than a million places")
    }
    var extents = x.shape.extents
    for side in 0..<2 { extents[first + side] = (whole[side] - reach[side]) / step[side] + 1 }
    _ = try arguments.checked(Shape([size[0] * size[1]] + extents))
    let lead = [Int](repeating: 0, count: first)
    let steps = [Int](repeating: 1, count: first) + step
    return (0..<size[0] * size[1]).map {
      let start = [$0 / size[1] * laying.dilation[0], $0 % size[1] * laying.dilation[1]]
      return x.sliced(starts: lead + start, steps: steps, extents: extents)
    }
  }

  /// A number for both sides, or one for each.
  static func sides(_ arguments: Arguments, _ name: String, least: Int) throws(Refusal) -> [Int]? {
    guard let numbers = try arguments.integers(name) else { return nil }
    guard numbers.count == 1 || numbers.count == 2, numbers.allSatisfy({ $0 >= least && $0 < 1 << 31 }) else {
      throw Refusal("\(arguments.signature.name) wants one or two whole numbers from \(least) for '\(name)'")
    }
    return numbers.count == 1 ? [numbers[0], numbers[0]] : numbers
  }

  static let convolution: [Operator] = [conv1d, conv2d, convTranspose2d]
}
