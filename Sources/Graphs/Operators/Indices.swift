import CKernels
import Refusals
import Tensors

extension Arguments {
  /// Whole numbers that lie inside an axis, checked now; negative ones count from the end.
  ///
  /// - Parameter areClasses: they say what a row is, and don't pick any.
  func indices(
    _ symbol: Symbol, below extent: Int, _ name: String, areClasses: Bool = false
  ) throws(Refusal) -> Symbol {
    guard symbol.type != .bool else {
      throw Refusal(
        "\(signature.name) wants \(areClasses ? "class numbers" : "indices"), not a mask, for '\(name)'",
        help: areClasses ? "1 * m is 0 and 1 where m is off and on" : "nonzero(m)[0] gives the indices of m")
    }
    let tensor = try self.value(of: symbol)
    for value in tensor.holdsPlaces(below: extent) ? [] : tensor.values {
      guard let index = Int(whole: value) else {
        throw Refusal("an index of \(signature.name) must be whole, not \(value.text)")
      }
      guard index >= -extent, index < extent else {
        let allowed = extent == 0 ? "there is nothing to choose from" : "indices go from \(-extent) to \(extent - 1)"
        throw Refusal("index \(index) is out of range in \(signature.name); \(allowed)")
      }
    }
    return symbol.rank == 0 ? symbol.converted(to: builder.defaultType) : symbol
  }

  /// Whole numbers given one by one or as a list.
  func wholes(_ name: String) throws(Refusal) -> [Int] {
    let given = (try? remaining()) ?? []
    if given.isEmpty { return try has(name) ? integers(name) ?? [] : shape(name).extents }
    var result: [Int] = []
    for symbol in given {
      guard symbol.rank <= 1 else { throw Refusal("\(signature.name) wants whole numbers or a list of them") }
      for value in try self.value(of: symbol).values {
        guard let whole = Int(whole: value) else {
          throw Refusal("\(signature.name) wants whole numbers for '\(name)', not \(value.text)")
        }
        result.append(whole)
      }
    }
    return result
  }
}

extension Tensor {
  /// Whether all are places of an axis, counted from its start.
  public func holdsPlaces(below extent: Int) -> Bool {
    guard type == .float32 || type == .float64 else { return false }
    return unsafe gk_are_places(type == .float32 ? GK_F32 : GK_F64, storage.bytes, count, extent) != 0
  }

  /// Which of so many places these float64 numbers name, and which of them is the last to name each.
  public func named(of whole: Int) -> (hits: Tensor, order: Tensor) {
    precondition(type == .float64, "places are counted in float64")
    let (hits, order) = (Storage(zeroed: whole), Storage(zeroed: 8 * whole))
    unsafe gk_mark_order(
      storage.bytes.assumingMemoryBound(to: Double.self), count, hits.bytes.assumingMemoryBound(to: UInt8.self),
      order.bytes.assumingMemoryBound(to: Double.self))
    return (
      Tensor(shape: Shape([whole]), type: .bool, storage: hits),
      Tensor(shape: Shape([whole]), type: .float64, storage: order)
    )
  }

  /// Where a mask is true, in row-major order.
  public var truePlaces: [Double] {
    precondition(type == .bool, "a mask has places where it is true")
    return unsafe [Double](unsafeUninitializedCapacity: count + 1) { places, found in
      guard let to = places.baseAddress else { return }
      found = unsafe gk_true_places(storage.bytes.assumingMemoryBound(to: UInt8.self), count, to)
    }
  }
}
