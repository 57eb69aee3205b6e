import Syntax

/// `:help numpy`: what is written there beside what is written here, from the tables of habits.
enum HabitPages {
  /// The tools that have a page.
  static var names: [String] { Tool.allCases.map(\.rawValue) }

  /// The page of a tool; nil for any other word.
  static func page(of name: String) -> String? {
    guard let tool = Tool(rawValue: name) else { return nil }
    var lines = ["\(tool.title)" + String(repeating: " ", count: 38 - tool.title.count) + "here"]
    for habit in Habit.all where habit.tool == tool && habit.isFrequent {
      guard case .line(let line)? = scene.advice(for: habit.example), habit.example.count <= 36, line.count <= 41 else {
        continue
      }
      let row = "  " + habit.example + String(repeating: " ", count: 38 - habit.example.count) + line
      if !lines.contains(row) { lines.append(row) }
    }
    lines.append("")
    lines.append("  Type a line as you are used to: where it can't run, what to type instead is said,")
    lines.append("  and Tab puts it on the line. :help language has the language on two screens.")
    return lines.joined(separator: "\n")
  }

  /// The names that the examples speak of.
  static let setup = """
    x = [[1, 2, 3], [4, 5, 6]]; y = [[6, 5, 4], [3, 2, 3]]; u = [1, 2, 4]; v = [3, 1, 2]; A = [[4, 1], [2, 3]]
    B = [[1, 2], [3, 4]]; b = [1, 2]; n = [[-1.5, 0, 2], [0.5, -0.25, 3]]; q = [1, nan, 3]
    m = [[true, false, true], [false, true, false]]; T = reshape(arange(24), 2, 3, 4); k = [0, 2, 1, 2]
    s = [[2, 1], [1, 2]]; p = [0.5, 0.2, 0.9]; l = [0, 2]; r = [[1, 2, 3]]; g = reshape(arange(16), 1, 1, 4, 4)
    w = weights(value=[[1, 2], [3, 4]]); loss := sum(w ^ 2); f(t) = t ^ 2; h(t) = sum(t ^ 3); step(a, b) = (a + b, a)
    """

  /// A session in which the examples have a meaning.
  static let scene: Session = {
    var session = Session()
    do throws(Failure) { try session.run(Source(text: setup)) { _ in } } catch {
      preconditionFailure("the examples of the tables have no setting")
    }
    return session
  }()
}
