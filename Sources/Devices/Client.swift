import CPJRT
import Graphs
import Refusals

/// A plugin that has started, with its first device; what belongs to it keeps it alive.
@safe final class Client: @unchecked Sendable {
  /// As `cuda 12.8 (PJRT 0.81)`.
  let name: String
  let api: UnsafePointer<PJRT_Api>
  let handle: OpaquePointer
  let device: OpaquePointer

  init(path: String) throws(Refusal) {
    var reason: UnsafePointer<CChar>?
    // Without a slash the loader would look in places of its own.
    let place = path.contains("/") ? path : "./" + path
    guard let api = unsafe pjrt_open(place, &reason) else {
      guard let reason = unsafe reason else {
        throw Refusal("\(path) is no PJRT plugin: it has no GetPjrtApi")
      }
      throw Refusal("\(path) can't be opened: \(unsafe String(cString: reason))")
    }
    let (major, minor) = unsafe (api.pointee.version.major, api.pointee.version.minor)
    guard major == 0, minor >= 81 else {
      throw Refusal(
        "\(path) speaks version \(major).\(minor) of PJRT; a plugin with 0.81 or later is needed")
    }
    do throws(Refusal) {
      var start = unsafe PJRT_PluginInitialize()
      unsafe start.struct_size = MemoryLayout.size(ofValue: start)
      try unsafe Self.check(api.pointee.plugin_initialize(&start), api)
      var creation = unsafe PJRT_ClientCreate()
      unsafe creation.struct_size = MemoryLayout.size(ofValue: creation)
      try unsafe Self.check(api.pointee.client_create(&creation), api)
      guard let client = unsafe creation.client else { throw Refusal("it gives no client") }
      var devices = unsafe PJRT_ClientDevices()
      unsafe devices.struct_size = MemoryLayout.size(ofValue: devices)
      unsafe devices.client = client
      try unsafe Self.check(api.pointee.addressable_devices(&devices), api)
      guard unsafe devices.device_count > 0, let device = unsafe devices.devices[0] else {
        throw Refusal("it has no device")
      }
      unsafe (self.api, handle, self.device) = (api, client, device)
      let platform = try unsafe Self.text(api.pointee.platform_name, client, api)
      let version = try unsafe Self.text(api.pointee.platform_version, client, api)
      let line = version.split { $0.isNewline }.first.map(String.init) ?? ""
      name = (line.isEmpty || line == platform ? platform : platform + " " + line) + " (PJRT \(major).\(minor))"
    } catch { throw error.prefixed("\(path) does not start") }
  }

  deinit {
    var end = unsafe PJRT_ClientDestroy()
    unsafe end.struct_size = MemoryLayout.size(ofValue: end)
    unsafe end.client = handle
    unsafe discard(api.pointee.client_destroy(&end))
  }

  private static func text(
    _ ask: (UnsafeMutablePointer<PJRT_ClientText>?) -> OpaquePointer?, _ client: OpaquePointer,
    _ api: UnsafePointer<PJRT_Api>
  ) throws(Refusal) -> String {
    var question = unsafe PJRT_ClientText()
    unsafe question.struct_size = MemoryLayout.size(ofValue: question)
    unsafe question.client = client
    try unsafe check(ask(&question), api)
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: question.text, count: question.text_size), as: UTF8.self)
  }

  // MARK: Errors and events

  func check(_ error: OpaquePointer?) throws(Refusal) { try unsafe Self.check(error, api) }

  /// Frees what can't be answered any more.
  func discard(_ error: OpaquePointer?) { try? unsafe Self.check(error, api) }

  /// An error as a sentence; it is freed.
  private static func check(_ error: OpaquePointer?, _ api: UnsafePointer<PJRT_Api>) throws(Refusal) {
    guard let error = unsafe error else { return }
    var message = unsafe PJRT_ErrorMessage()
    unsafe message.struct_size = MemoryLayout.size(ofValue: message)
    unsafe message.error = error
    unsafe api.pointee.error_message(&message)
    let text = unsafe String(
      decoding: UnsafeRawBufferPointer(start: message.message, count: message.message_size), as: UTF8.self)
    var end = unsafe PJRT_ErrorDestroy()
    unsafe end.struct_size = MemoryLayout.size(ofValue: end)
    unsafe end.error = error
    unsafe api.pointee.error_destroy(&end)
    let line = text.split { $0.isNewline }.first.map(String.init) ?? "no reason is given"
    throw Refusal(line.count > 200 ? line.prefix(200) + "…" : line)
  }

  /// Waits for an event and frees it.
  func settle(_ event: OpaquePointer?) throws(Refusal) {
    guard let event = unsafe event else { return }
    var use = unsafe PJRT_EventUse()
    unsafe use.struct_size = MemoryLayout.size(ofValue: use)
    unsafe use.event = event
    defer { unsafe discard(api.pointee.event_destroy(&use)) }
    try unsafe check(api.pointee.event_await(&use))
  }
}
