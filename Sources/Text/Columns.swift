extension String {
  /// The columns this text takes on a terminal.
  public var columns: Int { utf8.allSatisfy { $0 < 0x80 } ? utf8.count : unicodeScalars.columns }
}

extension Character {
  /// How many columns of a terminal the character takes: 0, 1 or 2.
  public var columns: Int { isASCII ? 1 : min(unicodeScalars.columns, 2) }
}

extension Collection<Unicode.Scalar> {
  fileprivate var columns: Int {
    var columns = 0
    var isJoined = false
    for scalar in self {
      // What is joined to an emoji, or colours it, is drawn in its place.
      if !isJoined, columns == 0 || !scalar.properties.isEmojiModifier { columns += scalar.columns }
      isJoined = scalar == "\u{200D}"
    }
    return columns
  }
}

extension Unicode.Scalar {
  fileprivate var columns: Int {
    if value < 0x300 { return properties.generalCategory == .control ? 0 : 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default:
      // The middle and the end of a Korean syllable stand in its first part's place.
      if (0x1160...0x11FF).contains(value) { return 0 }
      return Self.wide.contains { $0.contains(value) } ? 2 : 1
    }
  }

  /// What Unicode calls East Asian wide, in coarse blocks, and the emoji.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97C,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
    0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD,
  ]
}
