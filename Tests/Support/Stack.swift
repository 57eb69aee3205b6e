import Foundation

/// What a body gives on a thread of its own with a stack of so many bytes.
package func onStack<Value: Sendable>(ofBytes bytes: Int, _ body: @escaping @Sendable () -> Value) -> Value {
  let box = Box<Value>()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    box.value = body()
    done.signal()
  }
  thread.stackSize = bytes
  thread.start()
  done.wait()
  guard let value = box.value else { preconditionFailure("the body has run") }
  return value
}

/// Written by one thread, then read by another.
private final class Box<Value>: @unchecked Sendable {
  var value: Value?
}
