import Printing
import Tensors

extension Display {
  /// A number as it is printed alone, without colours and without zeros at its end.
  func number(_ value: Double) -> String {
    var display = self
    display.format = .text
    display.isColored = false
    let text = display.text(of: Shown(Tensor(value)))
    let parts = text.split(separator: "e", maxSplits: 1)
    guard value.isFinite, var mantissa = parts.first, mantissa.contains(".") else { return text }
    while mantissa.last == "0" { mantissa.removeLast() }
    if mantissa.last == "." { mantissa.removeLast() }
    return mantissa + (parts.count > 1 ? "e" + parts[1] : "")
  }
}
