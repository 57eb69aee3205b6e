import Plans
import Printing
import Refusals
import Syntax

extension Session {
  /// Where a session runs: no statement changes it, and an undo leaves it as it is.
  package struct Surroundings: Sendable {
    package var format = Display.Format.text
    /// Columns and rows of the terminal; nil where there is none.
    package var width: Int?
    package var height: Int?
    package var isColored = false
    /// At a prompt: definitions print a line, hints appear.
    package var isInteractive = false
    /// Results are wanted as they look on a page, too.
    package var isRich = false
    /// What takes long says by the way how far it is; at a prompt it always does.
    package var showsProgress = false
    /// Somebody is there to move numbers and to look at what comes of it.
    package var slides = false
    package var files = FileAccess { path throws(Refusal) in throw Refusal("files can't be read here") }
    /// Where graphs run that can; nil: here.
    package var device: (any Device)?
    /// Bytes that values may take together; nil: half of what the machine has.
    package var memoryLimit: Int?
    /// Loops may be run as one graph; off only in tests that compare both ways.
    package var compilesLoops = true
    /// What takes longer, in seconds, is kept as values; nil: nothing is.
    package var patience: Double? = 1
    /// Told of every change of the record as soon as it is made.
    package var follow: (@Sendable (Record.Change) -> Void)?
  }
}
