import Tensors

/// Numbers that say where something lies, and what is put there.
extension StepText {
  /// The element at an address, in double precision.
  func number(_ address: Int, _ kind: Kind) throws(Unwritable) -> String {
    let own = try read(address, kind, 1)
    switch kind {
    case .mask: return value("uitofp i1 \(own) to double")
    case .single: return value("fpext float \(own) to double")
    case .double: return own
    }
  }

  /// A number as a whole one; it is a fault where it isn't one from `least` on and below `limit`.
  public func whole(_ number: String, from least: Int, below limit: Int) -> String {
    let whole = anyWhole(number)
    let (isAbove, isBelow) = (value("icmp sge i64 \(whole), \(least)"), value("icmp slt i64 \(whole), \(limit)"))
    fail(where: value("xor i1 \(value("and i1 \(isAbove), \(isBelow)")), true"))
    // What is read before the fault is looked at lies inside all the same.
    let isInside = value("and i1 \(isAbove), \(isBelow)")
    return value("select i1 \(isInside), i64 \(whole), i64 \(min(least, max(limit - 1, 0)))")
  }

  /// The same where any whole number will do.
  public func anyWhole(_ number: String) -> String {
    declare("declare double @llvm.fabs.f64(double)")
    let size = value("call double @llvm.fabs.f64(double \(number))")
    let isFit = value("fcmp olt double \(size), 0x4330000000000000")
    let safe = value("select i1 \(isFit), double \(number), double 0.0")
    let whole = value("fptosi double \(safe) to i64")
    let isWhole = value("fcmp oeq double \(value("sitofp i64 \(whole) to double")), \(safe)")
    fail(where: value("xor i1 \(value("and i1 \(isFit), \(isWhole)")), true"))
    return whole
  }

  /// Copies neighbouring elements of a buffer, from a place that is only known when it runs.
  func copy(
    _ from: Int, offset: String, _ reach: Int, to target: Int, _ kind: Kind, _ count: Int
  ) throws(Unwritable) {
    let (region, start) = try place(from, max(reach, 0))
    flush(region, start..<start + reach)
    let first = value("getelementptr i8, ptr \(pointer(region, start)), i64 \(offset)")
    var results: [(String, Int, Int)] = []
    for chunk in chunks(count, kind) {
      let own = value("getelementptr i8, ptr \(first), i64 \(chunk.from * kind.stride)")
      results.append((load(own, kind, chunk.count), chunk.from, chunk.count))
    }
    for (name, place, count) in results { try write(name, target + place * kind.stride, kind, count) }
  }
}
