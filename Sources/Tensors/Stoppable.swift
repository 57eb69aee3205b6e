import CKernels

/// Whole numbers in order, which end early once an interrupt is asked for.
///
/// Every loop over as many elements as a user has runs over these. What such a loop makes is not whole then, and whoever
/// asked for it looks at the flag before it is used.
package struct Stoppable: Sequence {
  private let range: Range<Int>

  package init(_ range: Range<Int>) { self.range = range }

  package func makeIterator() -> Iterator { Iterator(index: range.lowerBound, end: range.upperBound) }

  package struct Iterator: IteratorProtocol {
    fileprivate var index: Int
    fileprivate let end: Int

    package mutating func next() -> Int? {
      if index >= end || index & 0x3FF == 0 && gk_is_interrupted() != 0 { return nil }
      defer { index += 1 }
      return index
    }
  }
}
