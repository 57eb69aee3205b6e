import CKernels
import Refusals
import Tensors

/// What is the greatest, the least, or the sum of exponentials so far.
extension Operator {
  public static let cummax: Operator = running(
    "cummax", "The greatest element so far along an axis; a NaN stays.",
    derivative: "goes where the value came from, of equals to the first"
  ) { x, axis in x.runningExtremum(isLargest: true, axis: axis) }

  public static let cummin: Operator = running(
    "cummin", "The least element so far along an axis; a NaN stays.",
    derivative: "goes where the value came from, of equals to the first"
  ) { x, axis in x.runningExtremum(isLargest: false, axis: axis) }

  public static let logcumsumexp: Operator = running(
    "logcumsumexp", "log(cumsum(exp(x))) along an axis without overflow.",
    derivative: "exp(x - y), summed over what follows; 0 at -inf"
  ) { x, axis in x.runningLogOfSummedExp(axis: axis) }

  static let runningExtrema: [Operator] = [cummax, cummin, logcumsumexp]
}

extension Primitive {
  /// The same value, of whose zeros nothing is promised.
  static let live: Primitive = Primitive("live", .reshape, told: .moved, zero: .lost) { g, _, _, _ in [g] }

  /// Along an axis the place of the greatest, or least, element so far.
  static let runningPlace: Family<HostAttribute> = Family(
    "running_place",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .extremum(let isLargest, let axis) = attribute else {
            preconditionFailure("an extremum has an axis")
          }
          return try runningPlaces(x[0], isLargest: isLargest, axis: axis)
        }, attribute)
    }, told: .whole, zero: .lost, gradient: nil)

  private static func runningPlaces(_ x: HostValue, isLargest: Bool, axis: Int) throws(Refusal) -> [Double] {
    let extent = x.extents[axis]
    let inner = x.extents[(axis + 1)...].reduce(1, *)
    let outer = x.extents[..<axis].reduce(1, *)
    var result = [Double](repeating: 0, count: x.values.count)
    for start in 0..<outer {
      if gk_is_interrupted() != 0 { throw .interrupted }
      for lane in 0..<inner {
        var best = 0
        for position in 0..<extent {
          let place = (start * extent + position) * inner + lane
          let (value, held) = (x.values[place], x.values[(start * extent + best) * inner + lane])
          if !held.isNaN, value.isNaN || (isLargest ? value > held : value < held) { best = position }
          result[place] = Double(best)
        }
      }
    }
    return result
  }
}

extension Symbol {
  fileprivate func runningExtremum(isLargest: Bool, axis: Int) -> Symbol {
    let x = asFloat
    let type: ElementType = shape[axis] >= 1 << 24 ? .float64 : builder.defaultType
    let places = builder.add(
      .runningPlace(.extremum(isLargest: isLargest, axis: axis)), [x], shape: shape, type: type)
    // Which entry comes first is known of these values alone.
    return builder.add(.live, [x.gathered(places, axis: axis)], shape: shape, type: x.type)
  }

  /// By doubling: each round joins what twice as many came to.
  fileprivate func runningLogOfSummedExp(axis: Int) -> Symbol {
    let x = asFloat
    let nothing = builder.constant(-.infinity)
    // A term that is 0 has no slope.
    var result = Symbol.select(x.compared(.equal, -.infinity), nothing, x)
    let extent = shape[axis]
    var distance = 1
    while distance < extent {
      let head = result.sliced(axis: axis, from: 0, count: distance)
      let tail = result.sliced(axis: axis, from: distance, count: extent - distance)
      let earlier = result.sliced(axis: axis, from: 0, count: extent - distance)
      result = .concatenated([head, Operator.logaddexp(tail, earlier)], axis: axis)
      distance *= 2
    }
    return result
  }
}
