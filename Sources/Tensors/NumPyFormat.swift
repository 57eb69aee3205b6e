/// The text NumPy prints for an array.
struct NumPyFormat {
  private let tensor: Tensor
  init(_ tensor: Tensor) { self.tensor = tensor }
  var text: String { "" }
}
