import Graphs
import Refusals
import Tensors

/// The devices that a program is spread over, and which inputs are cut along their first axis.
package struct Mesh: Sendable {
  package let deviceCount: Int
  /// Names of inputs of which each device gets its share of the rows; the others are whole on every device.
  package let sharded: Set<String>

  let axis = "data"

  package init(deviceCount: Int, sharded: Set<String>) {
    self.deviceCount = deviceCount
    self.sharded = sharded
  }

  /// What doesn't fit is refused here, in words that the compiler hasn't.
  func check(_ program: ExportedProgram) throws(Refusal) {
    for name in sharded.sorted() {
      guard let input = program.inputs.first(where: { $0.name == name }) else {
        throw Refusal(
          "\(name) can't be cut: it is no input",
          help: "the inputs are " + program.inputs.map(\.name).joined(separator: ", "))
      }
      let shape = input.value.shape
      guard shape.rank > 0 else { throw Refusal("\(name) can't be cut: it is a number") }
      guard shape[0].isMultiple(of: deviceCount) else {
        throw Refusal(
          "\(name) has \(shape[0]) rows, which \(deviceCount) devices can't share evenly",
          help: "devices=\((1..<deviceCount).last { shape[0].isMultiple(of: $0) } ?? 1)")
      }
    }
  }

  func isCut(_ name: String) -> Bool { deviceCount > 1 && sharded.contains(name) }

  func sharding(of name: String, rank: Int, isResult: Bool = false, in program: ExportedProgram? = nil) -> String {
    let isCut = isCut(name) && (!isResult || program?.carried[name] != nil)
    let axes = (0..<rank).map { $0 == 0 && isCut ? "{\"\(axis)\"}" : "{}" }.joined(separator: ", ")
    return " {sdy.sharding = #sdy.sharding<@mesh, [\(axes)]>}"
  }
}
