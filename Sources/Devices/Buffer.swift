import CPJRT
import Graphs
import Plans
import Refusals
import Tensors

/// A tensor in a device's memory.
@safe final class Buffer: DeviceBuffer {
  private let client: Client
  let handle: OpaquePointer
  private let shape: Shape
  private let type: ElementType

  /// Takes over a handle.
  init(_ client: Client, _ handle: OpaquePointer, _ shape: Shape, _ type: ElementType) {
    self.client = client
    unsafe self.handle = handle
    (self.shape, self.type) = (shape, type)
  }

  /// A copy of a tensor.
  convenience init(_ client: Client, _ tensor: Tensor) throws(Refusal) {
    var copy = unsafe PJRT_BufferFromHost()
    unsafe copy.struct_size = MemoryLayout.size(ofValue: copy)
    unsafe copy.client = client.handle
    unsafe copy.data = UnsafeRawPointer(tensor.storage.bytes)
    unsafe copy.type = tensor.type.code
    unsafe copy.device = client.device
    let extents = tensor.shape.extents.map(Int64.init)
    let error = unsafe extents.withUnsafeBufferPointer { extents in
      unsafe (copy.extents, copy.rank) = (extents.baseAddress, extents.count)
      return unsafe client.api.pointee.buffer_from_host(&copy)
    }
    try unsafe client.check(error)
    guard let handle = unsafe copy.buffer else { throw Refusal("the device gives no memory") }
    unsafe self.init(client, handle, tensor.shape, tensor.type)
    try unsafe client.settle(copy.done)
  }

  deinit {
    var end = unsafe PJRT_BufferDestroy()
    unsafe end.struct_size = MemoryLayout.size(ofValue: end)
    unsafe end.buffer = handle
    unsafe client.discard(client.api.pointee.buffer_destroy(&end))
  }

  func tensor() throws(Refusal) -> Tensor {
    let bytes = shape.count * type.stride
    guard let storage = Storage(uninitialized: bytes) else { throw .outOfMemory(needed: bytes, free: 0) }
    if bytes > 0 {
      var copy = unsafe PJRT_BufferToHost()
      unsafe copy.struct_size = MemoryLayout.size(ofValue: copy)
      unsafe copy.source = handle
      unsafe (copy.target, copy.target_size) = (storage.bytes, bytes)
      try unsafe client.check(client.api.pointee.buffer_to_host(&copy))
      try unsafe client.settle(copy.done)
    }
    return Tensor(shape: shape, type: type, storage: storage)
  }
}

extension ElementType {
  /// As PJRT numbers it.
  fileprivate var code: Int32 {
    switch self {
    case .bool: Int32(PJRT_PRED)
    case .float32: Int32(PJRT_F32)
    case .literal, .float64: Int32(PJRT_F64)
    }
  }
}
