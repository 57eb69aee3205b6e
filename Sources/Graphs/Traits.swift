/// What the stages ask about a loop without needing its attributes.
public struct Traits: OptionSet, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Each element of the result comes from one element of each operand.
  public static let elementwise = Self(rawValue: 1)
  /// It stretches its operands, aligned from the right, as it goes.
  public static let broadcasts = Self(rawValue: 2)
  /// It reads each element before it writes the same place.
  public static let overwrites = Self(rawValue: 4)
  /// Its step can look whether the result is finite.
  public static let guardable = Self(rawValue: 8)
  /// An entry of the last operand turns up unchanged where the result isn't removed.
  public static let moves = Self(rawValue: 16)
  /// The first operand is a mask that says where the second one counts.
  public static let chooses = Self(rawValue: 32)
  /// Operands but the first are places; their entries don't turn up in the result.
  public static let picks = Self(rawValue: 64)
  /// Indices form a vector, along one axis.
  public static let takes = Self(rawValue: 128)
  /// It adds entries up where they meet.
  public static let accumulates = Self(rawValue: 256)
}

extension Kernel {
  /// One row a loop.
  public var traits: Traits {
    switch self {
    case .map: [.elementwise, .guardable, .overwrites]
    case .zip: [.elementwise, .guardable, .overwrites, .broadcasts]
    case .compare: [.elementwise, .guardable, .broadcasts]
    case .test: [.elementwise, .guardable]
    case .logic: [.elementwise, .guardable, .broadcasts]
    case .not: [.elementwise, .guardable]
    case .select: [.elementwise, .guardable, .broadcasts, .chooses]
    case .keep: [.elementwise, .guardable, .broadcasts, .overwrites, .chooses, .moves]
    case .convert: [.elementwise, .guardable, .moves]
    case .reshape: .moves
    case .fill: []
    case .iota: []
    case .broadcast: .moves
    case .transpose: .moves
    case .slice: .moves
    case .embed: []
    case .window: .picks
    case .windowAdjoint: .picks
    case .concat: .moves
    case .reduce: []
    case .reduceLogic: []
    case .argument: []
    case .scan: []
    case .take: [.picks, .takes]
    case .takeAdjoint: [.picks, .takes, .accumulates]
    case .gather: .picks
    case .gatherAdjoint: [.picks, .accumulates]
    case .matrixProduct: .guardable
    case .planned: .guardable
    case .loop: []
    case .uniform: []
    case .normal: []
    case .host: []
    }
  }
}
