import Files
import Graphs
import Refusals
import Syntax
import Tensors

/// What a stretch of a record led to, as values: whoever has them need not do its statements again.
///
/// Names that the stretch didn't change are not among them: it goes on from whatever state the record before it leads to.
package struct Kept: Sendable {
  /// A tensor, here or still in a file.
  package enum Part: Sendable {
    case value(Tensor)
    case stored(Stored)
  }

  /// Where a tensor's elements lie, and what tells whether they are still the same.
  package struct Stored: Sendable {
    package var shape: Shape
    package var type: ElementType
    package var sum: UInt64
    /// The file's name, as whoever wrote it gave it, and the place of the first byte.
    package var file: String
    package var offset: Int

    package init(shape: Shape, type: ElementType, sum: UInt64, file: String, offset: Int) {
      (self.shape, self.type, self.sum, self.file, self.offset) = (shape, type, sum, file, offset)
    }

    package var byteCount: Int { shape.count * type.stride }
  }

  /// The entries of the record.
  package var entries: Range<Int>
  /// What doing them again would take.
  package var seconds: Double
  /// Everything but elements, a line each.
  var lines: [String]
  package var parts: [Part]

  /// So many bytes of values are kept with a session at most.
  package static let limit = 1 << 30
  /// Bytes that surely are written in a second; nobody is to wait longer for them than for the work.
  static let pace = 100_000_000.0

  package var byteCount: Int {
    parts.reduce(0) { sum, part in
      switch part {
      case .value(let tensor): sum + tensor.count * tensor.type.stride
      case .stored(let stored): sum + stored.byteCount
      }
    }
  }
}

extension Session {
  /// Keeps what has been computed since the last time, where doing it again would take too long.
  mutating func keepValues(_ emit: (Output) -> Void) {
    let last = record.kept.last
    let done = last?.entries.upperBound ?? 0
    let seconds = record.seconds(of: done..<record.entries.count)
    guard let patience = surroundings.patience, seconds > patience else { return }
    let bound = min(Kept.limit, memoryBudget / 8)
    var starts: [Int] = []
    // What was kept before goes on, so that a long training is kept once; else what comes new is kept by itself, without
    // quick statements in front of it; or the last statement alone.
    if let last { starts.append(last.entries.lowerBound) }
    starts += [record.firstSlow(from: done, patience / 10), record.lastStart].compactMap { $0 }.filter { $0 >= done }
    for start in starts {
      let entries = start..<record.entries.count
      guard record.seconds(of: entries) > patience, let kept = Kept(of: entries, self) else { continue }
      let others = record.kept.filter { $0.entries.upperBound <= start }.reduce(0) { $0 + $1.byteCount }
      guard kept.byteCount + others <= bound else { continue }
      if patience > 0, seconds < Double(kept.byteCount) / Kept.pace { return }
      record.keep(kept)
      surroundings.follow?(.kept(record))
      return
    }
    guard isInteractive, state.warned.insert("kept").inserted else { return }
    emit(.notice("note: this is too large to be kept for :restore, which would compute it again"))
  }
}

extension Record {
  func seconds(of range: Range<Int>) -> Double {
    func total(before end: Int) -> Double { end > 0 ? marks[end - 1].total : 0 }
    return total(before: range.upperBound) - total(before: range.lowerBound)
  }

  /// Where the first statement begins that takes its time.
  func firstSlow(from start: Int, _ patience: Double) -> Int? {
    let slow = marks[start...].firstIndex { $0.seconds > patience } ?? start
    return marks[start...slow].lastIndex { $0.isStart }
  }

  /// Where the last statement begins.
  var lastStart: Int? { marks.lastIndex { $0.isStart } }
}
