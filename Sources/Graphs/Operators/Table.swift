extension Operator {
  /// Every operator that is written with the graph's words alone.
  public static let table: [Operator] = elements + axes + tensors

  /// By every name that works.
  public static let named: [String: Operator] = Dictionary(
    uniqueKeysWithValues: table.flatMap { operation in ([operation.name] + operation.aliases).map { ($0, operation) } })

  private static let elements: [Operator] = arithmetic + elementary + trigonometry + special + activation + comparison
  private static let axes: [Operator] =
    reduction + scan + linearAlgebra + decompositions + matrixFunctions + spectra + eigen + fourier
  private static let tensors: [Operator] = shapes + repetition + indexing + making + loss + networks
}
