import Tensors

/// A node under construction, written like a number.
public struct Symbol {
  public let builder: Builder
  public let reference: Graph.Reference

  init(_ builder: Builder, _ reference: Graph.Reference) {
    self.builder = builder
    self.reference = reference
  }

  public var node: Graph.Node { builder.graph[reference] }
  public var shape: Shape { node.shape }
  public var type: ElementType { node.type }

  /// The same values in another type.
  public func converted(to type: ElementType) -> Symbol {
    let type = builder.settled(type, shape)
    if type == self.type { return self }
    return builder.add(.convert, [self], shape: shape, type: type)
  }

  /// As a float: a mask becomes zeros and ones.
  public var asFloat: Symbol { type == .bool ? converted(to: builder.defaultType) : self }

  /// As a mask: a non-zero is true.
  public var asBool: Symbol { converted(to: .bool) }

  public static func + (a: Symbol, b: Symbol) -> Symbol { zip(.add, a, b) }
  public static func - (a: Symbol, b: Symbol) -> Symbol { zip(.subtract, a, b) }
  public static func / (a: Symbol, b: Symbol) -> Symbol { zip(.divide, a, b) }
  public static prefix func - (a: Symbol) -> Symbol { map(.negative, a) }

  /// The product; with exactly one mask among the operands, that mask keeps or removes.
  public static func * (a: Symbol, b: Symbol) -> Symbol {
    switch (a.type, b.type) {
    case (.bool, .bool): zip(.multiply, a, b)
    case (.bool, _): keep(a, b)
    case (_, .bool): keep(b, a)
    default: a.reference == b.reference && a.isRoot ? a.squared() : zip(.multiply, a, b)
    }
  }

  public static func + (a: Symbol, b: Double) -> Symbol { a + a.builder.constant(b) }
  public static func - (a: Symbol, b: Double) -> Symbol { a - a.builder.constant(b) }
  public static func * (a: Symbol, b: Double) -> Symbol { a * a.builder.constant(b) }
  public static func / (a: Symbol, b: Double) -> Symbol { a / a.builder.constant(b) }
  public static func + (a: Double, b: Symbol) -> Symbol { b.builder.constant(a) + b }
  public static func - (a: Double, b: Symbol) -> Symbol { b.builder.constant(a) - b }
  public static func * (a: Double, b: Symbol) -> Symbol { b.builder.constant(a) * b }
  public static func / (a: Double, b: Symbol) -> Symbol { b.builder.constant(a) / b }

  public static func map(_ primitive: Primitive, _ x: Symbol) -> Symbol {
    let x = x.asFloat
    return x.builder.add(primitive, [x], shape: x.shape, type: x.type)
  }

  /// A broadcasting binary operation in the greater of both types; the shapes have been found to fit.
  public static func zip(_ primitive: Primitive, _ a: Symbol, _ b: Symbol) -> Symbol {
    let (a, b, shape) = meeting(a, b)
    let result = a.builder.add(primitive, [a, b], shape: shape, type: a.type)
    return a.builder.withoutStrongZeros(result)
  }

  public static func compare(_ primitive: Primitive, _ a: Symbol, _ b: Symbol) -> Symbol {
    let (a, b, shape) = meeting(a, b)
    return a.builder.add(primitive, [a, b], shape: shape, type: .bool)
  }

  public static func logic(_ primitive: Primitive, _ a: Symbol, _ b: Symbol) -> Symbol {
    let (a, b, shape) = fitting(a.asBool, b.asBool)
    return a.builder.add(primitive, [a, b], shape: shape, type: .bool)
  }

  /// `m ? x : 0`, whatever x is.
  public static func keep(_ m: Symbol, _ x: Symbol) -> Symbol {
    let (x, m, shape) = fitting(x.asFloat, m)
    return x.builder.add(.keep, [m, x], shape: shape, type: x.type)
  }

  /// `c ? a : b`.
  public static func select(_ c: Symbol, _ a: Symbol, _ b: Symbol) -> Symbol { choose(by: .select, c, a, b) }

  /// `c ? a : b` by a primitive that says what that means for zeros.
  static func choose(by primitive: Primitive, _ c: Symbol, _ a: Symbol, _ b: Symbol) -> Symbol {
    let type = commonType(a, b)
    let (a, b, both) = fitting(a, b)
    let (condition, shape): (Symbol, Shape)
    if let whole = both.broadcast(with: c.shape) {
      (condition, shape) = (c.asBool, whole)
    } else {
      a.builder.note(misfit: both, c.shape)
      (condition, shape) = (a.builder.constant(true), both)
    }
    let settled = a.builder.settled(type, shape)
    let operands = [condition, a.converted(to: settled), b.converted(to: settled)]
    return a.builder.add(primitive, operands, shape: shape, type: settled)
  }

  /// Two operands and the shape that both stretch to; if there is none, the call is refused when it is whole, and until
  /// then zeros stand in for the second.
  private static func fitting(_ a: Symbol, _ b: Symbol) -> (Symbol, Symbol, Shape) {
    if let shape = a.shape.broadcast(with: b.shape) { return (a, b, shape) }
    a.builder.note(misfit: a.shape, b.shape)
    return (a, a.builder.constant(0, shape: a.shape, type: b.type), a.shape)
  }

  private static func commonType(_ a: Symbol, _ b: Symbol) -> ElementType { max(a.type, b.type) }

  private static func meeting(_ a: Symbol, _ b: Symbol) -> (Symbol, Symbol, Shape) {
    let (a, b, shape) = fitting(a, b)
    var type = commonType(a, b)
    if type == .bool { type = a.builder.defaultType }
    type = a.builder.settled(type, shape)
    // A literal of rank 0 stays exact while it waits to meet a tensor: it is rounded once, here.
    return (a.converted(to: type), b.converted(to: type), shape)
  }
}
