/// Which of several words was meant.
public enum Spelling {
  /// The word most like one that was typed: one edit away, two from six letters on.
  public static func nearest(to word: String, among words: [String]) -> String? {
    let letters = Array(word.lowercased())
    guard (3...longest).contains(letters.count) else { return nil }
    let limit = letters.count >= 6 ? 2 : 1
    var best: (distance: Int, isUnlike: Bool, word: String)?
    for candidate in words where abs(candidate.count - letters.count) <= limit {
      let other = Array(candidate.lowercased())
      let distance = distance(letters, other)
      let isUnlike = letters.first != other.first
      // Of three letters two may only change if the first stays.
      guard distance <= limit, distance < 2 || letters.count > 3 || !isUnlike else { continue }
      let found = (distance, isUnlike, candidate)
      if let known = best,
        (known.distance, known.isUnlike ? 1 : 0, known.word) <= (distance, isUnlike ? 1 : 0, candidate)
      {
        continue
      }
      best = found
    }
    return best?.word
  }

  /// Whoever types more letters hasn't mistyped a word.
  private static let longest = 100

  /// Insertions, deletions, replacements and swaps of neighbours, no letter edited twice.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
