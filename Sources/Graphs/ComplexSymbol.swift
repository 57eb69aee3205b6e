import Refusals
import Tensors

/// Complex numbers under construction: two tensors of one shape and type.
struct ComplexSymbol {
  let re: Symbol
  let im: Symbol

  init(_ re: Symbol, _ im: Symbol) { (self.re, self.im) = (re, im) }

  static func + (a: Self, b: Self) -> Self { Self(a.re + b.re, a.im + b.im) }
  static func * (a: Self, b: Self) -> Self { Self(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) }
  static func * (a: Self, b: Symbol) -> Self { Self(a.re * b, a.im * b) }
  static func / (a: Self, b: Symbol) -> Self { Self(a.re / b, a.im / b) }

  var conjugate: Self { Self(re, -im) }
  var squaredSize: Symbol { re.squared() + im.squared() }

  /// The same rearrangement of both parts.
  func mapped(_ body: (Symbol) -> Symbol) -> Self { Self(body(re), body(im)) }

  /// The conjugate transposed of each matrix.
  var adjoint: Self { conjugate.mapped { $0.matrixTransposed } }

  func times(_ other: Self) -> Self {
    Self(re.times(other.re) - im.times(other.im), re.times(other.im) + im.times(other.re))
  }
}

extension Arguments {
  /// Complex numbers from a record of two tensors, or real ones, whose imaginary part is nil.
  func complex(_ name: String) throws(Refusal) -> (re: Symbol, im: Symbol?) {
    guard let parts = record(name) else { return (try tensor(name).asFloat, nil) }
    func part(_ key: String) throws(Refusal) -> Symbol {
      guard case .tensor(let symbol)? = parts.first(where: { $0.key == key })?.value else {
        throw Refusal("\(signature.name) wants complex numbers as a record, (re=…, im=…), for '\(name)'")
      }
      return symbol.asFloat
    }
    let (re, im) = (try part("re"), try part("im"))
    guard parts.count == 2, re.shape == im.shape else {
      throw Refusal("\(signature.name) wants two parts of one shape for '\(name)', not \(re.shape) and \(im.shape)")
    }
    let type = Swift.max(re.type, im.type)
    return (re.converted(to: type), im.converted(to: type))
  }
}
