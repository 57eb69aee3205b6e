import Tensors
import Text

/// How values are shown.
package struct Display: Sendable {
  package enum Format: String, Sendable, CaseIterable { case text, json, csv, tsv, repr, numpy }

  package var format: Format = .text
  /// Columns of the terminal; nil where there is none: nothing is elided, no line is too long.
  package var width: Int?
  /// Rows of the terminal; nil where there is no end to them.
  package var height: Int?
  /// Significant digits; nil for the shortest text that reads back to the same value.
  package var digits: Int? = 5
  package var isASCII = false
  package var isColored = false
  /// The element type that goes without saying.
  package var defaultType: ElementType = .float32

  package init() {}

  /// What stands beside values, less bright where there are colours.
  package func dim(_ text: String) -> String { isColored ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

  /// What is printed for a value: lines joined by newlines, none at the end.
  package func text(of shown: Shown) -> String {
    switch format {
    case .text: TensorPrinter(shown, display: self).text
    case .json: MachineFormat(shown).json
    case .csv: MachineFormat(shown).rows(separator: ",")
    case .tsv: MachineFormat(shown).rows(separator: "\t")
    case .repr: MachineFormat(shown).literal(defaultType: defaultType)
    case .numpy: NumPyFormat(shown.tensor).text
    }
  }

  /// What is printed for a text.
  package func text(of text: String) -> String {
    format == .json ? "{\"name\":null,\"text\":\(Quoting.json(text))}" : text
  }
}

/// A tensor with what is known about it, ready to be shown.
package struct Shown: Sendable {
  package var tensor: Tensor
  /// "weights", "∂loss/∂weights"; nil for an unnamed value.
  package var title: String?
  package var isTrainable: Bool
  /// One an element, row-major; nil where nothing is known: zeros print as 0.
  package var causes: [Cause]?
  /// Why its removed entries are, and how many for each reason; empty where that isn't known.
  package var removals: [Removal] = []
  /// Whether all that is left of its terms is rounding.
  package var isCancelled = false
  /// How many entries of what is trainable are frozen.
  package var frozenCount = 0
  /// Whether all of it is wanted, however long.
  package var isElisionOff: Bool

  /// Entries that are 0 for good by one reason: masked, frozen, blocked, not read.
  package struct Removal: Sendable {
    package let word: String
    package let count: Int

    package init(_ word: String, _ count: Int) { (self.word, self.count) = (word, count) }
  }

  package init(
    _ tensor: Tensor, title: String? = nil, isTrainable: Bool = false, causes: [Cause]? = nil,
    isElisionOff: Bool = false
  ) {
    self.tensor = tensor
    self.title = title
    self.isTrainable = isTrainable
    self.causes = causes
    self.isElisionOff = isElisionOff
  }
}

extension Display {
  /// A number by itself, in so many digits.
  package func number(_ value: Double, _ type: ElementType) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    return NumberFormat.alone(value, digits: digits, type: type == .literal ? defaultType : type).text
  }
}
