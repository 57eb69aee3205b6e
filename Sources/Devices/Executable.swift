import CPJRT
import Graphs
import Refusals
import Tensors

/// A compiled program on a device.
@safe final class Executable: @unchecked Sendable {
  private let client: Client
  private let loaded: OpaquePointer
  private let outputCount: Int

  init(_ client: Client, _ text: String, outputCount: Int) throws(Refusal) {
    self.client = client
    self.outputCount = outputCount
    var loaded: OpaquePointer?
    let code = Array(text.utf8)
    let error = unsafe code.withUnsafeBytes { code in
      let start = unsafe code.baseAddress?.assumingMemoryBound(to: CChar.self)
      return unsafe pjrt_compile(client.api, client.handle, start, code.count, &loaded)
    }
    do throws(Refusal) {
      try unsafe client.check(error)
    } catch {
      guard error.reason == .other else { throw error }
      throw Refusal("the device can't compile this: \(error.message)", help: "without --device it is computed here")
    }
    guard let loaded = unsafe loaded else { throw Refusal("the device gives no program") }
    unsafe self.loaded = loaded
    guard try resultCount() == outputCount else { throw Refusal("the device gives another program") }
  }

  deinit {
    var end = unsafe PJRT_LoadedDestroy()
    unsafe end.struct_size = MemoryLayout.size(ofValue: end)
    unsafe end.executable = loaded
    unsafe client.discard(client.api.pointee.loaded_destroy(&end))
  }

  private func resultCount() throws(Refusal) -> Int {
    var question = unsafe PJRT_GetExecutable()
    unsafe question.struct_size = MemoryLayout.size(ofValue: question)
    unsafe question.loaded = loaded
    try unsafe client.check(client.api.pointee.get_executable(&question))
    var end = unsafe PJRT_ExecutableDestroy()
    unsafe end.struct_size = MemoryLayout.size(ofValue: end)
    unsafe end.executable = question.executable
    defer { unsafe client.discard(client.api.pointee.executable_destroy(&end)) }
    var count = unsafe PJRT_OutputCount()
    unsafe count.struct_size = MemoryLayout.size(ofValue: count)
    unsafe count.executable = question.executable
    try unsafe client.check(client.api.pointee.output_count(&count))
    return unsafe count.count
  }

  /// Waits until the results are there.
  func run(_ arguments: [Buffer], shapes: [(shape: Shape, type: ElementType)]) throws(Refusal) -> [Buffer] {
    let handles: [OpaquePointer?] = unsafe arguments.map { unsafe $0.handle }
    var results = unsafe [OpaquePointer?](repeating: nil, count: outputCount)
    var done: OpaquePointer?
    try unsafe client.check(pjrt_execute(client.api, loaded, handles, handles.count, &results, &done))
    var buffers: [Buffer] = []
    for (place, (shape, type)) in shapes.enumerated() {
      guard let handle = unsafe results[place] else { continue }
      buffers.append(unsafe Buffer(client, handle, shape, type))
    }
    try unsafe client.settle(done)
    guard buffers.count == outputCount else { throw Refusal("the device gives fewer results than it should") }
    return buffers
  }
}
