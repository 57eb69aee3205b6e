import Graphs
import Refusals
import Tensors

/// The devices that a program is spread over, and how its inputs are cut.
package struct Mesh: Sendable {
  /// What lies along an axis of the mesh, the first of its axes first.
  enum Axis: String, CaseIterable {
    /// Shares of the data.
    case data
    /// Shares of what is trained, where there are two axes.
    case model
  }

  /// Of which axis of an input each device gets its share; of a whole one each device has all.
  package enum Cut: String, CaseIterable, Sendable {
    case rows, columns, whole

    fileprivate var axis: Int? {
      switch self {
      case .rows: 0
      case .columns: 1
      case .whole: nil
      }
    }

    /// Why something with so many axes can't be cut like this, if it can't.
    package func objection(to name: String, rank: Int) -> String? {
      guard let axis, rank <= axis else { return nil }
      return rank == 0 ? "\(name) can't be cut: it is a number" : "\(name) can't be cut by \(rawValue): it is a vector"
    }
  }

  /// How many devices there are along each axis.
  let extents: [Int]
  /// By the names of inputs; others are whole on every device.
  private let cuts: [String: Cut]

  package init(extents: [Int] = [1], cuts: [String: Cut] = [:]) { (self.extents, self.cuts) = (extents, cuts) }

  var deviceCount: Int { extents.reduce(1, *) }

  var axes: [(name: String, extent: Int)] { zip(Axis.allCases, extents).map { ($0.rawValue, $1) } }

  /// The most axes that a mesh has.
  package static let mostAxes = Axis.allCases.count

  /// What doesn't fit is refused here, in words that the compiler hasn't.
  func check(_ program: ExportedProgram) throws(Refusal) {
    for (name, cut) in cuts.sorted(by: { $0.key < $1.key }) {
      guard let input = program.inputs.first(where: { $0.name == name }) else {
        throw Refusal(
          "\(name) can't be cut: it is no input",
          help: "the inputs are " + program.inputs.map(\.name).joined(separator: ", "))
      }
      guard let axis = cut.axis else { continue }
      let shape = input.value.shape
      if let objection = cut.objection(to: name, rank: shape.rank) {
        throw Refusal(objection, help: shape.rank > 0 ? "shard=\(name)" : nil)
      }
      let count = axes[meshAxis(of: input)].extent
      guard shape[axis].isMultiple(of: count) else {
        let fit = (1..<count).last { shape[axis].isMultiple(of: $0) } ?? 1
        var better = extents
        better[meshAxis(of: input)] = fit
        throw Refusal(
          "\(name) has \(shape[axis]) \(cut.rawValue), which \(count) devices can't share evenly",
          help: "devices=" + better.map(String.init).joined(separator: "x"))
      }
    }
  }

  private func meshAxis(of input: ExportedProgram.Input) -> Int { extents.count > 1 && input.isTrainable ? 1 : 0 }

  /// For each axis of an input the axis of the mesh that cuts it, as far as any does.
  func spec(of input: ExportedProgram.Input, in program: ExportedProgram) -> [String?] {
    // What an optimiser keeps for a weight lies where the weight does.
    let owner = program.owners[input.name].flatMap { name in program.inputs.first { $0.name == name } }
    let leader = owner.flatMap { $0.value.shape == input.value.shape ? $0 : nil } ?? input
    guard deviceCount > 1, let axis = cuts[leader.name]?.axis, axis < input.value.shape.rank else { return [] }
    return Array(repeating: nil, count: axis) + [axes[meshAxis(of: leader)].name]
  }

  /// The same of an output: one that takes an input's place lies as that does, another is whole.
  func spec(of output: ExportedProgram.Output, in program: ExportedProgram) -> [String?] {
    guard let name = program.carried[output.name], let input = program.inputs.first(where: { $0.name == name }) else {
      return []
    }
    return spec(of: input, in: program)
  }

  /// The attribute that StableHLO has for it.
  func sharding(_ spec: [String?], rank: Int) -> String {
    let axes = (0..<rank).map { axis in
      spec.indices.contains(axis) ? spec[axis].map { "{\"\($0)\"}" } ?? "{}" : "{}"
    }
    return " {sdy.sharding = #sdy.sharding<@mesh, [\(axes.joined(separator: ", "))]>}"
  }
}
