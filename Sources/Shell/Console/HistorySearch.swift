/// A search for older inputs that contain what is typed, from the newest back.
struct HistorySearch {
  private let entries: [String]
  /// What stood in the line before.
  let original: String
  private(set) var pattern = ""
  /// Nothing (further) was found.
  private(set) var isMissing = false
  /// The entry that was found; past the end before anything was.
  private var place: Int

  init(entries: [String], original: String) {
    self.entries = entries
    self.original = original
    place = entries.count
  }

  /// What the line is to be.
  var shown: String { place < entries.count ? entries[place] : original }

  mutating func extend(by scalar: Unicode.Scalar) {
    pattern.unicodeScalars.append(scalar)
    find(from: place)
  }

  mutating func shorten() {
    if !pattern.isEmpty { pattern.unicodeScalars.removeLast() }
    find(from: entries.count)
  }

  /// To the next older one.
  mutating func goOn() { find(from: place - 1) }

  /// At a place or before it.
  private mutating func find(from start: Int) {
    isMissing = false
    guard !pattern.isEmpty else { return }
    let older = entries[..<min(max(start + 1, 0), entries.count)]
    if let found = older.lastIndex(where: { $0.utf8.firstRange(of: pattern.utf8) != nil }) {
      place = found
    } else {
      isMissing = true
    }
  }
}
