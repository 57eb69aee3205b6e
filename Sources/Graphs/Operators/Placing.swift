import CKernels
import Refusals
import Tensors

/// Values put at places of a tensor, of equal places the last.
extension Primitive {
  /// Operands: what is replaced, places along an axis, and as many values; what counts for derivatives is said by a formula.
  static let placing: Family<HostAttribute> = Family(
    "scatter",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .placing(let axis) = attribute else { preconditionFailure("places lie along an axis") }
          return placed(x[2], at: x[1], in: x[0], axis: axis)
        }, attribute)
    }, told: .whole, zero: .lost, gradient: nil)

  private static func placed(_ values: HostValue, at places: HostValue, in x: HostValue, axis: Int) -> [Double] {
    var result = x.values
    let (small, whole) = (Shape(places.extents), Shape(x.extents))
    let (own, strides) = (small.strides, whole.strides)
    for (number, value) in values.values.enumerated() {
      var place = 0
      for other in own.indices where other != axis { place += number / own[other] % small[other] * strides[other] }
      let index = Int(places.values[number])
      result[place + (index < 0 ? index + whole[axis] : index) * strides[axis]] = value
    }
    return result
  }
}

extension Symbol {
  /// x with values at places along an axis, which have been looked at before; of equal places the last counts.
  ///
  /// The formula is for who asks where an entry came from; the marks in it are made once somebody looks at them.
  func placing(_ values: Symbol, at places: Symbol, _ named: Tensor, axis: Int) throws(Refusal) -> Symbol {
    let marks = try PlaceMarks(of: named, along: axis, in: shape)
    let isFixed = builder.isFixed(places.reference)
    let hit = builder.parameter(marks.hits, isFixed: isFixed)
    let winners = builder.parameter(marks.winners, isFixed: isFixed)
    let kept = Symbol.keep(winners, values)
    let spread = builder.add(.gatherAdjoint(axis), [kept, places], shape: shape, type: values.type)
    return placed(values, at: places, axis, restating: .select(hit, spread, self))
  }

  /// A vector with values at places that are known; of equal places the last counts.
  public func replacing(at places: Tensor, by values: Symbol) -> Symbol {
    let (hits, order) = places.marks(of: shape.count)
    let spread = values.taken(builder.constant(order), axis: 0)
    let formula = Symbol.select(builder.constant(hits), spread, self)
    // Of little each entry is looked at anyway, and steps of a loop are brief.
    guard shape.count >= Self.leastPlaced else { return formula }
    return placed(values, at: builder.constant(places), 0, restating: formula)
  }

  /// What a formula says, in one pass over the places.
  private func placed(_ values: Symbol, at places: Symbol, _ axis: Int, restating formula: Symbol) -> Symbol {
    let value = builder.add(
      Primitive.placing(.placing(axis: axis)),
      [converted(to: formula.type), places, values.converted(to: formula.type)], shape: shape, type: formula.type)
    return .restated(value, as: formula)
  }

  static let leastPlaced = 4_096

  /// The list by which entries were picked from a vector; nil where they weren't picked by one.
  public func list(pickedFrom vector: Symbol) -> Symbol? {
    let graph = builder.graph
    func source(_ reference: Graph.Reference) -> Graph.Reference {
      var reference = reference
      while let primitive = graph.primitive(of: reference), primitive === Primitive.reshape {
        reference = graph.operands(of: reference)[0]
      }
      return reference
    }
    guard vector.rank == 1, case .apply(let primitive, let x) = graph[source(reference)].kind,
      case .take(axis: 0) = primitive.kernel, source(x[0]) == source(vector.reference)
    else { return nil }
    return builder.symbol(x[1])
  }
}

extension Tensor {
  /// Which of so many places these numbers name, and for each the last to name it; made once somebody looks at them.
  fileprivate func marks(of whole: Int) -> (hits: Tensor, order: Tensor) {
    guard let hits = Storage(uninitialized: whole), let order = Storage(uninitialized: 8 * whole) else {
      return converted(to: .float64).named(of: whole)
    }
    let pending = Storage.Pending {
      let (truth, last) = self.converted(to: .float64).named(of: whole)
      unsafe hits.bytes.copyMemory(from: truth.storage.bytes, byteCount: whole)
      unsafe order.bytes.copyMemory(from: last.storage.bytes, byteCount: 8 * whole)
      return gk_is_interrupted() == 0
    }
    return (
      Tensor(shape: Shape([whole]), type: .bool, storage: Storage(of: hits, writtenBy: pending)),
      Tensor(shape: Shape([whole]), type: .float64, storage: Storage(of: order, writtenBy: pending))
    )
  }
}

/// Which elements places name, and which of the places are the last to name theirs.
private struct PlaceMarks {
  let hits: Tensor
  let winners: Tensor

  init(of places: Tensor, along axis: Int, in whole: Shape) throws(Refusal) {
    let count = places.count
    guard count < 1 << 32 - 1, let hits = Storage(uninitialized: whole.count),
      let winners = Storage(uninitialized: count), let last = Storage(uninitialized: 4 * whole.count),
      let numbers = Storage(uninitialized: whole.rank == 1 ? 0 : 8 * count)
    else { throw .outOfMemory(needed: 5 * whole.count + 9 * count, free: 0) }
    let pending = Storage.Pending {
      Self.mark(places, axis, whole, hits, winners, last, numbers)
      return gk_is_interrupted() == 0
    }
    self.hits = Tensor(shape: whole, type: .bool, storage: Storage(of: hits, writtenBy: pending))
    self.winners = Tensor(shape: places.shape, type: .bool, storage: Storage(of: winners, writtenBy: pending))
  }

  private static func mark(
    _ places: Tensor, _ axis: Int, _ whole: Shape, _ hits: Storage, _ winners: Storage, _ last: Storage,
    _ numbers: Storage
  ) {
    unsafe hits.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: whole.count)
    unsafe winners.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: places.count)
    guard places.count > 0 else { return }
    let x = unsafe places.storage.bytes
    let marks = unsafe (
      hits.bytes.assumingMemoryBound(to: UInt8.self), winners.bytes.assumingMemoryBound(to: UInt8.self),
      last.bytes.assumingMemoryBound(to: UInt32.self)
    )
    let isSingle = places.type == .float32
    if whole.rank == 1 {
      return unsafe gk_mark_last_at(
        isSingle ? GK_F32 : GK_F64, x, places.count, whole.count, marks.2, marks.0, marks.1)
    }
    let index = unsafe numbers.bytes.assumingMemoryBound(to: Int64.self)
    if isSingle {
      _ = unsafe gk_places_f32(x.assumingMemoryBound(to: Float.self), places.count, whole[axis], index)
    } else {
      _ = unsafe gk_places_f64(x.assumingMemoryBound(to: Double.self), places.count, whole[axis], index)
    }
    unsafe gk_mark_last(
      index, whole.strides, places.shape.extents, whole.rank, axis, whole.count, marks.2, marks.0, marks.1)
  }
}
