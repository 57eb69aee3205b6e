extension Statement: CustomStringConvertible {
  /// The statement as text that parses to an equal one, on one line.
  package var description: String {
    switch kind {
    case .expression(let x): x.description
    case .assign(let names, let x): "\(names.joined) = \(x)"
    case .update(let place, let op, let x): "\(place) \(op?.rawValue ?? "")= \(x)"
    case .live(let name, let x): "\(name.text) := \(x)"
    case .function(let definition): definition.description
    case .input(let name, let dimensions): "input \(name.text): \(Dimension.text(dimensions))"
    case .expect(let expectation): "expect \(expectation)"
    case .run(let path): "run \(path)"
    case .loop(let count, let body): "repeat \(count) \(body.block)"
    case .forEach(let names, let values, let body): "for \(names.joined) in \(values) \(body.block)"
    case .whileLoop(let condition, let body): "while \(condition) \(body.block)"
    case .branch(let condition, let then, let otherwise):
      "if \(condition) \(then.block)" + (otherwise.isEmpty ? "" : " else " + otherwise.branch)
    case .breaking: "break"
    case .continuing: "continue"
    case .returning(let x): x.map { "return \($0)" } ?? "return"
    case .deletion(let names): "del \(names.joined)"
    case .freezing(let places, let isFrozen):
      (isFrozen ? "freeze " : "thaw ") + places.map(\.description).joined(separator: ", ")
    case .command(let name, let rest, _): ":\(name) \(rest)"
    }
  }
}

extension [Statement] {
  fileprivate var block: String {
    "{ " + map { $0.description + ($0.isQuiet ? ";" : "") }.joined(separator: "; ") + " }"
  }

  /// Behind an `else`.
  fileprivate var branch: String {
    if count == 1, case .branch = self[0].kind { self[0].description } else { block }
  }
}

extension [Name] {
  fileprivate var joined: String { map(\.text).joined(separator: ", ") }
}

extension Place: CustomStringConvertible {
  package var description: String { expression.description }
}

extension Expectation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .holds(let x): return x.description
    case .close(let a, let b, let rtol, let atol):
      let tolerances = [("rtol", rtol), ("atol", atol)].compactMap { name, x in x.map { ", \(name)=\($0)" } }
      return "\(a) ~ \(b)" + tolerances.joined()
    case .fails(let text, let body, _): return "error \(Expression(.text(text), 0..<0)) in \(body.block)"
    }
  }
}

extension FunctionDefinition: CustomStringConvertible {
  package var description: String {
    let list = parameters.map { $0.name.text + ($0.initial.map { "=\($0)" } ?? "") }.joined(separator: ", ")
    var text: String
    if let name {
      text = (customGradient == nil ? "" : "custom_grad ") + "\(name.text)(\(list)) = "
    } else {
      text = parameters.count == 1 && parameters[0].initial == nil ? "\(list) -> " : "(\(list)) -> "
    }
    if body.count == 1, case .expression(let value) = body[0].kind {
      text += value.description
    } else {
      text += body.block
    }
    if let custom = customGradient { text += " with \(custom.adjoint.text) -> \(custom.body)" }
    return text
  }

  /// The definition as one line that names it: `f(x, k)`, `x -> x^2`.
  package var title: String {
    guard let name else { return description }
    return "\(name.text)(\(parameters.map(\.name.text).joined(separator: ", ")))"
  }
}
