import Files
import Refusals

/// How a session reaches files; whoever owns the terminal gives it.
package struct FileAccess: Sendable {
  /// The text of a program.
  package var read: @Sendable (String) throws(Refusal) -> String
  /// Puts a text in the place of a file, or leaves the old one as it was.
  package var write: @Sendable (_ path: String, _ text: String) throws(Refusal) -> Void
  /// The bytes of a file of tensors.
  package var bytes: @Sendable (String) throws(Refusal) -> Bytes
  /// As `write`, for pieces of bytes.
  package var save: @Sendable (_ path: String, _ pieces: [Bytes]) throws(Refusal) -> Void
  /// A graph in the language of Graphviz, as a picture.
  package var draw: @Sendable (_ graph: String, _ path: String) throws(Refusal) -> Void
  /// Makes a folder unless it is there.
  package var makeFolder: @Sendable (String) throws(Refusal) -> Void
  /// The text of a session that ended without saying so.
  package var lost: @Sendable () throws(Refusal) -> String
  /// What is to become of that session: brought back, set aside as unreadable, or forgotten.
  package var settle: @Sendable (LostSession) -> Void

  package enum LostSession: Sendable { case restored, unreadable, forgotten }

  /// Nothing can be reached but what is read so.
  package init(read: @escaping @Sendable (String) throws(Refusal) -> String) {
    self.read = read
    write = { _, _ throws(Refusal) in throw Refusal("files can't be written here") }
    bytes = { _ throws(Refusal) in throw Refusal("files can't be read here") }
    save = { _, _ throws(Refusal) in throw Refusal("files can't be written here") }
    draw = { _, _ throws(Refusal) in throw Refusal("files can't be written here") }
    makeFolder = { _ throws(Refusal) in throw Refusal("folders can't be made here") }
    lost = { () throws(Refusal) in throw Refusal("there is no lost session") }
    settle = { _ in }
  }
}
