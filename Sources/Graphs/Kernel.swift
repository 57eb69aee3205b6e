import CKernels
import Refusals
import Tensors

/// The kinds of loop that exist; all that the planner, the executor and the oracle know about an operation.
///
/// Shapes: floats come in one type per step; broadcasting is the loop's own business for `zip`, `compare`, `logic`,
/// `select` and `keep`. What a loop has to know beside its operands stands in its case.
public enum Kernel: Sendable {
  /// Each element by itself.
  case map(gk_map)
  /// Two floats, broadcasting.
  case zip(gk_zip)
  /// Two floats, broadcasting, to a mask.
  case compare(gk_comparison)
  /// A property of each float, to a mask.
  case test(gk_test)
  /// Two masks, broadcasting.
  case logic(gk_logic)
  case not
  /// A mask chooses between two operands of one type, broadcasting.
  case select
  /// A mask keeps or removes each float, broadcasting; what is removed is 0 even where it was NaN.
  case keep
  /// The same values in the node's type.
  case convert
  /// The same elements under the node's shape.
  case reshape
  /// One element everywhere; no operands.
  case fill(Constant)
  /// 0, 1, 2, … in row-major order.
  case iota
  /// Stretches extents of 1, aligned from the right.
  case broadcast
  /// The permutation: which axis of the operand each axis of the result is.
  case transpose([Int])
  /// Along each axis every so many-th element from a start.
  case slice(Cut)
  /// The adjoint of `slice` with the same cut: zeros elsewhere.
  case embed(Cut)
  /// x and the start along an axis.
  case window(Window)
  /// The adjoint of `window` with the same start and window: zeros elsewhere.
  case windowAdjoint(Window)
  case concat(axis: Int)
  /// The axes ascend; they vanish.
  case reduce(gk_reduction, axes: [Int])
  case reduceLogic(gk_logic, axes: [Int])
  /// The first index of the largest (or smallest) element along an axis, which vanishes.
  case argument(largest: Bool, axis: Int)
  case scan(gk_reduction, axis: Int)
  /// x and a vector of indices.
  case take(axis: Int)
  /// The adjoint of `take`, onto the node's shape.
  case takeAdjoint(axis: Int)
  /// x and indices of equal rank, smaller or equal on the other axes.
  case gather(axis: Int)
  /// The adjoint of `gather`: adds where indices meet.
  case gatherAdjoint(axis: Int)
  /// The last two axes of two operands of equal rank; the others are equal or 1. Two further mask operands, where
  /// present, say which entries of each are not strong zeros.
  case matrixProduct
  /// What only a plan's laws put into a graph; the language never does.
  case planned(any PlannedKernel)
  /// A body that is gone through again and again; operands as its parameters.
  case loop(GraphLoop)
  /// Seed and draw number as operands.
  case uniform
  case normal
  /// Anything else, tensor to tensor; only its own errors may stop it.
  case host(@Sendable ([HostValue], HostAttribute) throws(Refusal) -> [Double], HostAttribute)
}

extension Kernel {
  /// Whether each element of the result is made of the elements at its own place, or is only moved to it.
  var isElementwise: Bool {
    switch self {
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .concat:
      true
    case .window, .windowAdjoint, .reduce, .reduceLogic, .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint,
      .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      false
    }
  }

  /// Roughly how often the larger of result and operands is gone through.
  func passes(_ first: Shape?) -> Double {
    switch self {
    case .matrixProduct: Double(first?.extents.last ?? 1)
    case .loop(let loop): Double(loop.count)
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .take,
      .takeAdjoint, .gather, .gatherAdjoint, .planned, .uniform, .normal, .host:
      1
    }
  }

  /// Whether one loop reads an operand's elements and writes the result's as one type: a literal among them is converted.
  public func sharesType(operand: Int) -> Bool {
    switch self {
    case .map, .zip, .reshape, .broadcast, .transpose, .slice, .embed, .concat, .reduce, .scan: true
    case .select: operand > 0
    case .keep: operand == 1
    case .window, .windowAdjoint, .take, .takeAdjoint, .gather, .gatherAdjoint: operand == 0
    case .matrixProduct: operand < 2
    case .compare, .test, .logic, .not, .convert, .fill, .iota, .reduceLogic, .argument, .planned, .loop, .uniform,
      .normal,
      .host:
      false
    }
  }
}

/// A loop of the planner's own, as a product by lists of kept entries.
public protocol PlannedKernel: AnyObject, Sendable {
  /// The operand that is places, of any type of floats; all others have the type of the result.
  var places: Int? { get }
  /// What must be true of its operands and its result, and of what it holds itself.
  func check(_ operands: [Shape], _ result: Shape) throws(Flaw)
}

extension PlannedKernel {
  public var places: Int? { nil }
}

/// An operand of a `host` kernel: row-major values and their extents.
public struct HostValue: Sendable {
  public let values: [Double]
  public let extents: [Int]
  /// What they were before they were read as numbers.
  public let type: ElementType

  public init(values: [Double], extents: [Int], type: ElementType) {
    (self.values, self.extents, self.type) = (values, extents, type)
  }
}
