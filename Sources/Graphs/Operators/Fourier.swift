import Refusals
import Tensors

/// Discrete Fourier transforms along an axis; complex numbers are records (re=…, im=…).
extension Operator {
  public static let fft: Operator = Operator(
    "fft(x, n?, axis=-1)",
    "The discrete Fourier transform along an axis as a record (re=, im=), of real numbers or such a record; n cuts or pads with zeros.",
    derivative: "the transposed transform", trials: ["fft(a)[0]", "fft(s, axis=0)[1]"],
    examples: ["fft([1, 0, 0, 0])[0]": "4\n  1  1  1  1"]
  ) { arguments throws(Refusal) in
    let span = try TransformedAxis(arguments)
    return .structure(.complex(span.restored(span.laid.transformed(.dft))))
  }

  public static let ifft: Operator = Operator(
    "ifft(z, n?, axis=-1)", "The inverse of fft, divided by n, as a record (re=, im=).",
    derivative: "the transposed transform", trials: ["ifft(a)[0]", "ifft(s, n=2)[1]"],
    examples: ["ifft([4, 0, 0, 0])[0]": "4\n  1  1  1  1"]
  ) { arguments throws(Refusal) in
    let span = try TransformedAxis(arguments)
    let z = span.laid.transformed(.inverseDFT)
    return .structure(.complex(span.restored(z / z.re.builder.constant(Double(span.count)))))
  }

  public static let rfft: Operator = Operator(
    "rfft(x, n?, axis=-1)", "The first n // 2 + 1 numbers of fft for real x; the others are their conjugates.",
    derivative: "the transposed transform", trials: ["rfft(a)[0]", "rfft(s, n=4)[1]"],
    examples: ["rfft([1, 0, 0, 0])[0]": "3\n  1  1  1"]
  ) { arguments throws(Refusal) in
    let span = try TransformedAxis(arguments)
    guard !span.isComplex else { throw Refusal("rfft wants real numbers", help: "fft takes complex ones") }
    let z = span.laid.transformed(.dft).mapped { $0.sliced(axis: $0.rank - 1, from: 0, count: span.count / 2 + 1) }
    return .structure(.complex(span.restored(z)))
  }

  public static let irfft: Operator = Operator(
    "irfft(z, n?, axis=-1)",
    "The real numbers whose rfft is z, n of them, 2 (m - 1) if left out; im of the first, and for even n of the last, isn't read.",
    derivative: "the transposed transform", trials: ["irfft(a)", "irfft(s, n=5, axis=0)"],
    examples: ["irfft([4, 0, 0])": "4\n  1  1  1  1"]
  ) { arguments throws(Refusal) in
    let span = try TransformedAxis(arguments, fromHalf: true)
    let (n, last) = (span.count, span.laid.re.rank - 1)
    let builder = span.laid.re.builder
    let sources = builder.indices((0..<n).map { $0 <= n / 2 ? $0 : n - $0 })
    let isOwn = (0..<n).map { $0 != 0 && 2 * $0 != n }
    let signs = (0..<n).map { $0 <= n / 2 ? 1.0 : -1 }
    let whole = span.laid.mapped { $0.taken(sources, axis: last) }
    let mask = builder.constant(Tensor(isOwn, shape: Shape([n])))
    let sign = builder.constant(Tensor(signs, shape: Shape([n]), type: whole.im.type))
    let z = ComplexSymbol(whole.re, Symbol.keep(mask, whole.im) * sign).transformed(.inverseDFT)
    return .tensor(span.restored(z.re / Double(n)))
  }

  static let fourier: [Operator] = [fft, ifft, rfft, irfft]
}

/// An operand with the axis of its transform last, cut or padded to as many as are wanted.
private struct TransformedAxis {
  let laid: ComplexSymbol
  let isComplex: Bool
  /// As many as the transform has.
  let count: Int
  private let axis: Int

  /// - Parameter fromHalf: what is given are the first numbers of a transform of real ones.
  init(_ arguments: Arguments, fromHalf: Bool = false) throws(Refusal) {
    let name = arguments.signature.name
    let (re, im) = try arguments.complex(arguments.signature.parameters[0].name)
    guard re.rank > 0 else { throw Refusal("\(name) wants a vector or more axes, not a number") }
    axis = try arguments.axis("axis", rank: re.rank, default: -1)
    let extent = re.shape[axis]
    guard extent > 0 else { throw Refusal("\(name) of nothing: the shape is \(re.shape)") }
    let n = try arguments.integer("n", default: fromHalf ? 2 * (extent - 1) : extent)
    guard n >= 1 else {
      throw Refusal(
        "\(name) wants a length n from 1 on, not \(n)", help: fromHalf ? "\(name)(z, n=…) says how many" : nil)
    }
    var shape = re.shape
    shape[axis] = n
    _ = try arguments.checked(shape)
    (count, isComplex) = (n, im != nil)
    let kept = fromHalf ? n / 2 + 1 : n
    let type = re.builder.settled(re.type, re.shape)
    let axis = self.axis
    func fitted(_ x: Symbol) -> Symbol {
      let order = (0..<x.rank).filter { $0 != axis } + [axis]
      let x = x.converted(to: type).transposed(order)
      let last = x.rank - 1
      if kept <= extent { return x.sliced(axis: last, from: 0, count: kept) }
      var whole = x.shape
      whole[last] = kept
      return x.embedded(
        starts: [Int](repeating: 0, count: x.rank), steps: [Int](repeating: 1, count: x.rank), in: whole)
    }
    let real = fitted(re)
    laid = ComplexSymbol(real, im.map(fitted) ?? re.builder.zeros(real.shape, type: type))
  }

  func restored(_ x: Symbol) -> Symbol {
    var order = Array(0..<x.rank - 1)
    order.insert(x.rank - 1, at: axis)
    return x.transposed(order)
  }

  func restored(_ z: ComplexSymbol) -> ComplexSymbol { z.mapped(restored) }
}

extension ComplexSymbol {
  /// A transform of both parts together along the last axis.
  fileprivate func transformed(_ primitive: Primitive) -> ComplexSymbol {
    let place = re.rank - 1
    let both = Symbol.concatenated([re.expanded(at: place), im.expanded(at: place)], axis: place)
    let result = re.builder.add(primitive, [both], shape: both.shape, type: both.type)
    func part(_ i: Int) -> Symbol { result.sliced(axis: place, from: i, count: 1).reshaped(re.shape) }
    return ComplexSymbol(part(0), part(1))
  }
}

/// Operand and result: real parts, then imaginary ones, on the last axis but one.
extension Primitive {
  static let dft: Primitive = Primitive(
    "dft", .host({ x, _ throws(Refusal) in try each(x[0], isInverse: false) }, .none), told: .whole, zero: .lost
  ) {
    g, _, x, _ in [g.builder.add(.inverseDFT, [g], shape: g.shape, type: g.type)]
  }

  /// With e to positive powers, and not divided by n.
  static let inverseDFT: Primitive = Primitive(
    "inverse_dft", .host({ x, _ throws(Refusal) in try each(x[0], isInverse: true) }, .none), told: .whole, zero: .lost
  ) { g, _, x, _ in [g.builder.add(.dft, [g], shape: g.shape, type: g.type)] }

  private static func each(_ x: HostValue, isInverse: Bool) throws(Refusal) -> [Double] {
    let n = x.extents[x.extents.count - 1]
    let transform = FourierTransform.of(n)
    var result = x.values
    for start in stride(from: 0, to: result.count, by: 2 * n) {
      // Parts that change places turn the other way round.
      let (re, im) = isInverse ? (start + n, start) : (start, start + n)
      try transform.apply(to: &result, re, im)
    }
    return result
  }
}
