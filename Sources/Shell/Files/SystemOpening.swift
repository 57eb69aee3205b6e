#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The only calls that open, make, move and remove files and folders; each asks `Confinement` first.
extension System {
  /// Puts something that answers as they do in the place of standard streams that are closed, so that no file of ours
  /// is taken for one of them.
  static func occupyStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      let way = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY
      #if canImport(Darwin)
        _ = unsafe Darwin.open("/dev/null", way)
      #else
        _ = unsafe Glibc.open("/dev/null", way)
      #endif
    }
  }

  /// An open file that programs started from here don't inherit; where it is a pipe, nobody is waited for.
  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0o600, as wish: Confinement.Wish = .session
  ) -> Result<Int32, ErrorNumber> {
    Confinement.way(to: path, flags, wish).flatMap { way in
      let isFollowed = wish == .starter || !Confinement.isOn
      let all = flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (isFollowed ? 0 : O_NOFOLLOW)
      #if canImport(Darwin)
        let descriptor = unsafe Darwin.open(way, all, mode)
      #else
        let descriptor = unsafe Glibc.open(way, all, mode)
      #endif
      guard descriptor >= 0 else { return .failure(ErrorNumber(code: errno)) }
      guard isFollowed || Confinement.isUnmoved(descriptor, way) else {
        close(descriptor)
        return .failure(ErrorNumber(code: ELOOP))
      }
      return .success(descriptor)
    }
  }

  /// The terminal that a descriptor belongs to, opened for writing; negative where that can't be.
  ///
  /// It is open already: no rule is asked.
  static func terminal(of descriptor: Int32) -> Int32 {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe ttyname_r(descriptor, &name, name.count) == 0 else { return -1 }
    #if canImport(Darwin)
      return unsafe Darwin.open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    #else
      return unsafe Glibc.open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    #endif
  }

  /// Why a file can't be opened in a way, if it can't.
  static func obstacle(
    toOpening path: String, _ flags: Int32, as wish: Confinement.Wish = .session
  ) -> ErrorNumber? {
    switch open(path, flags, as: wish) {
    case .failure(let error): return error
    case .success(let descriptor):
      close(descriptor)
      return nil
    }
  }

  /// The names in a folder, in no order; none if it can't be read.
  static func names(inFolder path: String) -> [String] {
    guard case .success(let descriptor) = open(path, O_RDONLY | O_DIRECTORY) else { return [] }
    guard let folder = unsafe fdopendir(descriptor) else {
      close(descriptor)
      return []
    }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          unsafe String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes a folder and those it lies in, for nobody else to read if not said otherwise; what the first of them that
  /// can't be made says.
  static func makeFolders(_ path: String, mode: mode_t = 0o700) -> ErrorNumber? {
    var reached = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      reached += "/" + part
      if let failure = makeFolder(reached, mode: mode) { return failure }
    }
    return nil
  }

  /// Whether there is anything of this name that may be read.
  static func exists(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  /// Makes one folder, unless it is there.
  static func makeFolder(_ path: String, mode: mode_t = 0o755) -> ErrorNumber? {
    if let obstacle = Confinement.obstacle(.writing) { return obstacle }
    if isFolder(path) { return nil }
    return unsafe mkdir(path, mode) == 0 ? nil : ErrorNumber(code: errno, isOfFolder: true)
  }

  @discardableResult
  static func remove(_ path: String) -> ErrorNumber? {
    if let obstacle = Confinement.obstacle(.writing) { return obstacle }
    return unsafe unlink(path) == 0 ? nil : ErrorNumber(code: errno)
  }

  /// Gives a file another name, in the place of what had it.
  static func move(_ path: String, to other: String) -> ErrorNumber? {
    if let obstacle = Confinement.obstacle(.writing) { return obstacle }
    return unsafe rename(path, other) == 0 ? nil : ErrorNumber(code: errno)
  }

  /// Gives a file a second name, for nobody else to read.
  static func keep(_ path: String, as other: String) -> ErrorNumber? {
    if let obstacle = Confinement.obstacle(.writing) { return obstacle }
    unsafe unlink(other)
    guard unsafe link(path, other) == 0, unsafe chmod(other, 0o600) == 0 else { return ErrorNumber(code: errno) }
    return nil
  }

  /// Makes a symbolic link, which may lead to nothing.
  static func makeLink(_ path: String, to other: String) -> ErrorNumber? {
    if let obstacle = Confinement.obstacle(.writing) { return obstacle }
    return unsafe symlink(other, path) == 0 ? nil : ErrorNumber(code: errno)
  }

  /// Where a path leads, without links; nil where it leads to nothing.
  static func real(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// The file that a path leads to over symbolic links, there or not.
  static func target(of path: String) -> String {
    if let real = real(path) { return real }
    var target = path
    // As many links as the system itself follows.
    for _ in 0..<40 {
      guard let next = destination(of: target) else { break }
      target = next.hasPrefix("/") ? next : Path.split(target).folder + next
    }
    return target
  }

  /// What a symbolic link says, or nil where there is none.
  static func destination(of path: String) -> String? {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &text, text.count)
    return count < 0 ? nil : String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
