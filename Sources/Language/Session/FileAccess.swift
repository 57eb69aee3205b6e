import Files
import Refusals

/// How a session reaches files; whoever owns the terminal gives it.
package struct FileAccess: Sendable {
  /// The text of a program.
  package var read: @Sendable (String) throws(Refusal) -> String
  /// Whether there is a file.
  package var exists: @Sendable (String) -> Bool = { _ in false }
  /// The bytes of a file of tensors.
  package var bytes: @Sendable (String) throws(Refusal) -> ByteSource
  /// Puts pieces in the place of a file, or leaves the old one as it was.
  package var save: @Sendable (_ path: String, _ pieces: [Bytes]) throws(Refusal) -> Void
  /// The picture of a graph in the language of Graphviz, as a PNG.
  package var picture: @Sendable (_ graph: String) throws(Refusal) -> Bytes
  /// An SVG picture as a PNG.
  package var rasterized: @Sendable (_ svg: Bytes) throws(Refusal) -> Bytes
  /// Makes a folder unless it is there.
  package var makeFolder: @Sendable (String) throws(Refusal) -> Void
  /// A session that ended without saying so.
  package var lost: @Sendable () throws(Refusal) -> StoredSession
  /// What is to become of that session: brought back, set aside as unreadable, or forgotten.
  package var settle: @Sendable (LostSession) -> Void

  package enum LostSession: Sendable { case restored, unreadable, forgotten }

  /// Nothing can be reached but what is read so.
  package init(read: @escaping @Sendable (String) throws(Refusal) -> String) {
    self.read = read
    bytes = { _ throws(Refusal) in throw Refusal("files can't be read here") }
    save = { _, _ throws(Refusal) in throw Refusal("files can't be written here") }
    picture = { _ throws(Refusal) in throw Refusal("programs can't be run here") }
    rasterized = { _ throws(Refusal) in throw Refusal("programs can't be run here") }
    makeFolder = { _ throws(Refusal) in throw Refusal("folders can't be made here") }
    lost = { () throws(Refusal) in throw Refusal("there is no lost session") }
    settle = { _ in }
  }
}
