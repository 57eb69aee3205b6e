import Graphs
import Syntax
import Testing

@testable import Language

/// Names of other libraries.
@Suite struct SuggestionTests {
  @Test(arguments: Suggestion.names) func aForeignNameIsAnswered(name: String) {
    #expect(Operator.named[name] == nil && Builtin.named[name] == nil, "\(name) is one of ours")
    #expect(Suggestion.help(name) != nil, "\(name) leads nowhere")
    let text = printed("\(name)([1, 2])")
    #expect(text.contains("help: "), "\(text)")
  }

  @Test(arguments: [
    ("gradient", ["grad", "finite_difference"]), ("np.digitize", ["searchsorted", "right"]),
    ("isposinf", ["[1, 2] == inf"]), ("argwhere", ["stack(nonzero([1, 2]), axis=1)"]), ("put_along_axis", ["scatter"]),
  ])
  func whatIsNotThereIsSaidOtherwise(hint: (name: String, words: [String])) {
    let text = printed("\(hint.name)([1, 2])")
    #expect(hint.words.allSatisfy(text.contains), "\(text)")
  }
}
