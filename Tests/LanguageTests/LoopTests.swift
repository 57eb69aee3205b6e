import Syntax
import Tensors
import Testing

@testable import Language

/// Loops run as one graph held against the same loops run statement by statement.
@Suite struct LoopTests {
  private static let setUp = """
    w = weights(3, 2); b = weights(2); m = mask([[0, 1], [1, 0], [0, 1]]); x = rand(4, 3); t = rand(4, 2)
    y := relu(x @ (w * m) + b)
    loss := mse(y, t)
    a = [1, 2, 3]; k = 0; c = 0.5; v = [[1, 2], [3, 4]]; u = v * 2; z = m * w; flags = [true, false, true]
    vel = 0.5 * grad(loss, w); pair = (a=w, b=grad(loss, w)); both = [w, grad(loss, w)]; zr = relu(m * w); masked = m * w
    double(q) = q * 2
    noisy := sum(normal(3))

    """

  static let programs = [
    "repeat 7 { w -= 0.1 * grad(loss, w) }",
    "repeat 7 { w -= 0.1 * grad(loss, w); b -= 0.1 * grad(loss, b) }",
    "repeat 6 { gw, gb = grad(loss, w, b); w -= gw; b -= 0.5 * gb }",
    "repeat 6 { l = loss; g = grad(l, w); w -= g }",
    "repeat 6 { l, g = value_and_grad(loss, w); w -= g }",
    "repeat 5 { t2 = v; v = u; u = t2 }",
    "repeat 6 { k = k + 1; c *= 0.9 }",
    "repeat 6 { k += 1; a = a * k }",
    "repeat 8 { a += normal(3) }",
    "repeat 8 { a = a + noisy; w += dropout(w, 0.5) }",
    "repeat 5 { a = normal(3); s = sum(a * a); w += s }",
    "repeat 5 { s = sum(normal(3)); w += grad(s * sum(w), w) }",
    "for i in 0:9 { k += i }",
    "for i in 0:9 { a[1] = i }",
    "for i in 0:9 { a += [0, i, 1] }",
    "for i in [1, 3, 5, 7, 9] { a = a * i / 3; r = i }",
    "for i in 0:8 { a[i % 3] += 1 }",
    "for i in 0:8 { r = v[0, 0] + i; v += 1 }",
    "for row in [[1, 2], [3, 4], [5, 6], [7, 8], [9, 1]] { v += row }",
    "for i in 0:6 { p = x[i % 2 : i % 2 + 2]; k = k + sum(p) }",
    "for i in 0:9 { p = x[i - 4 :]; k = k + sum(p) }",
    "for i in 0:6 { p = x[i : i + 2]; k = k + sum(p) }",
    "for i in 0:5 { p = x[-1 - i % 3 :: -1]; k = k + sum(x[i % 4]) }",
    "for i in 0:5 { r = x[i % 3, 2 - i % 3]; k = r + v[:, i % 2, new]; v = v * x[0 : 2, i % 2 : i % 2 + 2] }",
    "for i in 0:6 { g = grad(sum(w[i % 3] ** 2), w); w -= g / 3 }",
    "for i in 0:6 { w -= 0.1 * grad(mse(relu(x[i % 4] @ (w * m)), t[i % 4]), w) }",
    "for i in 0:6 { q = (m * w)[i % 3 : i % 3 + 1]; k = k + sum(q); z = q }",
    "for f in [true, false, true, true, false] { k += f }",
    "repeat 6 { z = m * (z + 1) }",
    "repeat 6 { z = z + 1 }",
    "repeat 6 { z = relu(z - 0.1) }",
    "repeat 6 { flags = not flags; a = a * flags + 1 }",
    "repeat 6 { flags = a > 2; a = where(flags, a / 2, a * 3) }",
    "repeat 6 { r = a * flags; flags = flags or a > 3; a = a + r }",
    "repeat 5 { a = concat([a, [1]]) }",
    "repeat 6 { a = a * 1.5; n = sum(a); a = a / n }",
    "repeat 4 { g = grad(sum(a * a), a); a = a - 0.25 * g }",
    "repeat 6 { c = 3; a = a ** c; a = a / max(a) }",
    "repeat 6 { d = double(a); a = d - a * 0.5 }",
    "repeat 6 { a = sort(a * [-1, 1, -1]) }",
    "repeat 6 { a = a - log(a); }",
    "repeat 6 { v = v @ v / 10; q = v.T }",
    "repeat 6 { w = w.T @ w @ w.T; w = w.T }",
    "repeat 6 { v = inv(v) + 1 }",
    "repeat 3 { repeat 5 { k += 1 } }",
    "repeat 3 { for i in 0:5 { a += i; k -= 1 } }",
    "repeat 6 { r = uniform(2); v = v + r; s = r }",
    "repeat 6 { r = bernoulli(0.5, 3); a = a * r + 1 }",
    "repeat 6 { r = shuffle(a); a = r + 1 }",
    "repeat 6 { a, k = a * 2, k + 1 }",
    "repeat 6 { k = a; k = k * 2; a = k + 1 }",
    "repeat 6 { w -= 0.1 * grad(sum(w * z), w) ; z = w * m}",
    "repeat 6 { q = w * w; w += 0.1 * grad(sum(q), w) }",
    "repeat 6 { w += 0.1 * grad(sum(z), w) }",
    "repeat 6 { a = a + y[0, 0]; w *= 0.5 }",
    "x = x * nan; repeat 6 { w -= 0.1 * grad(loss, w) }",
    "repeat 6 { w = m * w }",
    "repeat 6 { vel = 0.9 * vel + grad(loss, w); w -= 0.1 * vel }",
    "repeat 6 { vel = 0.9 * vel + grad(loss, w); w = w - m * vel; z = z + vel }",
    "repeat 6 { pair = (a=pair.a - pair.b, b=grad(mse(relu(x @ (pair.a * m)), t), pair.a) + pair.b) }",
    "repeat 6 { both[1] = grad(loss, w); w -= both[1] }",
    "repeat 6 { zr = m * (zr + relu(w)); w = w * 0.5 + zr }",
    "repeat 6 { z = where(w > 0, m * w, z * m); q = z + m * w }",
    "repeat 6 { if sum(w) > 0 { masked = m * relu(w) } else { masked = masked + m }; w -= 0.3 * masked }",
    "repeat 6 { a = a / 0 - a }",
    "repeat 6 { a = text }",
    "repeat 9 { a = a[1:] }",
    "repeat 0 { a = 1 }",
    "repeat 1 { a = 1 }",
    "repeat 5 { k = w }",
    "repeat 5 { w = weights(3, 2, mask=m); k += sum(w) }",
    "repeat 5 { o = k; k = o + 1; w -= o }",
  ]

  @Test(arguments: programs, [ElementType.float32, .float64])
  func compiledLoopsGiveTheSame(program: String, type: ElementType) {
    func state(compiled: Bool) -> [String] {
      var session = Session()
      session.surroundings.compilesLoops = compiled
      session.setPrecision(type)
      let text = printed(Self.setUp + program + "\nk; a; w\ny; normal(2)\nz = w * 2", in: &session)
      return [text] + session.fingerprint
    }
    #expect(state(compiled: true) == state(compiled: false))
  }

  /// Those that must be left to the slow way: shapes or types that change, values that are asked for while building.
  static let notCompiled: Set<String> = [
    "for i in 0:8 { a[i % 3] += 1 }",
    "for i in 0:9 { a[1] = i }",
    "for i in 0:9 { p = x[i - 4 :]; k = k + sum(p) }",
    "for i in 0:6 { p = x[i : i + 2]; k = k + sum(p) }",
    "for i in 0:5 { p = x[-1 - i % 3 :: -1]; k = k + sum(x[i % 4]) }",
    "repeat 6 { z = relu(z - 0.1) }",
    "repeat 5 { a = concat([a, [1]]) }",
    "repeat 3 { repeat 5 { k += 1 } }",
    "repeat 3 { for i in 0:5 { a += i; k -= 1 } }",
    "repeat 6 { w += 0.1 * grad(sum(z), w) }",
    "repeat 9 { a = a[1:] }",
    "repeat 1 { a = 1 }",
    "repeat 0 { a = 1 }",
    "repeat 5 { k = w }",
    "repeat 6 { pair = (a=pair.a - pair.b, b=grad(mse(relu(x @ (pair.a * m)), t), pair.a) + pair.b) }",
    "repeat 6 { both[1] = grad(loss, w); w -= both[1] }",
    "repeat 6 { zr = m * (zr + relu(w)); w = w * 0.5 + zr }",
    "repeat 6 { if sum(w) > 0 { masked = m * relu(w) } else { masked = masked + m }; w -= 0.3 * masked }",
  ]

  @Test(arguments: programs.filter { !$0.contains("{ a = text }") })
  func loopsAreCompiledIfTheyCanBe(program: String) throws {
    var session = Session()
    _ = printed(Self.setUp, in: &session)
    let source = Source(name: nil, text: program)
    for statement in Parser.parse(program).statements {
      var (variable, values): ([Name]?, Expression?)
      let steps: [Statement]
      switch statement.kind {
      case .loop(_, let body): steps = body
      case .forEach(let names, let expression, let body): (variable, values, steps) = (names, expression, body)
      default: continue
      }
      let elements = try values.map { values throws(Diagnostic) in try Loop.Elements(values, Evaluator(session)) }
      let pair = variable.flatMap { names in elements.map { (names: names, elements: $0) } }
      let loop = Loop(count: 5, variable: pair, body: steps, line: 1)
      let before = (session.clock, session.draw)
      try session.run(loop, 0, in: source) { _ in }
      let compiled = CompiledLoop(loop, session, before: before, in: source)
      #expect((compiled == nil) == Self.notCompiled.contains(program))
    }
  }
}

extension Session {
  /// All that statements can have changed, a line a name.
  var fingerprint: [String] {
    var lines = ["clock \(clock), draw \(draw)"]
    for (name, binding) in names.sorted(by: { $0.key < $1.key }) {
      var line = "\(name) version \(binding.version) line \(binding.line) trainable \(binding.isTrainable)"
      if case .tensor(let held, let formula) = binding.content {
        line += " \(held.tensor.shape) \(held.tensor.type.name) fixed \(held.isFixed)"
        line += " \(held.tensor.values.map(\.bitPattern))"
        line += " \(held.causes?.map(\.rawValue) ?? [])"
        if let formula {
          line += " \(formula.expression.description) \(formula.draw) \(formula.element ?? -1)"
          line += " \(formula.reads.sorted { $0.key < $1.key })"
        }
      }
      lines.append(line)
    }
    return lines
  }
}
