import CKernels
import Graphs

/// What is done with each element, as text over the lanes of registers.
extension StepText {
  func intrinsic(_ name: String, _ arguments: [String], _ kind: Kind, _ count: Int) -> String {
    let own = type(kind, count)
    let full = "@llvm.\(name)." + (count == 1 ? kind.suffix : "v\(count)\(kind.suffix)")
    declare("declare \(own) \(full)(\(arguments.map { _ in own }.joined(separator: ", ")))")
    return value("call \(own) \(full)(\(arguments.map { "\(own) \($0)" }.joined(separator: ", ")))")
  }

  func choose(_ mask: String, _ a: String, _ b: String, _ kind: Kind, _ count: Int) -> String {
    let own = type(kind, count)
    return value("select \(maskType(count)) \(mask), \(own) \(a), \(own) \(b)")
  }

  func ask(_ condition: String, _ a: String, _ b: String, _ kind: Kind, _ count: Int) -> String {
    value("fcmp \(condition) \(type(kind, count)) \(a), \(b)")
  }

  /// A brief function of elements in a register; nil for others.
  func brief(_ op: gk_map, _ v: String, _ kind: Kind, _ n: Int) -> String? {
    let own = type(kind, n)
    let zero = constant(0, kind, n)
    switch op {
    case .negative: return value("fneg \(own) \(v)")
    case .abs: return intrinsic("fabs", [v], kind, n)
    case .sign:
      let isLess = ask("olt", v, zero, kind, n)
      let isEqual = ask("oeq", v, zero, kind, n)
      let rest = choose(isLess, constant(-1, kind, n), choose(isEqual, zero, v, kind, n), kind, n)
      return choose(ask("ogt", v, zero, kind, n), constant(1, kind, n), rest, kind, n)
    case .square: return value("fmul \(own) \(v), \(v)")
    case .reciprocal: return value("fdiv \(own) \(constant(1, kind, n)), \(v)")
    case .sqrt: return intrinsic("sqrt", [v], kind, n)
    case .rsqrt: return value("fdiv \(own) \(constant(1, kind, n)), \(intrinsic("sqrt", [v], kind, n))")
    case .relu: return choose(ask("ole", v, zero, kind, n), zero, v, kind, n)
    // Without a register's own instruction these would be calls of a library.
    case .floor: return fuses ? intrinsic("floor", [v], kind, n) : nil
    case .ceil: return fuses ? intrinsic("ceil", [v], kind, n) : nil
    case .round: return fuses ? intrinsic("rint", [v], kind, n) : nil
    case .trunc: return fuses ? intrinsic("trunc", [v], kind, n) : nil
    case .exp, .expm1, .log, .log2, .log10, .log1p, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf, .erfc, .ndtr, .gauss, .normal_density, .gelu, .gelu_slope, .sigmoid, .sigmoid_slope,
      .softplus, .erfinv, .erfinv_slope, .lgamma, .digamma, .sinc, .sinc_slope:
      return nil
    }
  }

  /// Whether a function is written out, and isn't a call.
  func isBrief(_ op: gk_map) -> Bool {
    switch op {
    case .negative, .abs, .sign, .square, .reciprocal, .sqrt, .rsqrt, .relu: true
    case .floor, .ceil, .round, .trunc: fuses
    case .exp, .expm1, .log, .log2, .log10, .log1p, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf, .erfc, .ndtr, .gauss, .normal_density, .gelu, .gelu_slope, .sigmoid, .sigmoid_slope,
      .softplus, .erfinv, .erfinv_slope, .lgamma, .digamma, .sinc, .sinc_slope:
      false
    }
  }

  func isBrief(_ op: gk_zip) -> Bool {
    switch op {
    case .add, .subtract, .multiply, .divide, .maximum, .minimum, .copysign: true
    case .pow, .remainder, .atan2, .hypot, .xlogy, .fmod, .polygamma: false
    }
  }

  private func brief(_ op: gk_zip, _ u: String, _ v: String, _ kind: Kind, _ n: Int) -> String? {
    let own = type(kind, n)
    switch op {
    case .add: return value("fadd \(own) \(u), \(v)")
    case .subtract: return value("fsub \(own) \(u), \(v)")
    case .multiply: return value("fmul \(own) \(u), \(v)")
    case .divide: return value("fdiv \(own) \(u), \(v)")
    case .maximum, .minimum:
      // u >= v || u != u ? u : v
      let isBetter = ask(op == .maximum ? "oge" : "ole", u, v, kind, n)
      let takesFirst = value("or \(maskType(n)) \(isBetter), \(ask("uno", u, u, kind, n))")
      return choose(takesFirst, u, v, kind, n)
    case .copysign: return intrinsic("copysign", [u, v], kind, n)
    case .pow, .remainder, .atan2, .hypot, .xlogy, .fmod, .polygamma: return nil
    }
  }

  private func compared(_ op: gk_comparison, _ u: String, _ v: String, _ kind: Kind, _ n: Int) -> String {
    let word =
      switch op {
      case .equal: "oeq"
      case .notEqual: "une"
      case .less: "olt"
      case .lessEqual: "ole"
      case .greater: "ogt"
      case .greaterEqual: "oge"
      }
    return ask(word, u, v, kind, n)
  }

  private func tested(_ op: gk_test, _ v: String, _ kind: Kind, _ n: Int) -> String {
    switch op {
    case .isnan: return ask("uno", v, v, kind, n)
    case .isinf: return ask("oeq", intrinsic("fabs", [v], kind, n), constant(.infinity, kind, n), kind, n)
    case .isfinite: return ask("olt", intrinsic("fabs", [v], kind, n), constant(.infinity, kind, n), kind, n)
    case .signbit:
      let bits = kind == .single ? "i32" : "i64"
      let own = n == 1 ? bits : "<\(n) x \(bits)>"
      let number = value("bitcast \(type(kind, n)) \(v) to \(own)")
      return value("icmp slt \(own) \(number), \(n == 1 ? "0" : "zeroinitializer")")
    }
  }

  /// What `gk_keep` gives: m ? v : |v| < infinity ? v * 0 : 0.
  private func kept(_ mask: String, _ v: String, _ kind: Kind, _ n: Int) -> String {
    let zero = constant(0, kind, n)
    let isFinite = ask("olt", intrinsic("fabs", [v], kind, n), constant(.infinity, kind, n), kind, n)
    let dropped = choose(isFinite, value("fmul \(type(kind, n)) \(v), \(zero)"), zero, kind, n)
    return choose(mask, v, dropped, kind, n)
  }

  private func converted(_ v: String, _ from: Kind, _ to: Kind, _ n: Int) -> String {
    let (old, new) = (type(from, n), type(to, n))
    switch (from, to) {
    case (.mask, .mask), (.single, .single), (.double, .double): return v
    case (.mask, _): return value("uitofp \(old) \(v) to \(new)")
    case (_, .mask): return ask("une", v, constant(0, from, n), from, n)
    case (.single, .double): return value("fpext \(old) \(v) to \(new)")
    case (.double, .single): return value("fptrunc \(old) \(v) to \(new)")
    }
  }

  /// An elementwise operation that is written out.
  ///
  /// - Parameters:
  ///   - from: of the last operand.
  ///   - to: of the result.
  func element(_ kernel: Kernel, _ x: [String], _ from: Kind, _ to: Kind, _ n: Int) throws(Unwritable) -> String {
    let result: String?
    switch kernel {
    case .map(let op): result = brief(op, x[0], from, n)
    case .zip(let op): result = brief(op, x[0], x[1], from, n)
    case .compare(let op): result = compared(op, x[0], x[1], from, n)
    case .test(let op): result = tested(op, x[0], from, n)
    case .logic(let op):
      let name =
        switch op {
        case .and: "and"
        case .or: "or"
        case .xor: "xor"
        }
      result = value("\(name) \(maskType(n)) \(x[0]), \(x[1])")
    case .not: result = value("xor \(maskType(n)) \(x[0]), \(constant(1, .mask, n))")
    case .select: result = choose(x[0], x[1], x[2], to, n)
    case .keep: result = kept(x[0], x[1], to, n)
    case .convert: result = converted(x[0], from, to, n)
    default: throw Unwritable()
    }
    guard let result else { throw Unwritable() }
    return result
  }
}
