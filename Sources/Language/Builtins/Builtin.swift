import Files
import Graphs
import Syntax
import Tensors

/// A function that needs the session itself: its names, its seed, its formulas.
package struct Builtin: Sendable {
  package let signature: Signature
  package let summary: String
  package let derivative: String
  package let examples: [(input: String, output: String)]
  package let aliases: [String]
  /// Its arguments are expressions and names, not values.
  let isSpecial: Bool

  package var name: String { signature.name }

  init(
    _ signature: String, _ summary: String, derivative: String = "", aliases: [String] = [], isSpecial: Bool = false,
    examples: KeyValuePairs<String, String> = [:]
  ) {
    self.signature = Signature(signature)
    self.summary = summary
    self.derivative = derivative
    self.aliases = aliases
    self.isSpecial = isSpecial
    self.examples = examples.map { ($0.key, $0.value) }
  }

  package static let all: [Builtin] =
    [
      Builtin(
        "grad(expr, names…)", "The derivative of a scalar expression with respect to names, or of a function.",
        isSpecial: true),
      Builtin(
        "dense_grad(expr, names…)",
        "The gradient with the masks on the names left out: what removed entries would get.",
        isSpecial: true),
      Builtin("value_and_grad(expr, names…)", "A scalar expression's value and its gradient.", isSpecial: true),
      Builtin(
        "jacobian(expr, name)", "Every entry of an expression differentiated by every entry of a name.", isSpecial: true
      ),
      Builtin("hessian(expr, name)", "The second derivatives of a scalar expression.", isSpecial: true),
      Builtin("jvp(expr, name, v)", "The Jacobian times a tensor shaped like the name.", isSpecial: true),
      Builtin("vjp(expr, name, v)", "A tensor shaped like the expression times the Jacobian.", isSpecial: true),
      Builtin("check(expr, names…)", "Compares the gradient with central differences in float64.", isSpecial: true),
      Builtin(
        "depends(expr, name)", "Which entries of an expression can depend on which entries of a name, as a mask.",
        isSpecial: true),
      Builtin(
        Training.signature,
        "Updates every trainable name that a loss depends on, or those named; the losses before each step.",
        isSpecial: true),
      Builtin("map(f, xs)", "A function applied to each entry or row."),
      Builtin("stop_gradient(x)", "The value of x as a constant for gradients.", derivative: "0, structural"),
      Builtin("float32(x)", "The value rounded to float32."),
      Builtin("float64(x)", "The value in float64."),
      Builtin("weights(shape…, init=\"glorot_uniform\", mask?, value?)", "A trainable tensor.", derivative: ""),
      Builtin("uniform(shape…, low=0, high=1)", "Random numbers between low and high.", aliases: ["rand"]),
      Builtin("normal(shape…, mean=0, std=1)", "Normally distributed random numbers.", aliases: ["randn"]),
      Builtin("randint(low, high, shape…)", "Random whole numbers from low up to, not including, high."),
      Builtin("bernoulli(p, shape…)", "A random mask, true with probability p."),
      Builtin("permutation(n)", "0, 1, …, n - 1 in random order."),
      Builtin("shuffle(x)", "The rows of x in random order."),
      Builtin(
        "dropout(x, p)", "Each entry removed with probability p, the others divided by 1 - p.",
        derivative: "g where kept, divided by 1 - p; 0 elsewhere"),
      Builtin(
        "load(file, name?)",
        "The tensors of a file: \(FileFormat.list(FileFormat.all, joint: "or")); a tuple where it holds several."),
      Builtin(
        "save(file, tensors…)",
        "Writes tensors to a file, \(FileFormat.list(FileFormat.written, joint: "or")) by its ending, under their names.",
        isSpecial: true),
      Builtin("seed(n)", "Starts the random numbers again from a seed."),
    ] + Evaluator.pictures

  package static let named: [String: Builtin] = {
    var table: [String: Builtin] = [:]
    for builtin in all {
      for name in [builtin.name] + builtin.aliases { table[name] = builtin }
    }
    return table
  }()
}

extension Evaluator {
  func apply(
    _ builtin: Builtin, _ positional: [Graphs.Argument], _ keywords: [(name: String, value: Graphs.Argument)],
    _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    do throws(ShapeError) {
      let arguments = try Arguments(
        signature: builtin.signature, builder: builder, positional: positional, keywords: keywords)
      return .tensor(try apply(builtin.name, arguments))
    } catch { throw diagnostic(error, range) }
  }

  private func apply(_ name: String, _ arguments: Arguments) throws(ShapeError) -> Symbol {
    switch name {
    case "stop_gradient":
      let x = try arguments.tensor(0)
      return x.stopped
    case "float32": return try arguments.tensor(0).converted(to: .float32)
    case "float64": return try arguments.tensor(0).converted(to: .float64)
    case "weights": return try weights(arguments)
    case "uniform":
      let (low, high) = (try arguments.number("low", default: 0), try arguments.number("high", default: 1))
      return low + (high - low) * random(uniform: true, try sized(arguments))
    case "normal":
      let (mean, std) = (try arguments.number("mean", default: 0), try arguments.number("std", default: 1))
      return mean + std * random(uniform: false, try sized(arguments))
    case "randint":
      let (low, high) = (try arguments.double("low"), try arguments.double("high"))
      guard low == low.rounded(), high == high.rounded(), low < high else {
        throw ShapeError("randint wants whole numbers with low below high, not \(low) and \(high)")
      }
      let span = (high - low) * random(uniform: true, try sized(arguments))
      return Operator.minimum(Operator.floor(span), builder.constant(high - low - 1)) + low
    case "bernoulli":
      let p = try arguments.tensor("p")
      let shape = try sized(arguments)
      guard shape.broadcast(with: p.shape) == shape else { throw .doesNotBroadcast(p.shape, shape, in: "bernoulli") }
      return Operator.less(random(uniform: true, shape), p)
    case "permutation": return try order(of: try arguments.integer("n"))
    case "shuffle":
      let x = try arguments.tensor(0)
      guard x.rank > 0 else { throw ShapeError("shuffle wants a vector or rows, not a number") }
      return x.taken(try order(of: x.shape[0]), axis: 0)
    case "dropout":
      let (x, p) = (try arguments.tensor(0), try arguments.double("p"))
      guard p >= 0, p < 1 else {
        throw ShapeError("dropout wants a probability from 0 up to, not including, 1; not \(p)")
      }
      let kept = Operator.greaterEqual(random(uniform: true, x.shape), builder.constant(p))
      return kept * (x.asFloat / (1 - p))
    case "seed": throw ShapeError("seed stands on a line of its own", help: "seed(7)")
    default: preconditionFailure("every builtin is known here")
    }
  }

  private func sized(_ arguments: Arguments) throws(ShapeError) -> Shape {
    let shape = try arguments.shape()
    guard shape.count <= builder.memoryLimit / 4 else {
      let bytes = shape.count.multipliedReportingOverflow(by: 4)
      throw ShapeError(
        "", execution: .memory(needed: bytes.overflow ? .max : bytes.partialValue, free: builder.memoryLimit))
    }
    return shape
  }

  /// The next draw: a node that depends on the seed and the draw's number alone.
  func random(uniform: Bool, _ shape: Shape) -> Symbol {
    builder.add(uniform ? .uniform : .normal, nextKey(), shape: shape, type: builder.defaultType)
  }

  /// The seed and the number of the next draw.
  private func nextKey() -> [Symbol] {
    defer { draw += 1 }
    return [builder.constant(Double(session.settings.seed & (1 << 53 - 1))), drawNumber]
  }

  /// The number of the next draw; in a traced loop and in training it grows from step to step.
  private var drawNumber: Symbol {
    if let freshDraws { return freshDraws.first + Double(draw - freshDraws.start) }
    guard let tracer = session.tracer, draw >= tracer.firstDraw - tracer.drawsPerStep else {
      return builder.constant(Double(draw))
    }
    return draw == tracer.firstDraw ? tracer.draw : tracer.draw + Double(draw - tracer.firstDraw)
  }

  private func order(of count: Int) throws(ShapeError) -> Symbol {
    guard count >= 0, count <= 1 << 28 else {
      throw ShapeError("permutation wants a count from 0 to 268,435,456, not \(count)")
    }
    let keys = builder.add(.uniform, nextKey(), shape: Shape([count]), type: .float64)
    return Operator.argsort(keys)
  }

  private func weights(_ arguments: Arguments) throws(ShapeError) -> Symbol {
    let mask = try arguments.optionalTensor("mask")
    if let value = try arguments.optionalTensor("value") {
      return value.type == .float64 ? value : value.converted(to: builder.defaultType)
    }
    var shape = try sized(arguments)
    if shape.rank == 0, let mask { shape = mask.shape }
    let kind = try arguments.text("init", default: "glorot_uniform")
    var (fanIn, fanOut) = Self.fans(shape)
    if let mask {
      guard mask.shape.broadcast(with: shape) == shape else {
        throw .doesNotBroadcast(mask.shape, shape, in: "weights")
      }
      let kept = Operator.sum(mask.broadcast(to: shape).asBool.converted(to: .float64))
      let density = (try arguments.value(of: kept).scalar ?? 0) / Double(max(shape.count, 1))
      (fanIn, fanOut) = (max(fanIn * density, 1), max(fanOut * density, 1))
    }
    func spread(_ variance: Double, uniform: Bool) -> Symbol {
      if uniform {
        let limit = (3 * variance).squareRoot()
        return builder.constant(-limit) + 2 * limit * random(uniform: true, shape)
      }
      return variance.squareRoot() * random(uniform: false, shape)
    }
    switch kind {
    case "glorot_uniform": return spread(2 / (fanIn + fanOut), uniform: true)
    case "glorot_normal": return spread(2 / (fanIn + fanOut), uniform: false)
    case "he_uniform": return spread(2 / fanIn, uniform: true)
    case "he_normal": return spread(2 / fanIn, uniform: false)
    case "lecun_normal": return spread(1 / fanIn, uniform: false)
    case "orthogonal": return try orthogonal(shape)
    case "zeros": return builder.zeros(shape, type: builder.defaultType)
    case "ones": return builder.ones(shape, type: builder.defaultType)
    default:
      throw ShapeError(
        "weights knows no initialiser \"\(kind)\"",
        help: "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_normal, orthogonal, zeros, ones")
    }
  }

  /// Orthonormal columns, or rows where those are fewer: a random matrix made so by the Cholesky factor of its Gram matrix.
  private func orthogonal(_ shape: Shape) throws(ShapeError) -> Symbol {
    guard shape.rank == 2 else { throw ShapeError("orthogonal weights are a matrix, not \(shape)") }
    let isWide = shape[1] > shape[0]
    let tall = random(uniform: false, isWide ? Shape([shape[1], shape[0]]) : shape).converted(to: .float64)
    let factor = try Operator.cholesky.applied(to: [.matrixProduct(tall.matrixTransposed, tall)])
    let columns = Symbol.matrixProduct(tall, try Operator.inv.applied(to: [factor]).matrixTransposed)
    return (isWide ? columns.matrixTransposed : columns).converted(to: builder.defaultType)
  }

  /// Inputs and outputs of a layer; a vector counts its length for both.
  private static func fans(_ shape: Shape) -> (Double, Double) {
    switch shape.rank {
    case 0: return (1, 1)
    case 1: return (Double(max(shape[0], 1)), Double(max(shape[0], 1)))
    default:
      let field = shape.extents.dropLast(2).reduce(1, *)
      return (Double(max(shape[shape.rank - 2] * field, 1)), Double(max(shape[shape.rank - 1] * field, 1)))
    }
  }
}
