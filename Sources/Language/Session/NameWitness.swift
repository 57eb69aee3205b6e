/// What is asked of a session while a loop is followed: what is found holds as long as the answers would be the same.
final class NameWitness: @unchecked Sendable {
  private(set) var names: Set<String> = []
  /// Whether something was asked for that isn't a name's: all names there are, a file.
  private(set) var hasSeenOthers = false
  /// Whether the numbers that a loop goes over have been looked at.
  private(set) var hasSeenNumbers = false

  func note(_ name: String) { names.insert(name) }
  func noteOthers() { hasSeenOthers = true }
  func noteNumbers() { hasSeenNumbers = true }
}
