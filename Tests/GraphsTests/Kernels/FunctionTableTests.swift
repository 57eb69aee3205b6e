import CKernels
import Graphs
import Testing

/// The rows of the kernels' lists and of the tables in Swift, each other's equals by kernel and name.
struct FunctionTableTests {
  /// Names by the number of their kernel, as C and as Swift has them.
  private func expectEqual(_ kernels: [UnsafePointer<CChar>?], _ rows: [(number: UInt32, name: String)]) {
    let names = unsafe kernels.map { unsafe $0.map { unsafe String(cString: $0) } ?? "?" }
    #expect(rows.count == names.count)
    let sorted = rows.sorted { $0.number < $1.number }
    #expect(sorted.map(\.number) == Array(0..<UInt32(names.count)), "each kernel has one row")
    #expect(sorted.map(\.name) == names)
  }

  @Test func elementFunctionsHaveARowEach() {
    unsafe expectEqual(
      Kernels.maps.map { unsafe gk_map_name($0) }, ElementFunction.all.map { ($0.kernel.rawValue, $0.name) })
  }

  @Test func binaryFunctionsHaveARowEach() {
    unsafe expectEqual(
      Kernels.zips.map { unsafe gk_zip_name($0) }, BinaryFunction.all.map { ($0.kernel.rawValue, $0.name) })
  }

  @Test func comparisonsHaveARowEach() {
    unsafe expectEqual(
      Kernels.comparisons.map { unsafe gk_comparison_name($0) },
      ComparisonFunction.all.map { ($0.kernel.rawValue, $0.name) })
  }

  @Test func classificationsHaveARowEach() {
    unsafe expectEqual(
      Kernels.tests.map { unsafe gk_test_name($0) },
      ClassificationFunction.all.map { ($0.kernel.rawValue, $0.name) })
  }

  @Test func logicHasARowEach() {
    unsafe expectEqual(
      Kernels.logics.map { unsafe gk_logic_name($0) }, LogicFunction.all.map { ($0.kernel.rawValue, $0.name) })
  }

  @Test func reductionsHaveARowEach() {
    unsafe expectEqual(
      Kernels.reductions.map { unsafe gk_reduction_name($0) },
      ReductionFunction.all.map { ($0.kernel.rawValue, $0.name) })
  }
}
