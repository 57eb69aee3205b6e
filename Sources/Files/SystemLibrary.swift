#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A library of the system that is opened when it is first needed.
@safe struct SystemLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer

  /// The first of the files that can be opened and has all of these functions.
  init?(_ paths: [String], having functions: [String]) {
    for path in paths {
      guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else { continue }
      if functions.allSatisfy({ unsafe dlsym(handle, $0) != nil }) {
        unsafe self.handle = handle
        return
      }
    }
    return nil
  }

  /// - Parameter name: of a function that it was found to have.
  @unsafe func function<Function>(_ name: String) -> Function {
    guard let address = unsafe dlsym(handle, name) else { preconditionFailure("\(name) was found before") }
    return unsafe unsafeBitCast(address, to: Function.self)
  }
}
