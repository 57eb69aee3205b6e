import CKernels
import Graphs

/// The kernels of each kind, whatever the tables hold.
enum Kernels {
  static let maps = (0..<UInt32(GK_MAP_COUNT)).compactMap(gk_map.init)
  static let zips = (0..<UInt32(GK_ZIP_COUNT)).compactMap(gk_zip.init)
  static let comparisons = (0..<UInt32(GK_COMPARISON_COUNT)).compactMap(gk_comparison.init)
  static let tests = (0..<UInt32(GK_TEST_COUNT)).compactMap(gk_test.init)
  static let logics = (0..<UInt32(GK_LOGIC_COUNT)).compactMap(gk_logic.init)
  static let reductions = (0..<UInt32(GK_REDUCTION_COUNT)).compactMap(gk_reduction.init)
}

/// An element type of the kernels, and the calls for it.
protocol KernelElement: BinaryFloatingPoint, Sendable {
  static func map(_ op: gk_map, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, _ count: Int)
  static func zip(
    _ op: gk_zip, _ a: UnsafePointer<Self>, _ sa: Int, _ b: UnsafePointer<Self>, _ sb: Int,
    _ y: UnsafeMutablePointer<Self>, _ count: Int)
  static func compare(
    _ op: gk_comparison, _ a: UnsafePointer<Self>, _ sa: Int, _ b: UnsafePointer<Self>, _ sb: Int,
    _ y: UnsafeMutablePointer<UInt8>, _ count: Int)
  static func test(_ op: gk_test, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<UInt8>, _ count: Int)
  static func reduce(
    _ op: gk_reduction, _ x: UnsafePointer<Self>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ y: UnsafeMutablePointer<Self>)
  static func scan(
    _ op: gk_reduction, _ x: UnsafePointer<Self>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ y: UnsafeMutablePointer<Self>)
  /// The type of these elements among the kernels'.
  static var kernelType: gk_type { get }
}

extension Float: KernelElement {
  static var kernelType: gk_type { GK_F32 }
  static func map(_ op: gk_map, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
    unsafe gk_map_f32(op, x, y, count)
  }
  static func zip(
    _ op: gk_zip, _ a: UnsafePointer<Float>, _ sa: Int, _ b: UnsafePointer<Float>, _ sb: Int,
    _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) { unsafe gk_zip_f32(op, a, sa, b, sb, y, count) }
  static func compare(
    _ op: gk_comparison, _ a: UnsafePointer<Float>, _ sa: Int, _ b: UnsafePointer<Float>, _ sb: Int,
    _ y: UnsafeMutablePointer<UInt8>, _ count: Int
  ) { unsafe gk_compare_f32(op, a, sa, b, sb, y, count) }
  static func test(_ op: gk_test, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<UInt8>, _ count: Int) {
    unsafe gk_test_f32(op, x, y, count)
  }
  static func reduce(
    _ op: gk_reduction, _ x: UnsafePointer<Float>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ y: UnsafeMutablePointer<Float>
  ) { unsafe gk_reduce_f32(op, x, outer, extent, inner, y) }
  static func scan(
    _ op: gk_reduction, _ x: UnsafePointer<Float>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ y: UnsafeMutablePointer<Float>
  ) { unsafe gk_scan_f32(op, x, outer, extent, inner, y) }
}

extension Double: KernelElement {
  static var kernelType: gk_type { GK_F64 }
  static func map(_ op: gk_map, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ count: Int) {
    unsafe gk_map_f64(op, x, y, count)
  }
  static func zip(
    _ op: gk_zip, _ a: UnsafePointer<Double>, _ sa: Int, _ b: UnsafePointer<Double>, _ sb: Int,
    _ y: UnsafeMutablePointer<Double>, _ count: Int
  ) { unsafe gk_zip_f64(op, a, sa, b, sb, y, count) }
  static func compare(
    _ op: gk_comparison, _ a: UnsafePointer<Double>, _ sa: Int, _ b: UnsafePointer<Double>, _ sb: Int,
    _ y: UnsafeMutablePointer<UInt8>, _ count: Int
  ) { unsafe gk_compare_f64(op, a, sa, b, sb, y, count) }
  static func test(_ op: gk_test, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<UInt8>, _ count: Int) {
    unsafe gk_test_f64(op, x, y, count)
  }
  static func reduce(
    _ op: gk_reduction, _ x: UnsafePointer<Double>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ y: UnsafeMutablePointer<Double>
  ) { unsafe gk_reduce_f64(op, x, outer, extent, inner, y) }
  static func scan(
    _ op: gk_reduction, _ x: UnsafePointer<Double>, _ outer: Int, _ extent: Int, _ inner: Int,
    _ y: UnsafeMutablePointer<Double>
  ) { unsafe gk_scan_f64(op, x, outer, extent, inner, y) }
}

extension KernelElement {
  static func map(_ op: gk_map, _ x: [Self]) -> [Self] {
    var y = [Self](repeating: 0, count: x.count)
    unsafe map(op, x, &y, x.count)
    return y
  }

  /// NaN, infinities, zeros of both signs, subnormals, the ends of the normal numbers, ones.
  static var special: [Self] {
    [
      0, 1, .leastNonzeroMagnitude, .leastNormalMagnitude.nextDown, .leastNormalMagnitude, .greatestFiniteMagnitude,
      .infinity, .nan, 0.5, 2, 3,
    ]
    .flatMap { [$0, -$0] }
  }

  /// Equal, NaN to NaN and zeros by their signs.
  func isSame(as other: Self) -> Bool {
    isNaN ? other.isNaN : self == other && sign == other.sign
  }
}

extension Float {
  /// The distance from an exact value, in units of that value's last place.
  func ulps(from exact: Double) -> Double {
    if exact.isNaN || isNaN { return exact.isNaN && isNaN ? 0 : .infinity }
    let rounded = Float(exact)
    if rounded == self { return self == 0 && exact == 0 && sign != rounded.sign ? .infinity : 0 }
    // Where one of them overflows the other may be the largest number.
    if rounded.isInfinite || isInfinite {
      return abs(self) >= 0x1.fffffcp127 && abs(exact) >= 0x1.fffffcp127 ? 1 : .infinity
    }
    return abs(Double(self) - exact) / Double(max(abs(rounded), .leastNormalMagnitude).ulp)
  }
}

extension Double {
  func ulps(from exact: Double) -> Double {
    if exact.isNaN || isNaN { return exact.isNaN && isNaN ? 0 : .infinity }
    if exact == self { return self == 0 && sign != exact.sign ? .infinity : 0 }
    if exact.isInfinite || isInfinite { return .infinity }
    return abs(self - exact) / max(abs(exact), .leastNormalMagnitude).ulp
  }
}
