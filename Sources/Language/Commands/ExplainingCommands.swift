import Printing
import Syntax

/// Commands that explain more than an expression's graph.
extension Command {
  static let ofExplanations = [why, flow, compare, watch, slide]

  static let why = Command(
    ":why EXPR[i, j] [by NAMES] [as md]",
    "Why an entry is what it is: masked, frozen, blocked, off, 0, NaN or a number; `by row` splits it by rows, `deeper` says the rest."
  ) { session, call, emit throws(Diagnostic) in
    if call.words == ["deeper"] {
      guard !session.untold.isEmpty else {
        throw Diagnostic("nothing is left to tell", at: call.range, help: ":why grad(loss, w)[0, 1]")
      }
      emit(.result(session.untold.joined(separator: "\n")))
      return session.untold = []
    }
    let question = try WhyQuestion(call)
    let answer = try Why(session).explain(question)
    // With the line that says how to read on they are as many as any answer has.
    let told = answer.count > Why.lineLimit ? Why.lineLimit - 1 : answer.count
    session.untold = Array(answer.dropFirst(told))
    let more = session.untold.isEmpty ? [] : ["\(session.display.glyphs.ellipsis) :why deeper"]
    emit(.result(question.written(answer.prefix(told) + more)))
  }

  static let flow = Command(
    ":flow LOSS", "How much of a loss's gradient arrives at each layer: vanishing, exploding, dead units."
  ) { session, call, emit throws(Diagnostic) in
    emit(.result(try Flow(session, try call.expression(":flow loss")).text))
  }

  static let compare = Command(
    ":compare LOSS, LOSS, …, [steps=N, rate=R]",
    "Losses, gradients and what the same training makes of the same weights, side by side."
  ) { session, call, emit throws(Diagnostic) in
    let usage = ":compare once, masked, steps=20, rate=0.1"
    guard call.text.contains(where: { !$0.isWhitespace }) else {
      throw Diagnostic("the losses are missing", at: call.range, help: usage)
    }
    let head = "compare("
    let parsed = try Parser.parseExpression(head + call.text + ")", offset: call.range.lowerBound - head.utf8.count)
    guard case .call(_, let arguments) = parsed.kind else {
      throw Diagnostic("losses are compared, with commas between them", at: call.range, help: usage)
    }
    emit(.result(try Comparison(arguments, session, call.range).text))
  }

  static let watch = Command(
    ":watch ENTRY in STATEMENT", "Runs a loop or a training and shows how an entry moves in it, and what moves it."
  ) { session, call, emit throws(Diagnostic) in
    let usage = ":watch w[0] in repeat 3 { w -= 0.1 * grad(loss, w) }"
    guard let mark = call.text.firstRange(of: " in ") else {
      throw Diagnostic("an entry is watched in a statement", at: call.range, help: usage)
    }
    var asked = call
    asked.text = String(call.text[..<mark.lowerBound])
    let entry = try asked.expression(usage)
    let statement = String(call.text[mark.upperBound...])
    emit(.result(try session.watch(entry, in: statement, call.range, call.source, emit)))
  }
}
