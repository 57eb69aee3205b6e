import Tensors

/// The values that were shown last: `ans`, the one before it `ans2`, and so on.
enum Answers {
  /// How many can be read.
  static let count = 9
  /// So many bytes of those before the last are kept; older ones go.
  static let mostBytes = 64 << 20

  static let names: [String] = (1...count).map { $0 == 1 ? "ans" : "ans\($0)" }

  /// How many answers ago a name's value was shown, from 0; nil for other names.
  static func age(of name: String) -> Int? { name.hasPrefix("ans") ? names.firstIndex(of: name) : nil }

  /// Those before the last, when there is another last one.
  static func earlier(_ last: Stored, before: [Stored]) -> [Stored] {
    var bytes = 0
    return ([last] + before).prefix(count - 1).prefix { answer in
      bytes += answer.leaves.reduce(0) { $0 + $1.tensor.storage.byteCount }
      return bytes <= mostBytes
    }.map { $0 }
  }
}

extension Session {
  /// What was shown so many answers ago.
  func answer(ago age: Int) -> Stored? {
    if age == 0 { return answer }
    return state.earlierAnswers.indices.contains(age - 1) ? state.earlierAnswers[age - 1] : nil
  }
}
