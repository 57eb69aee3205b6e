import Graphs
import Tensors

/// A product in which one matrix is masked: its operands and its result have the batch innermost.
public final class MaskedProduct: PlannedKernel {
  enum Role: Sendable {
    /// x [rows, batch] and w: [columns, batch].
    case forward
    /// The adjoint [columns, batch] and w: [rows, batch].
    case input
    /// x and the adjoint: what w's kept entries get, 0 elsewhere.
    case weight
  }

  let mask: SparseMask
  let role: Role
  /// Of w, or of what it gets, the kept entries alone are stored.
  let isCompact: Bool

  init(mask: SparseMask, role: Role, isCompact: Bool = false) {
    (self.mask, self.role, self.isCompact) = (mask, role, isCompact)
  }

  /// The same with weights, or their gradient, by kept entries alone.
  var compact: MaskedProduct { MaskedProduct(mask: mask, role: role, isCompact: true) }

  var lists: SparseMask.Lists {
    switch role {
    case .forward, .weight: isCompact ? mask.compactByColumn : mask.byColumn
    case .input: isCompact ? mask.compactByRow : mask.byRow
    }
  }

  var primitive: Primitive {
    let percent = (mask.density * 1_000).rounded() / 10
    let name =
      switch role {
      case .forward, .input: "sparse_matmul(\(percent) %)"
      case .weight: "sparse_gradient(\(percent) %)"
      }
    return Primitive(name, .planned(self), told: .whole, zero: .lost, gradient: nil)
  }
}

extension Kernel {
  /// The product by lists of kept entries that this is, if it is one.
  var maskedProduct: MaskedProduct? {
    if case .planned(let kernel) = self { kernel as? MaskedProduct } else { nil }
  }
}

extension Plan {
  /// What a loop repeats, with products by lists of kept entries; nil where no mask makes them worth it.
  public static func inLoop(_ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor]) -> Plan? {
    let masks = SparseMask.all(in: graph, parameters, besides: [])
    let simplified = Simplify(graph, outputs: outputs, laws: Simplify.Law.inLoop(masks))
    let plan = Plan(
      simplified: simplified.graph, outputs: outputs.map { simplified[$0] }, guarded: simplified.guarded)
    let hasLists = plan.steps.contains { step in
      step.primitive.kernel.maskedProduct != nil
    }
    return hasLists ? plan : nil
  }
}
