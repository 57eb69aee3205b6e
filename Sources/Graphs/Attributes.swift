import CKernels

/// A number told apart by its bits: -0 isn't 0, and a NaN is itself.
public struct Constant: Hashable, Sendable {
  public let bits: UInt64

  public init(_ value: Double) { bits = value.bitPattern }

  public var value: Double { Double(bitPattern: bits) }
}

/// Along each axis a start and a step.
public struct Cut: Hashable, Sendable {
  public let starts: [Int]
  public let steps: [Int]

  public init(starts: [Int], steps: [Int]) { (self.starts, self.steps) = (starts, steps) }
}

/// An axis, and the step along it.
public struct Window: Hashable, Sendable {
  public let axis: Int
  public let step: Int

  public init(axis: Int, step: Int) { (self.axis, self.step) = (axis, step) }
}

/// What a function over whole tensors has to know beside its operands.
public enum HostAttribute: Hashable, Sendable {
  case none
  /// What LAPACK has in the type of the operands, too.
  case decomposition(gk_decomposition)
  case order(axis: Int, isDescending: Bool)
  /// Values are put at places along an axis.
  case placing(axis: Int)
  case extremum(isLargest: Bool, axis: Int)
  case side(isRight: Bool)
  case tolerance(Constant)
  /// Which half of a matrix is read, and whether its diagonal counts as ones.
  case triangle(isLower: Bool, isUnit: Bool)
  /// A function that draws places, and how many of them without putting any back; nil: as many as there are numbers.
  case places(function: String, withoutReplacing: Int?)
  /// The function and the argument whose numbers are looked at, and whether they may be 0.
  case positive(function: String, argument: String, orZero: Bool)
  /// Why something is refused when it is computed, and what to type instead.
  case refusal(String, help: String)
}

extension Kernel {
  /// Whether two loops of one kind have the same to know, bit for bit.
  func knowsTheSame(as other: Kernel) -> Bool {
    switch self {
    case .fill(let a): if case .fill(let b) = other { a == b } else { false }
    case .transpose(let a): if case .transpose(let b) = other { a == b } else { false }
    case .slice(let a): if case .slice(let b) = other { a == b } else { false }
    case .embed(let a): if case .embed(let b) = other { a == b } else { false }
    case .window(let a): if case .window(let b) = other { a == b } else { false }
    case .windowAdjoint(let a): if case .windowAdjoint(let b) = other { a == b } else { false }
    case .concat(let a): if case .concat(let b) = other { a == b } else { false }
    case .reduce(_, let a): if case .reduce(_, let b) = other { a == b } else { false }
    case .reduceLogic(_, let a): if case .reduceLogic(_, let b) = other { a == b } else { false }
    case .argument(_, let a): if case .argument(_, let b) = other { a == b } else { false }
    case .scan(_, let a): if case .scan(_, let b) = other { a == b } else { false }
    case .take(let a): if case .take(let b) = other { a == b } else { false }
    case .takeAdjoint(let a): if case .takeAdjoint(let b) = other { a == b } else { false }
    case .gather(let a): if case .gather(let b) = other { a == b } else { false }
    case .gatherAdjoint(let a): if case .gatherAdjoint(let b) = other { a == b } else { false }
    case .host(_, let a): if case .host(_, let b) = other { a == b } else { false }
    case .loop(let a): if case .loop(let b) = other { a == b } else { false }
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .iota, .broadcast,
      .matrixProduct, .planned, .uniform, .normal:
      true
    }
  }

  /// What a loop has to know, for people.
  var attributeText: String? {
    switch self {
    case .fill(let constant): "\(constant.value)"
    case .transpose(let permutation): "\(permutation)"
    case .slice(let cut), .embed(let cut): "\(cut.starts) \(cut.steps)"
    case .window(let window), .windowAdjoint(let window): "\(window.axis) \(window.step)"
    case .reduce(_, let axes), .reduceLogic(_, let axes): "\(axes)"
    case .concat(let axis), .argument(_, let axis), .scan(_, let axis), .take(let axis), .takeAdjoint(let axis),
      .gather(let axis), .gatherAdjoint(let axis):
      "\(axis)"
    case .host(_, .order(let axis, let isDescending)): "\(axis) \(isDescending ? "descending" : "ascending")"
    case .host(_, .placing(let axis)): "\(axis)"
    case .host(_, .extremum(let isLargest, let axis)): "\(axis) \(isLargest ? "largest" : "smallest")"
    case .host(_, .side(let isRight)): isRight ? "right" : "left"
    case .host(_, .tolerance(let tolerance)): "\(tolerance.value)"
    case .host(_, .triangle(let isLower, let isUnit)): "\(isLower ? "lower" : "upper")\(isUnit ? " unit" : "")"
    case .host(_, .places(let function, let count)): count.map { "\(function) \($0)" } ?? function
    case .host(_, .positive(let function, let argument, let orZero)): "\(function) \(argument) \(orZero ? ">=" : ">") 0"
    case .host(_, .refusal(let sentence, _)): sentence
    case .loop(let loop): loop.attributeText
    case .host(_, .none), .host(_, .decomposition), .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert,
      .reshape, .iota, .broadcast, .matrixProduct, .planned, .uniform, .normal:
      nil
    }
  }

  func hashAttributes(into hasher: inout Hasher) {
    switch self {
    case .fill(let constant): hasher.combine(constant)
    case .transpose(let permutation): hasher.combine(permutation)
    case .slice(let cut), .embed(let cut): hasher.combine(cut)
    case .window(let window), .windowAdjoint(let window): hasher.combine(window)
    case .reduce(_, let axes), .reduceLogic(_, let axes): hasher.combine(axes)
    case .concat(let axis), .argument(_, let axis), .scan(_, let axis), .take(let axis), .takeAdjoint(let axis),
      .gather(let axis), .gatherAdjoint(let axis):
      hasher.combine(axis)
    case .host(_, let attribute): hasher.combine(attribute)
    case .loop(let loop): hasher.combine(loop)
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .iota, .broadcast,
      .matrixProduct, .planned, .uniform, .normal:
      break
    }
  }
}

extension Kernel {
  /// The axes that vanish in a reduction; nil for anything else.
  public var reducedAxes: [Int]? {
    switch self {
    case .reduce(_, let axes), .reduceLogic(_, let axes): axes
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .argument, .scan, .take, .takeAdjoint, .gather,
      .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      nil
    }
  }
}

/// What rules ask the loop of their own operation for.
extension Kernel {
  var axis: Int {
    switch self {
    case .concat(let axis), .argument(_, let axis), .scan(_, let axis), .take(let axis), .takeAdjoint(let axis),
      .gather(let axis), .gatherAdjoint(let axis):
      axis
    default: preconditionFailure("the loop has one axis")
    }
  }

  var axes: [Int] {
    switch self {
    case .reduce(_, let axes), .reduceLogic(_, let axes): axes
    default: preconditionFailure("the loop has axes")
    }
  }

  var permutation: [Int] {
    if case .transpose(let permutation) = self { permutation } else { preconditionFailure("the loop permutes") }
  }

  var cut: Cut {
    switch self {
    case .slice(let cut), .embed(let cut): cut
    default: preconditionFailure("the loop cuts")
    }
  }

  var window: Window {
    switch self {
    case .window(let window), .windowAdjoint(let window): window
    default: preconditionFailure("the loop has a window")
    }
  }
}
