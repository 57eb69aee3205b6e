import CKernels
import Refusals

/// A function of each element by itself: everything the program knows about it, in one row.
///
/// Its loop comes from the row of the same name in the kernels' `functions.h`.
public struct ElementFunction: Sendable {
  public let kernel: gk_map
  /// As the language has it.
  public let `operator`: Operator
  /// As a node of the graph.
  public let primitive: Primitive
  public let price: Price
  /// What the loop does to one element, through libm: the oracle's way, and what the loop is tested against.
  public let scalar: @Sendable (Double) -> Double
  public let notation: Notation

  public var name: String { primitive.name }

  /// - Parameters:
  ///   - domain: where the derivative test samples x.
  ///   - body: what a call means where it isn't just this node: of x and all arguments.
  ///   - gradient: nil where nothing flows back.
  init(
    _ kernel: gk_map, _ signature: String, _ summary: String, zero: ZeroRule, derivative: String,
    aliases: [String] = [], domain: ClosedRange<Double> = -2...2, examples: KeyValuePairs<String, String>, price: Price,
    scalar: @escaping @Sendable (Double) -> Double, notation: Notation,
    body: (@Sendable (Symbol, Arguments) throws(Refusal) -> Symbol)? = nil, gradient: Rules.Gradient?
  ) {
    let name = Signature(signature).name
    let primitive = Primitive(
      name, .map(kernel), told: notation.telling(name, aliases), zero: zero, gradient: gradient)
    (self.kernel, self.primitive, self.price, self.scalar) = (kernel, primitive, price, scalar)
    self.notation = notation.named(primitive.name)
    self.operator = Operator(
      signature, summary, derivative: derivative, aliases: aliases, domain: domain,
      trials: gradient == nil ? [] : nil, examples: examples, isElementwise: true
    ) { arguments throws(Refusal) in
      let x = try arguments.tensor(0)
      return .tensor(try body?(x, arguments) ?? .map(primitive, x))
    }
  }

  public static let all: [ElementFunction] = elementary + trigonometry + activation + special + tails

  private static let rows = KernelTable(all, count: GK_MAP_COUNT) { Int($0.kernel.rawValue) }

  public static subscript(kernel: gk_map) -> ElementFunction { rows[Int(kernel.rawValue)] }
}

/// What computing one element takes, roughly.
///
/// It says from which size on a second thread gains.
public enum Price: Double, Sendable {
  /// Few instructions: it waits for memory.
  case brief = 0.5
  /// Many instructions.
  case long = 4
}

/// Rows by the number of their kernel.
struct KernelTable<Row: Sendable>: Sendable {
  private let rows: [Row?]

  init(_ all: [Row], count: Int, number: (Row) -> Int) {
    var rows = [Row?](repeating: nil, count: count)
    for row in all { rows[number(row)] = row }
    self.rows = rows
  }

  subscript(number: Int) -> Row {
    guard let row = rows[number] else { preconditionFailure("kernel \(number) of \(Row.self) has a row") }
    return row
  }
}

/// Those that other rules are written with.
extension Operator {
  public static let abs: Operator = ElementFunction[.abs].operator
  public static let sign: Operator = ElementFunction[.sign].operator
  public static let sqrt: Operator = ElementFunction[.sqrt].operator
  public static let exp: Operator = ElementFunction[.exp].operator
  public static let expm1: Operator = ElementFunction[.expm1].operator
  public static let log: Operator = ElementFunction[.log].operator
  public static let log1p: Operator = ElementFunction[.log1p].operator
  public static let sin: Operator = ElementFunction[.sin].operator
  public static let cos: Operator = ElementFunction[.cos].operator
  public static let sinh: Operator = ElementFunction[.sinh].operator
  public static let cosh: Operator = ElementFunction[.cosh].operator
  public static let tanh: Operator = ElementFunction[.tanh].operator
  public static let floor: Operator = ElementFunction[.floor].operator
  public static let round: Operator = ElementFunction[.round].operator
  public static let erf: Operator = ElementFunction[.erf].operator
  public static let relu: Operator = ElementFunction[.relu].operator
  public static let sigmoid: Operator = ElementFunction[.sigmoid].operator
  public static let softplus: Operator = ElementFunction[.softplus].operator
}
