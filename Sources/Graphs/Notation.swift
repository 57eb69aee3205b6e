import Tensors

/// How the dialects of the exports write a function; nil where one has none, which is then refused by name.
///
/// A dialect that isn't named here writes Python's operators as they are and looks the others up by name.
public struct Notation: Sendable {
  /// The function's name, which its row gives it.
  public internal(set) var name = ""
  /// An operator of Python's own, which all array libraries take.
  public let python: PythonOperator?
  /// What is called in jax and in PyTorch.
  public let jax: String?
  public let torch: String?
  public let onnx: Composition?
  public let stableHLO: Composition?

  private init(
    python: PythonOperator?, jax: String?, torch: String?, onnx: Composition?, stableHLO: Composition?
  ) {
    (self.python, self.jax, self.torch) = (python, jax, torch)
    (self.onnx, self.stableHLO) = (onnx, stableHLO)
  }

  static func calls(jax: String?, torch: String?, onnx: Composition?, stableHLO: Composition?) -> Notation {
    Notation(python: nil, jax: jax, torch: torch, onnx: onnx, stableHLO: stableHLO)
  }

  static func python(_ python: PythonOperator, onnx: Composition?, stableHLO: Composition?) -> Notation {
    Notation(python: python, jax: nil, torch: nil, onnx: onnx, stableHLO: stableHLO)
  }

  func named(_ name: String) -> Notation {
    var result = self
    result.name = name
    return result
  }
}

/// An operator of Python, how tightly it holds together, and how tightly its operands must.
///
/// 3 stands anywhere, 2 as a factor, 1 as a term, 0 in brackets.
public enum PythonOperator: Sendable {
  case prefix(String, tightness: Int, operand: Int)
  case infix(String, tightness: Int, left: Int, right: Int)
}

/// A function written with the operations of a dialect; equal parts are computed once.
public indirect enum Composition: Hashable, Sendable {
  /// The operation of this name on the operands as they are.
  case direct(String)
  case operand(Int)
  /// A number in the type of what it meets.
  case number(Double)
  case operation(String, [Composition])
  /// In another type; nil: in the first operand's.
  case converted(Composition, to: ElementType?)

  static let x = Composition.operand(0)
  static let y = Composition.operand(1)

  static func of(_ name: String, _ operands: Composition...) -> Composition { .operation(name, operands) }

  /// A function of one element for which runtimes have float32 alone.
  static func single(_ name: String, _ x: Composition = .x) -> Composition {
    .converted(.of(name, .converted(x, to: .float32)), to: nil)
  }

  /// Computed in float64 from x and rounded once.
  static func double(_ body: (_ wide: Composition) -> Composition) -> Composition {
    .converted(body(.converted(.x, to: .float64)), to: nil)
  }
}

extension Composition: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral name: String) { self = .direct(name) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}
