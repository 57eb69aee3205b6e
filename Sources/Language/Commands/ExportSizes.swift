import Exports
import Refusals
import Syntax
import Tensors

/// Sizes that an export leaves open: those that inputs were declared with, as `n` in `input x: [n, 3]`.
extension Session {
  /// The graph of what is asked for, with itself at other sizes where some are open; and the inputs that have no value, for
  /// which zeros stand.
  func program(of request: ExportRequest) throws(Diagnostic) -> (program: ExportedProgram, unfed: [String]) {
    let declared = names.filter { $0.value.dimensions != nil }.map(\.key).sorted()
    let unfed = declared.filter { if case .unset? = names[$0]?.content { true } else { false } }
    var program = try fed(unfed, [:]).fixedProgram(of: request)
    let inputs = Set(program.inputs.map(\.name))
    var symbols: [SymbolicSizes.Symbol] = []
    for name in declared where inputs.contains(name) {
      for (axis, dimension) in (names[name]?.dimensions ?? []).enumerated() {
        guard case .named(let symbol) = dimension, !symbols.contains(where: { $0.name == symbol }) else { continue }
        symbols.append(SymbolicSizes.Symbol(name: symbol, input: name, axis: axis))
      }
    }
    if !symbols.isEmpty {
      let words = Set(symbols.map(\.name))
      let open = declared.filter { name in
        names[name]?.dimensions?.contains { if case .named(let word) = $0 { words.contains(word) } else { false } }
          == true
      }
      var samples: [SymbolicSizes.Sample] = []
      for sizes in SymbolicSizes.sizes(count: symbols.count) where request.kind.leavesSizesOpen {
        let extents = Dictionary(uniqueKeysWithValues: zip(symbols.map(\.name), sizes))
        // At another size it may be no program at all.
        guard let sample = try? fed(unfed, [:]).fed(open, extents).fixedProgram(of: request),
          sample.inputs.map(\.name) == program.inputs.map(\.name)
        else { break }
        samples.append(SymbolicSizes.Sample(sizes: sizes, program: sample))
      }
      program.sizes = SymbolicSizes(symbols, samples)
    }
    return (program, unfed.filter(inputs.contains))
  }

  /// The session with zeros in place of inputs.
  ///
  /// - Parameter extents: those of named dimensions; where there are none, those of the value, or 2.
  private func fed(_ inputs: [String], _ extents: [String: Int]) -> Session {
    var session = self
    for name in inputs {
      guard let dimensions = names[name]?.dimensions else { continue }
      let known: Tensor? = if case .tensor(let held, _)? = names[name]?.content { held.tensor } else { nil }
      let shape = Shape(
        dimensions.enumerated().map { axis, dimension in
          switch dimension {
          case .extent(let extent): extent
          case .named(let symbol): extents[symbol] ?? known?.shape[axis] ?? 2
          case .any: known?.shape[axis] ?? 2
          }
        })
      let zeros = Tensor(
        shape: shape, type: known?.type ?? settings.precision,
        storage: Storage(zeroed: shape.count * (known?.type ?? settings.precision).stride))
      session.bind(name, .tensor(Held(tensor: zeros)), nil, names[name]?.line ?? 0)
      session.names[name]?.dimensions = dimensions
    }
    return session
  }
}
