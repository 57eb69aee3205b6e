import CKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What joins the elements along axes to one.
public struct ReductionFunction: Sendable {
  public let kernel: gk_reduction
  /// Over no elements at all.
  public let start: Double
  /// What the loop makes of two.
  public let scalar: @Sendable (Double, Double) -> Double
  public let notation: Notation
  /// As a running result along one axis.
  public let scan: Notation

  public var name: String { notation.name }

  private init(
    _ kernel: gk_reduction, _ name: String, start: Double, scalar: @escaping @Sendable (Double, Double) -> Double,
    notation: Notation, scan: Notation
  ) {
    (self.kernel, self.start, self.scalar) = (kernel, start, scalar)
    self.notation = notation.named(name)
    self.scan = scan.named("cum" + name)
  }

  public static let all: [ReductionFunction] = [
    ReductionFunction(
      .sum, "sum", start: 0, scalar: { $0 + $1 },
      notation: .calls(jax: "jnp.sum", torch: "torch.sum", onnx: "ReduceSum", stableHLO: "add"),
      scan: .calls(jax: "jnp.cumsum", torch: "torch.cumsum", onnx: "CumSum", stableHLO: "add")),
    ReductionFunction(
      .prod, "prod", start: 1, scalar: { $0 * $1 },
      notation: .calls(jax: "jnp.prod", torch: "torch.prod", onnx: "ReduceProd", stableHLO: "multiply"),
      scan: .calls(jax: "jnp.cumprod", torch: "torch.cumprod", onnx: nil, stableHLO: "multiply")),
    ReductionFunction(
      .max, "max", start: -.infinity, scalar: BinaryFunction[.maximum].scalar,
      notation: .calls(jax: "jnp.max", torch: "torch.amax", onnx: "ReduceMax", stableHLO: "maximum"),
      scan: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: "maximum")),
    ReductionFunction(
      .min, "min", start: .infinity, scalar: BinaryFunction[.minimum].scalar,
      notation: .calls(jax: "jnp.min", torch: "torch.amin", onnx: "ReduceMin", stableHLO: "minimum"),
      scan: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: "minimum")),
    ReductionFunction(
      .norm, "norm", start: 0, scalar: { $0.isNaN ? $0 : $1.isNaN ? $1 : hypot($0, $1) },
      notation: .calls(jax: "jnp.linalg.norm", torch: "torch.linalg.vector_norm", onnx: "ReduceL2", stableHLO: nil),
      scan: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: nil)),
  ]

  private static let rows = KernelTable(all, count: GK_REDUCTION_COUNT) { Int($0.kernel.rawValue) }

  public static subscript(kernel: gk_reduction) -> ReductionFunction { rows[Int(kernel.rawValue)] }
}

extension gk_reduction {
  /// Whether elements, or their squares, are added: of floats in double, which the result may keep.
  public var addsUp: Bool { self == .sum || self == .norm }
}
