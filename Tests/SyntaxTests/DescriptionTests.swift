import Syntax
import TestSupport
import Testing

@Suite struct DescriptionTests {
  @Test(arguments: [
    "mse(y, t)", "-(a + b) * c", "(-2) ^ 2", "2 ^ -1", "(a ^ b) ^ c", "a ^ b ^ c", "not (a and b)", "a == (not b)",
    "(a < b) == c",
    "a - (b - c)", "x[0, :, ..., new, 1:3, ::2]", "(2).T", "f(x)(y, axis=0).T", "[[1, 2], [3, 4]]", "(a, b)", "(a,)",
    "0:10:2",
    "(0:3) + 1", "x[(0:3)]", "f(0:3, k=1:2)", "\"a\\\"b\\n\"", "x @ ? + b", "repeat(x, 3)", "1e+20", "0.1", "inf",
    "--a",
    "a or b xor c", "a or (b or c)", "not not a", "a.b",
  ])
  func staysAsWritten(_ text: String) throws { #expect(try Parser.parseExpression(text).description == text) }

  @Test func readsBack() throws {
    var maker = ExpressionMaker(random: SplitMix(4))
    for round in 0..<4000 {
      let expression = maker.expression(depth: round % 6)
      let text = expression.description
      let again = try Parser.parseExpression(text)
      #expect(Outline.of(again) == Outline.of(expression), "round \(round) of seed 4: \(text)")
    }
  }

  @Test func aLongChainReadsBack() throws {
    let text = "a" + String(repeating: " + a", count: 10_000)
    #expect(try Parser.parseExpression(text).description == text)
  }
}

/// Makes random trees of the kinds that the parser makes.
private struct ExpressionMaker {
  var random: SplitMix

  private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  private func made(_ kind: Expression.Kind) -> Expression { Expression(kind, 0..<0) }

  mutating func expression(depth: Int) -> Expression {
    guard depth > 0, pick(8) > 0 else { return leaf() }
    let below = depth - 1
    switch pick(12) {
    case 0...4:
      let binary = BinaryOperator.allCases[pick(BinaryOperator.allCases.count)]
      return made(.binary(binary, 0..<0, expression(depth: below), expression(depth: below)))
    case 5: return made(.unary([.negative, .positive, .not][pick(3)], expression(depth: below)))
    case 6: return made(.transpose(expression(depth: below)))
    case 7: return made(.call(callee(depth: below), arguments(depth: below)))
    case 8: return made(.index(expression(depth: below), (0...pick(3)).map { _ in index(depth: below) }))
    case 9: return made(.list((0..<pick(4)).map { _ in expression(depth: below) }))
    case 10: return made(.tuple((0...pick(3)).map { _ in expression(depth: below) }))
    default:
      let step = pick(2) == 0 ? nil : expression(depth: below)
      return made(.range(expression(depth: below), expression(depth: below), step: step))
    }
  }

  private mutating func leaf() -> Expression {
    switch pick(6) {
    case 0: made(.number([0, 1, 0.1, 1e20, .leastNonzeroMagnitude, .infinity, 123456.75][pick(7)]))
    case 1: made(.boolean(pick(2) == 0))
    case 2: made(.text(["", "a \"b\"", "\\\n\t\r", "重み", "\0\u{FFFD}"][pick(5)]))
    case 3: made(.hole)
    default: made(.name(["a", "x", "∂w", "重み", "ans", "e"][pick(6)]))
    }
  }

  private mutating func callee(depth: Int) -> Expression {
    let callee = expression(depth: depth)
    switch callee.kind {
    case .number, .boolean, .text, .list: return made(.name("repeat"))
    default: return callee
    }
  }

  private mutating func arguments(depth: Int) -> [Argument] {
    let plain = (0..<pick(3)).map { _ in Argument(value: expression(depth: depth)) }
    return plain
      + (0..<pick(2)).map { _ in Argument(label: "axis", labelRange: 0..<0, value: expression(depth: depth)) }
  }

  private mutating func index(depth: Int) -> Index {
    switch pick(4) {
    case 0: return .ellipsis(0..<0)
    case 1: return .newAxis(0..<0)
    case 2:
      let bounds = (0..<3).map { _ in pick(2) == 0 ? nil : expression(depth: depth) }
      return .slice(start: bounds[0], stop: bounds[1], step: bounds[2], range: 0..<0)
    default: return .at(expression(depth: depth))
    }
  }
}
