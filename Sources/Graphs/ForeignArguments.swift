/// What arguments of other libraries are called here.
extension Signature {
  /// How to say a foreign argument, where this function has what it stands for.
  func spelling(ofForeign name: String) -> String? {
    guard let (own, text) = Self.foreign[name], parameters.contains(where: { $0.name == own }) else { return nil }
    return "here it is \(text)"
  }

  /// The argument it stands for, and how to say it.
  private static let foreign: [String: (own: String, text: String)] = [
    "dim": ("axis", "axis"), "keepdim": ("keepdims", "keepdims"), "num_groups": ("groups", "groups"),
    "weight": ("scale", "scale"), "bias": ("shift", "shift"), "running_mean": ("mean", "mean"),
    "running_var": ("var", "var"), "attn_mask": ("mask", "mask"), "is_causal": ("causal", "causal"),
    "upper": ("lower", "lower, which says the contrary"), "unitriangular": ("unit", "unit"),
    "unit_diagonal": ("unit", "unit"), "tol": ("rtol", "rtol"), "rcond": ("rtol", "rtol"), "p": ("ord", "ord"),
    "size": ("shape", "the shape itself, without a name"),
    "rate": ("scale", "scale, which is 1 / rate"), "lam": ("rate", "rate"), "pvals": ("p", "p"),
    "concentration": ("a", "a"), "replacement": ("replace", "replace"),
    "num_samples": ("p", "categorical(log(p), n), which draws indices"),
  ]
}
