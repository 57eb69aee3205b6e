import CKernels
import Graphs
import TestSupport
import Testing

/// The loops that make or use masks, against their scalar twins.
struct MaskFunctionTests {
  private static let strides = [(1, 1), (0, 1), (1, 0), (0, 0)]

  @Test(arguments: Kernels.comparisons)
  func comparisonsAgree(op: gk_comparison) throws {
    let row = try #require(ComparisonFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
    try expectComparison(row, Float.self)
    try expectComparison(row, Double.self)
  }

  private func expectComparison<T: KernelElement>(_ row: ComparisonFunction, _ type: T.Type) throws {
    let pairs = T.special.flatMap { a in T.special.map { (a, $0) } }
    for count in ElementFunctionTests.lengths {
      for from in [0, 100, 200] {
        let a = pairs[from..<from + count].map(\.0), b = pairs[from..<from + count].map(\.1)
        for (sa, sb) in Self.strides {
          var y = [UInt8](repeating: 9, count: count)
          unsafe T.compare(row.kernel, a, sa, b, sb, &y, count)
          let expected = (0..<count).map { row.scalar(Double(a[$0 * sa]), Double(b[$0 * sb])) ? UInt8(1) : 0 }
          #expect(y == expected, "\(row.name) of \(count), strides \(sa) and \(sb)")
        }
      }
    }
  }

  @Test(arguments: Kernels.tests)
  func classificationsAgree(op: gk_test) throws {
    let row = try #require(ClassificationFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
    expectClassification(row, Float.self)
    expectClassification(row, Double.self)
  }

  private func expectClassification<T: KernelElement>(_ row: ClassificationFunction, _ type: T.Type) {
    let values = (0..<300).map { T.special[$0 * 7 % T.special.count] }
    for count in ElementFunctionTests.lengths {
      let x = Array(values[..<count])
      var y = [UInt8](repeating: 9, count: count)
      unsafe T.test(row.kernel, x, &y, count)
      #expect(y == x.map { row.scalar(Double($0)) ? 1 : 0 }, "\(row.name) of \(count)")
    }
  }

  @Test(arguments: Kernels.logics)
  func logicAgrees(op: gk_logic) throws {
    let row = try #require(LogicFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
    var random = SplitMix(1)
    for count in ElementFunctionTests.lengths {
      let a = (0..<count).map { _ in UInt8(random.next() & 1) }, b = (0..<count).map { _ in UInt8(random.next() & 1) }
      for (sa, sb) in Self.strides {
        var y = [UInt8](repeating: 9, count: count)
        unsafe gk_logic_b8(op, a, sa, b, sb, &y, count)
        let expected = (0..<count).map { row.scalar(a[$0 * sa] != 0, b[$0 * sb] != 0) ? UInt8(1) : 0 }
        #expect(y == expected, "\(row.name) of \(count), strides \(sa) and \(sb)")
      }
    }
  }

  @Test(arguments: Kernels.logics)
  func logicalReductionsAgree(op: gk_logic) throws {
    let row = try #require(LogicFunction.all.first { $0.kernel == op }, "kernel \(op.rawValue) has a row")
    var random = SplitMix(2)
    for (outer, extent, inner) in ReductionTests.shapes {
      for rarity in [1, 64] as [UInt64] {
        // Mostly what doesn't decide, so that some columns stay undecided.
        let x = (0..<outer * extent * inner).map { _ in
          random.next() % rarity == 0 ? UInt8(random.next() & 1) : row.start ? 1 : 0
        }
        var y = [UInt8](repeating: 9, count: outer * inner)
        unsafe gk_reduce_b8(op, x, outer, extent, inner, &y)
        for o in 0..<outer {
          for i in 0..<inner {
            let column = (0..<extent).map { x[(o * extent + $0) * inner + i] != 0 }
            #expect((y[o * inner + i] != 0) == column.reduce(row.start, row.scalar))
          }
        }
      }
    }
  }

  @Test func keepsAndSelects() {
    let mask: [UInt8] = [1, 0, 0, 0, 0], x: [Float] = [.nan, -2, .infinity, .nan, 3]
    var y = [Float](repeating: 9, count: 5)
    unsafe gk_keep_f32(mask, 1, x, 1, &y, 5)
    #expect(y[0].isNaN && y[1...].allSatisfy { $0 == 0 } && y.map(\.sign) == [.plus, .minus, .plus, .plus, .plus])
    unsafe gk_select_f32(mask, 1, [7], 0, x, 1, &y, 5)
    #expect(y[0] == 7 && y[1] == -2 && y[3].isNaN)
    #expect(unsafe gk_all_finite_f32([1, 2, 3], 3) == 1 && gk_all_finite_f32(x, 5) == 0)
  }
}
