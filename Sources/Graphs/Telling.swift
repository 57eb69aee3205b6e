/// How an entry that an operation made is told: the operation's verb, and what the entry is said to be made of.
///
/// Every operation has one beside its rules, so that none is explained by another one's words.
public enum Telling: Hashable, Sendable {
  /// `log(0)`: a function by its name, of what it read there.
  case function(String)
  /// `2 * 3`: the language's own sign between what it read there.
  case sign(String)
  /// `-3`.
  case prefix(String)
  /// One number for many entries.
  case total(Total)
  /// A sum of products of two entries.
  case products
  /// A condition chooses between two entries.
  case choice
  /// A mask keeps or removes the entry.
  case kept
  /// The same entry, at another place or under other rules.
  case moved
  /// A number that was written, or counted.
  case constant
  /// A random number.
  case drawn
  /// All entries of what it read have a say.
  case whole

  /// What becomes of many entries.
  public enum Total: Hashable, Sendable, CaseIterable {
    case sum, product, greatest, least, length, any, all
  }
}

extension Telling.Total {
  /// Between a number and how many entries it was made of: `1.8 is the greatest of 2`.
  public var verb: String {
    switch self {
    case .sum: "is a sum of"
    case .product: "is a product of"
    case .greatest: "is the greatest of"
    case .least: "is the least of"
    case .length: "is the root of the sum of squares of"
    case .any: "says whether any is true of"
    case .all: "says whether all are true of"
    }
  }

  /// As the language calls it.
  public var name: String {
    switch self {
    case .sum: "sum"
    case .product: "prod"
    case .greatest: "max"
    case .least: "min"
    case .length: "norm"
    case .any: "any"
    case .all: "all"
    }
  }
}

extension Notation {
  /// As the language writes a function: by its sign where it has one, else by its name.
  func telling(_ name: String, _ aliases: [String]) -> Telling {
    switch python {
    case .prefix(let sign, _, _)?: .prefix(sign)
    case .infix(let sign, _, _, _)?: .sign(aliases.first { $0.first?.isLetter == false } ?? sign)
    case nil: .function(name)
    }
  }
}
