import Files
import Foundation
import Language
import Refusals
import Syntax
import TestSupport
import Testing

/// Reasons that code asks for; no code reads the sentences.
@Suite struct RefusalTests {
  /// What ends a program, run in a small session whose files are interrupted while they are read.
  private func refusal(_ text: String) -> Diagnostic? {
    var session = Session()
    session.memoryLimit = 1 << 20
    session.files.bytes = { _ throws(Refusal) in throw .interrupted }
    session.files.read = { _ throws(Refusal) in "y = [1, 2\n" }
    do throws(Failure) { try session.run(Source(text: text)) { _ in } } catch { return error.diagnostics.first }
    return nil
  }

  /// A program for each reason that a program can be ended by.
  private static let programs: [(text: String, reason: Refusal.Reason)] = [
    ("(1 + 2", .unfinished), ("f(x) = {", .unfinished), ("relu(y)", .unknownName), ("rleu(1)", .unknownName),
    ("grad(sum(y), y)", .unknownName), ("input n: []\n:plan zeros(n)", .unknownValue),
    ("x = ones(2, 3)\nmatmul(x, x)", .unfitShapes(brief: "inner dimensions differ in a matrix product")),
    ("x = ones(2, 3)\nx @ x", .unfitShapes(brief: "inner dimensions differ in a matrix product")),
    ("a = ones(2, 3)\nb = ones(4, 3)\nmaximum(a, b)", .unfitShapes(brief: "shapes do not broadcast in maximum")),
    ("zeros(1000, 1000)", .outOfMemory(needed: 4_000_000, free: 1 << 20)), ("relu(1, 2)", .other),
    ("f(x) = f(x + 1)\nf(1)", .tooDeep), ("f(x) = f(x + 1)\nf(?)", .tooDeep), ("1 +* 2", .other),
    // More text can't finish what is in a file.
    ("run \"y.grad\"", .other),
  ]

  @Test(arguments: programs.indices) func eachReasonArisesWhereItShould(number: Int) throws {
    let (text, reason) = Self.programs[number]
    #expect(try #require(refusal(text), "\(text)").reason == reason, "\(text)")
  }

  private enum Kind: CaseIterable {
    case unfinished, unknownName, unknownValue, tooLongToForesee, tooDeep, unfitShapes, outOfMemory, notFinite, fault,
      interrupted,
      stopped, other

    init(_ reason: Refusal.Reason) {
      switch reason {
      case .unfinished: self = .unfinished
      case .unknownName: self = .unknownName
      case .unknownValue: self = .unknownValue
      case .tooLongToForesee: self = .tooLongToForesee
      case .tooDeep: self = .tooDeep
      case .unfitShapes: self = .unfitShapes
      case .outOfMemory: self = .outOfMemory
      case .notFinite: self = .notFinite
      case .fault: self = .fault
      case .interrupted: self = .interrupted
      case .stopped: self = .stopped
      case .other: self = .other
      }
    }
  }

  @Test func everyReasonIsMet() {
    let met = Set(Self.programs.map { Kind($0.reason) })
    // While looking ahead and by Ctrl-C: below. While plans run and while records are replayed: never seen by a person.
    #expect(
      Kind.allCases.filter { !met.contains($0) } == [.tooLongToForesee, .notFinite, .fault, .interrupted, .stopped])
  }

  @Test func labelsSayTheShapesThatASentenceWouldRepeat() {
    #expect(refusal("x = ones(2, 3)\nx @ x")?.message == "inner dimensions differ in a matrix product")
    #expect(
      refusal("x = ones(2, 3)\nmatmul(x, x)")?.message == "inner dimensions differ in a matrix product: 2×3 @ 2×3")
  }

  @Test func whatIsTooEarlyToTellIsNoMistake() {
    func problems(_ text: String) -> [String] {
      var check = ShapeCheck(Session())
      return check.check(Source(text: text)).map(\.message)
    }
    let sum = "f(m) = {\ns = 0\nfor row in m { s = s + sum(row) }\ns\n}\n"
    #expect(problems(sum + "f(zeros(2000, 2))") == [])
    #expect(problems(sum + "f(3)") == ["for wants a range, a vector, rows or a tuple; this is a number"])
    #expect(problems("f(x) = x @ zeros(3)\nmap(f, zeros(20, 2))") != [])
    #expect(problems("x = load(\"a.npy\")\nx + 1") == [])
    #expect(printed("input n: []\n:shapes zeros(n)").contains("not known yet"))
  }

  // MARK: Interruptions

  private static let load = "x = load(\"a.npy\")"

  /// An interruption is told once, of the innermost loop, with the time that the whole line took.
  @Test(
    arguments: [
      (load, ""), ("repeat 3 { \(load) }", " in repeat (step 1 of 3)"),
      ("for i in 0:2 { repeat 3 { \(load) } }", " in repeat (step 1 of 3)"),
      ("if true { \(load) }", ""), ("f(x) = load(\"a.npy\")\nf(1)", ""), ("expect error \"\" in { \(load) }", ""),
      ("expect error \"interrupted\" in { \(load) }", ""),
    ]) func anInterruptionIsToldOnce(text: String, place: String) throws
  {
    let error = try #require(refusal(text), "\(text)")
    guard case .interrupted(let interruption) = error.reason else {
      Issue.record("\(text): \(error)")
      return
    }
    let duration = try #require(interruption.duration)
    #expect(error.message == "interrupted after \(duration)\(place)")
    #expect(error.range == nil && error.isInterrupt && !error.isUnfinished, "\(text)")
  }

  // MARK: Sentences

  /// Sentences may be reworded at any time: nothing in the sources compares one; `expect error "…"` looks at what is shown.
  @Test func noCodeReadsSentences() throws {
    let words = #"\.(message|help|note)\??( (==|!=) |\.(hasPrefix|hasSuffix|contains|split|dropFirst|firstRange)\b)"#
    let reading = try Regex(words)
    let paths = Checkout.files(below: "Sources", ending: [".swift"])
    var found: [String] = []
    for path in paths {
      for line in try Checkout.text(of: path).split(separator: "\n") where line.contains(reading) {
        found.append("\(path): \(line.trimmingCharacters(in: .whitespaces))")
      }
    }
    #expect(paths.count > 200)
    #expect(found.isEmpty, "\(found)")
  }
}
