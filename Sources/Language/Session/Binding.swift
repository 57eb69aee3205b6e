import Graphs
import Syntax
import Tensors

/// What made a value, as long as nothing that it read has changed.
struct Formula: Sendable {
  var expression: Expression
  /// Which entry of the tuple that the expression gives.
  var element: Int?
  /// The versions of the names and entries it read; 0 for functions that are built in, less for the values that are.
  var reads: [String: Int]
  /// The number of the first random draw.
  var draw: Int

  /// Whether it read anything that the session gave a meaning.
  var readsNames: Bool { reads.values.contains { $0 > 0 } }
}

/// Which entries of a tensor are frozen, and the line that froze the last of them.
struct FrozenEntries: Sendable {
  /// On where an entry is frozen.
  var mask: Tensor
  var line: Int

  var count: Int { mask.values.count { $0 != 0 } }
}

/// What a name holds: one thing, whichever came last.
struct Binding: Sendable {
  enum Content: Sendable {
    case tensor(Held, Formula?)
    case tuple(Entries<Stored>, Formula?)
    case live(Expression, draw: Int)
    case function(Function<Held>)
    case text(String)
    /// An input without a value.
    case unset
  }

  var content: Content
  /// Grows with every change of anything in the session.
  var version: Int
  /// The line it was given its value at, for messages.
  var line: Int
  /// What few names have, out of the way: tables of names are copied with every state that is kept.
  private var marks: Marks?
  /// A function as it was written; nil where nobody knows.
  var text: String?
  /// The dimensions an input was declared with.
  var dimensions: [Dimension]?
  /// A live name's shape and type (a tensor without elements), as they were found when it was defined.
  var outline: (tensor: Tensor, time: Int)?

  private final class Marks: Sendable {
    struct Values: Sendable {
      var trainable: Set<String> = []
      var frozen: Set<String> = []
      var frozenEntries: [String: FrozenEntries] = [:]
      var entryVersions: [String: Int] = [:]
      var wholeVersion = 0
      var giver: String?
    }

    let values: Values
    init(_ values: Values) { self.values = values }
  }

  private mutating func mark(_ change: (inout Marks.Values) -> Void) {
    var values = marks?.values ?? Marks.Values()
    change(&values)
    let isEmpty =
      values.trainable.isEmpty && values.frozen.isEmpty && values.frozenEntries.isEmpty
      && values.entryVersions.isEmpty && values.giver == nil
    marks = isEmpty ? nil : Marks(values)
  }

  /// The places in it that training moves where no other is asked for: "" for a tensor itself, `layers.0.w` for an entry.
  var trainable: Set<String> {
    get { marks?.values.trainable ?? [] }
    set { if marks != nil || !newValue.isEmpty { mark { $0.trainable = newValue } } }
  }

  /// Those that were trainable, and may be again.
  var frozen: Set<String> {
    get { marks?.values.frozen ?? [] }
    set { if marks != nil || !newValue.isEmpty { mark { $0.frozen = newValue } } }
  }

  /// Entries of trainable places that training leaves as they are.
  var frozenEntries: [String: FrozenEntries] {
    get { marks?.values.frozenEntries ?? [:] }
    set { if marks != nil || !newValue.isEmpty { mark { $0.frozenEntries = newValue } } }
  }

  /// What gave it its value, where that isn't the right side of a statement: `train`.
  var giver: String? {
    get { marks?.values.giver }
    set { if marks != nil || newValue != nil { mark { $0.giver = newValue } } }
  }

  /// `line 4`, `train, line 6`.
  var lineText: String { (giver.map { "\($0), " } ?? "") + "line \(line)" }

  /// The versions of entries that were given a value after the whole was.
  var entryVersions: [String: Int] { marks?.values.entryVersions ?? [:] }

  /// When it was last given its value as a whole; counts only where entries were given one later.
  private var wholeVersion: Int { marks?.values.wholeVersion ?? 0 }

  init(
    content: Content, version: Int, line: Int, text: String? = nil, dimensions: [Dimension]? = nil,
    outline: (tensor: Tensor, time: Int)? = nil
  ) {
    (self.content, self.version, self.line) = (content, version, line)
    (self.text, self.dimensions, self.outline) = (text, dimensions, outline)
  }

  var isTrainable: Bool { !trainable.isEmpty }

  /// Nothing but a value, and no input: whatever tensor comes next says all there is to say of the name.
  var isPlain: Bool { marks == nil && dimensions == nil }

  /// What it holds, if it holds it already.
  var stored: Stored? {
    switch content {
    case .tensor(let held, _): .tensor(held)
    case .tuple(let parts, _): .tuple(parts)
    case .function(let function): .function(function)
    case .text(let text): .text(text)
    case .live, .unset: nil
    }
  }

  var formula: Formula? {
    switch content {
    case .tensor(_, let formula), .tuple(_, let formula): formula
    case .live, .function, .text, .unset: nil
    }
  }

  /// Whether what it says besides its content is what another one says.
  func hasSameMarks(as other: Binding) -> Bool {
    guard dimensions == other.dimensions, trainable == other.trainable, frozen == other.frozen, giver == other.giver,
      entryVersions.isEmpty, other.entryVersions.isEmpty, frozenEntries.count == other.frozenEntries.count
    else { return false }
    return frozenEntries.allSatisfy { $0.value.mask.storage === other.frozenEntries[$0.key]?.mask.storage }
  }

  /// The same without its content.
  var emptied: Binding {
    var copy = self
    (copy.content, copy.text, copy.outline) = (.unset, nil, nil)
    return copy
  }

  /// Where its elements lie, if it has any.
  var storages: [Storage] {
    switch content {
    case .tensor(let held, _): [held.tensor.storage]
    case .tuple, .function: stored?.leaves.map(\.tensor.storage) ?? []
    case .live, .text, .unset: []
    }
  }

  var byteCount: Int { storages.reduce(0) { $0 + $1.byteCount } }

  /// The function it is, if it is one.
  var function: Function<Held>? { if case .function(let function) = content { function } else { nil } }

  /// When the value at a place was last changed; "" is the whole.
  func version(at path: String) -> Int {
    if path.isEmpty || entryVersions.isEmpty { return version }
    let related = entryVersions.lazy.filter { $0.key.isPlace(in: path) || path.isPlace(in: $0.key) }
    return max(wholeVersion, related.map(\.value).max() ?? 0)
  }

  /// An entry has been given another value.
  mutating func note(changeAt path: String, version new: Int) {
    let whole = version
    mark { values in
      if values.entryVersions.isEmpty { values.wholeVersion = whole }
      values.entryVersions[path] = new
    }
    version = new
  }
}

extension String {
  /// Whether it names the same place as another path, or one inside of that.
  func isPlace(in path: String) -> Bool { self == path || hasPrefix(path + ".") }
}

/// The value of a live name, good while what it read is current.
struct Cached: Sendable {
  var value: Stored
  /// What its own formula read: of the names behind another live name only that one.
  var reads: [String: Int]
  /// The session's clock when it was computed.
  var time: Int
}

/// A name, or `name.entry.entry`, in the versions that a formula has read.
struct ReadPlace {
  let name: String
  let path: String

  init(_ text: String) {
    guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else {
      (name, path) = (text, "")
      return
    }
    (name, path) = (String(text[..<point]), String(text[text.index(after: point)...]))
  }
}

extension Session {
  /// Whether a name, or an entry, still means what it meant when it was read.
  func isCurrent(_ read: String, _ version: Int) -> Bool {
    let place = ReadPlace(read)
    let binding = names[place.name]
    if version == 0 { return binding?.function == nil }
    return version == binding?.version(at: place.path) ?? builtInVersion(of: place.name)
  }

  /// Below 0: the number of the last answer, and one for what doesn't change unless a name hides it.
  func builtInVersion(of name: String) -> Int { Answers.age(of: name) != nil ? -2 - state.answerCount : -1 }
}
