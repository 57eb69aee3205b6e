import Tensors
import Testing

/// Memory that values gave back.
@Suite struct StorageTests {
  /// Many owners on several threads: no two of them ever have the same bytes.
  @Test func whatIsTakenAgainHasOneOwner() async {
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<4 {
        group.addTask {
          var held: [Storage] = []
          for round in 0..<400 {
            guard let storage = Storage(uninitialized: 1 << (16 + (round + number) % 4)) else { return false }
            unsafe storage.bytes.initializeMemory(as: UInt8.self, repeating: UInt8(number), count: storage.byteCount)
            held.append(storage)
            if held.count > 12 {
              let first = held.removeFirst()
              let bytes = unsafe UnsafeRawBufferPointer(start: first.bytes, count: first.byteCount)
              if unsafe bytes.contains(where: { $0 != UInt8(number) }) { return false }
            }
          }
          return true
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 1 << 23]) func zeroedMemoryIsZero(count: Int) {
    for _ in 0..<3 {
      let storage = Storage(zeroed: count)
      let bytes = unsafe UnsafeMutableRawBufferPointer(start: storage.bytes, count: count)
      #expect(unsafe bytes.allSatisfy { $0 == 0 })
      unsafe storage.bytes.initializeMemory(as: UInt8.self, repeating: 255, count: count)
    }
  }

  @Test func whatIsHollowStaysHollow() {
    let hollow = Tensor.hollow(Shape([6]), .float32)
    #expect(hollow.isHollow && hollow.reshaped(Shape([2, 3])).isHollow && !Tensor.hollow(Shape([0]), .bool).isHollow)
  }
}
