import Tensors
import Text

/// The dim line above a value: its name, its shape and what is unusual about it.
struct Header {
  var title: String?
  var shape: String
  var remarks: [String]

  init(_ shown: Shown, display: Display, summary: TensorSummary, glyphs: Glyphs, digits: Int?) {
    let tensor = shown.tensor
    title = shown.title.map { display.isASCII ? ASCII.only($0) : $0 }
    shape = tensor.shape.extents.map(String.init).joined(separator: glyphs.times)
    remarks = []
    if Header.names(tensor.type, besides: display.defaultType) { remarks.append(tensor.type.name) }
    if shown.isTrainable { remarks.append("trainable") }
    if shown.isTrainable, let lines = tensor.equalLines { remarks.append("\(lines) equal") }
    if shown.isCancelled { remarks.append("cancels") }
    if shown.frozenCount > 0 { remarks.append("\(shown.frozenCount) of \(tensor.count) frozen") }
    if tensor.type == .bool {
      remarks.append("\(summary.onCount) on")
      return
    }
    let causes = shown.causes ?? []
    let removed = causes.count { $0 == .structural }
    let gated = causes.count { $0 == .gated }
    let removals = shown.removals.isEmpty ? [Shown.Removal("removed", removed)] : shown.removals
    for removal in removals where removed > 0 {
      let isAlone = gated == 0 && removals.count == 1
      remarks.append("\(removal.count) \(isAlone ? "of \(tensor.count) " : "")\(removal.word)")
    }
    if gated > 0 { remarks.append(removed > 0 ? "\(gated) gated" : "\(gated) of \(tensor.count) gated") }
    var oddities: [String] = []
    if summary.nanCount > 0 { oddities.append("\(summary.nanCount) NaN") }
    if summary.infinityCount > 0 { oddities.append("\(summary.infinityCount) inf") }
    if !oddities.isEmpty { remarks.append(oddities.joined(separator: ", ")) }
    if let digits { remarks.append("\(digits) digits") }
  }

  /// Parts that may stand on lines of their own, each with what separates it from the one before.
  func parts(glyphs: Glyphs, isEmpty: Bool) -> [(separator: String, text: String)] {
    var parts: [(String, String)] = title.map { [("", $0)] } ?? []
    parts.append(("  ", shape))
    parts += remarks.map { (glyphs.separator, $0) }
    if isEmpty { parts.append(("  ", "(empty)")) }
    return parts
  }

  /// Whether a type is worth a remark where another goes without saying.
  private static func names(_ type: ElementType, besides usual: ElementType) -> Bool {
    switch type {
    case .bool: true
    case .literal: false
    case .float32, .float64: type != (usual == .literal ? .float64 : usual)
    }
  }
}
