import Graphs
import Text

/// `:help inverse`: pages and functions that speak of something.
enum Search {
  /// Words that mean what is called otherwise here.
  private static let meanings: [String: [String]] = [
    "average": ["mean"], "convolution": ["conv2d", "conv1d", "convolve"], "eigenvalue": ["eigh", "eig"],
    "eigen": ["eigh", "eig"],
    "random": ["rand", "randn", "randint", "seed"], "derivative": ["grad", "jacobian"], "backward": ["grad"],
    "backpropagation": ["grad"], "optimizer": ["train"], "fit": ["train", "lstsq", "polyfit"],
    "regression": ["lstsq", "polyfit"],
    "activation": ["relu", "sigmoid", "gelu"], "normalization": ["layer_norm", "batch_norm"],
    "length": ["size", "shape"],
    "transpose": ["transpose"], "loop": ["map", "fold", "scan"], "variance": ["var"], "deviation": ["std"],
    "interpolation": ["interp"], "integral": ["trapezoid"], "concatenate": ["concat"], "join": ["concat", "stack"],
    "maximum": ["max", "maximum"], "least": ["lstsq"], "determinant": ["det"], "inverse": ["inv", "pinv"],
    "fourier": ["fft"],
    "loss": ["mse", "cross_entropy", "mae", "bce_with_logits"],
  ]

  /// A list of what was found; nil where nothing was.
  static func text(of words: String) -> String? {
    let terms = words.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init).filter {
      $0.count > 2
    }
    guard !terms.isEmpty else { return nil }
    var found: [(name: String, sentence: String, score: Int)] = []
    func consider(_ name: String, _ sentence: String, _ text: String) {
      let score = terms.reduce(0) { $0 + points(of: $1, name, text) }
      if score > 0, !found.contains(where: { $0.name == name }) { found.append((name, sentence, score)) }
    }
    for (signature, aliases) in Session.vocabulary where signature.name.isName {
      let summary = FunctionKinds.sentence(of: signature.name)
      consider(signature.name, summary, ([summary] + aliases).joined(separator: " "))
    }
    for page in HelpPage.all {
      consider(page.name, page.text.split(separator: "\n").first.map(String.init) ?? "", page.text)
    }
    for command in Command.all { consider(":" + command.name, command.summary, command.summary) }
    guard !found.isEmpty else { return nil }
    // The best first; among equals as they stand in the manual.
    let best = found.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.prefix(12)
    return (["about \(words)"] + best.map { line($0.element.name, $0.element.sentence) }).joined(separator: "\n")
  }

  private static func points(of term: String, _ name: String, _ text: String) -> Int {
    if name == term { return 20 }
    if meanings[term]?.contains(name) == true || meanings[term.droppingPlural]?.contains(name) == true { return 15 }
    let stem = String(term.droppingPlural.prefix(max(5, term.count - 3)))
    if stem.count > 3, name.hasPrefix(stem) { return 8 }
    let words = text.lowercased().split { !($0.isLetter || $0 == "_") }
    if words.contains(where: { $0 == term }) { return 5 }
    return stem.count > 4 && words.contains { $0.hasPrefix(stem) } ? 3 : 0
  }

  /// A name and a sentence, on one line of a terminal.
  static func line(_ name: String, _ sentence: String) -> String {
    let start = "  " + name + String(repeating: " ", count: max(18 - name.count, 2))
    let room = 79 - start.count
    return start + (sentence.count <= room ? sentence : sentence.prefix(room - 1).trimmedEnd + "…")
  }
}

extension String {
  fileprivate var droppingPlural: String { count > 4 && hasSuffix("s") ? String(dropLast()) : self }
}
