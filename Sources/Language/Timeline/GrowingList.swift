/// A list that grows at its end.
///
/// Copies share all but the last few elements, so that one more costs the same however many there are, and whoever keeps a
/// copy.
package struct GrowingList<Element>: RandomAccessCollection, MutableCollection {
  private static var chunkSize: Int { 128 }

  /// Whole chunks, then what hasn't filled one yet.
  private var chunks: [[Element]] = []
  private var rest: [Element] = []

  package init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { chunks.count * Self.chunkSize + rest.count }

  package subscript(position: Int) -> Element {
    get {
      let (chunk, place) = position.quotientAndRemainder(dividingBy: Self.chunkSize)
      return chunk < chunks.count ? chunks[chunk][place] : rest[place]
    }
    set {
      let (chunk, place) = position.quotientAndRemainder(dividingBy: Self.chunkSize)
      if chunk < chunks.count { chunks[chunk][place] = newValue } else { rest[place] = newValue }
    }
  }

  package mutating func append(_ element: Element) {
    if rest.isEmpty { rest.reserveCapacity(Self.chunkSize) }
    rest.append(element)
    guard rest.count == Self.chunkSize else { return }
    chunks.append(rest)
    rest = []
  }

  /// Forgets everything behind the first elements.
  package mutating func cut(to count: Int) {
    guard count < endIndex else { return }
    let (whole, part) = count.quotientAndRemainder(dividingBy: Self.chunkSize)
    if whole < chunks.count { rest = chunks[whole] }
    rest.removeSubrange(part...)
    chunks.removeSubrange(Swift.min(whole, chunks.count)...)
  }
}

extension GrowingList: Sendable where Element: Sendable {}
