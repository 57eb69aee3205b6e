import CKernels
import Tensors

extension Plan {
  /// The outputs' values for these parameters.
  ///
  /// Nothing is allocated if the buffers together exceed `memoryLimit` bytes.
  package func run(_ parameters: [Tensor], memoryLimit: Int = .max) throws(ExecutionError) -> [Tensor] {
    guard byteCount <= memoryLimit else { throw .memory(needed: byteCount, free: memoryLimit) }
    var buffers: [Storage] = []
    buffers.reserveCapacity(slots.count)
    for bytes in slots {
      guard let buffer = Storage(uninitialized: bytes) else { throw .memory(needed: byteCount, free: memoryLimit) }
      buffers.append(buffer)
    }
    let execution = Execution(parameters: parameters, buffers: buffers)
    for step in steps {
      if gk_is_interrupted() != 0 { throw .interrupted }
      try execution.run(step)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    return outputs.map { output in
      switch output.place {
      case .parameter(let number): parameters[number].reshaped(output.shape)
      case .slot(let slot): Tensor(shape: output.shape, type: output.type, storage: buffers[slot])
      }
    }
  }
}

/// The buffers of one run, and the one place where a step becomes kernel calls.
struct Execution {
  let parameters: [Tensor]
  let buffers: [Storage]

  func run(_ step: Plan.Step) throws(ExecutionError) {
    let count = step.shape.count
    if count == 0 { return }
    let isSingle = step.type == .float32
    let y = unsafe buffers[step.target].bytes
    let x = unsafe pointer(step, 0)
    switch step.primitive.kernel {
    case .map(let op):
      if isSingle {
        unsafe gk_map_f32(op, x.floats, y.floats, count)
      } else {
        unsafe gk_map_f64(op, x.doubles, y.doubles, count)
      }
    case .test(let op):
      if step.operands[0].type == .float32 {
        unsafe gk_test_f32(op, x.floats, y.bytes, count)
      } else {
        unsafe gk_test_f64(op, x.doubles, y.bytes, count)
      }
    case .not: unsafe gk_not_b8(x.bytes, y.bytes, count)
    case .zip, .compare, .logic, .select, .keep: runBroadcasting(step)
    case .convert: convert(step)
    case .reshape: preconditionFailure("a reshape has no step")
    case .fill: fill(step)
    case .iota:
      for i in 0..<count {
        if isSingle { unsafe y.floats[i] = Float(i) } else { unsafe y.doubles[i] = Double(i) }
      }
    case .broadcast, .transpose, .slice, .embed, .concat: move(step)
    case .reduce, .reduceLogic, .argument, .scan: reduce(step)
    case .take, .takeAdjoint, .gather, .gatherAdjoint: try pick(step)
    case .matrixProduct: multiply(step)
    case .uniform, .normal:
      let seed = UInt64(clamping: Int64(exactly: value(step, 0)) ?? 0)
      let draw = UInt64(clamping: Int64(exactly: value(step, 1)) ?? 0)
      switch (step.primitive.kernel, isSingle) {
      case (.uniform, true): unsafe gk_uniform_f32(seed, draw, y.floats, count)
      case (.uniform, false): unsafe gk_uniform_f64(seed, draw, y.doubles, count)
      case (_, true): unsafe gk_normal_f32(seed, draw, y.floats, count)
      case (_, false): unsafe gk_normal_f64(seed, draw, y.doubles, count)
      }
    case .host(let body):
      let values = step.operands.map { HostValue(values: tensor($0).values, extents: $0.shape.extents) }
      store(try body(values, step.attributes), in: step)
    }
  }

  func tensor(_ operand: Plan.Operand) -> Tensor {
    switch operand.place {
    case .parameter(let number): parameters[number].reshaped(operand.shape)
    case .slot(let slot): Tensor(shape: operand.shape, type: operand.type, storage: buffers[slot])
    }
  }

  func value(_ step: Plan.Step, _ position: Int) -> Double { tensor(step.operands[position])[flat: 0] }

  /// The first byte of an operand; for a step without operands, of its target.
  func pointer(_ step: Plan.Step, _ position: Int) -> UnsafeMutableRawPointer {
    guard position < step.operands.count else { return unsafe buffers[step.target].bytes }
    switch step.operands[position].place {
    case .parameter(let number): return unsafe parameters[number].storage.bytes
    case .slot(let slot): return unsafe buffers[slot].bytes
    }
  }

  func store(_ values: [Double], in step: Plan.Step) {
    precondition(values.count == step.shape.count, "\(step.primitive.name) fills its result")
    let y = unsafe buffers[step.target].bytes
    for (i, value) in values.enumerated() {
      switch step.type {
      case .bool: unsafe y.bytes[i] = value != 0 ? 1 : 0
      case .float32: unsafe y.floats[i] = Float(value)
      case .literal, .float64: unsafe y.doubles[i] = value
      }
    }
  }

  private func fill(_ step: Plan.Step) {
    let value = Double(bitPattern: UInt64(bitPattern: Int64(step.attributes[0])))
    let y = unsafe buffers[step.target].bytes
    let count = step.shape.count
    switch step.type {
    case .bool: unsafe y.bytes.update(repeating: value != 0 ? 1 : 0, count: count)
    case .float32: unsafe y.floats.update(repeating: Float(value), count: count)
    case .literal, .float64: unsafe y.doubles.update(repeating: value, count: count)
    }
  }

  private func convert(_ step: Plan.Step) {
    let x = unsafe pointer(step, 0)
    let y = unsafe buffers[step.target].bytes
    let count = step.shape.count
    switch (step.operands[0].type, step.type) {
    case (.bool, .bool): unsafe y.copyMemory(from: x, byteCount: count)
    case (.bool, .float32): unsafe gk_f32_from_b8(x.bytes, y.floats, count)
    case (.bool, _): unsafe gk_f64_from_b8(x.bytes, y.doubles, count)
    case (.float32, .bool): unsafe gk_b8_from_f32(x.floats, y.bytes, count)
    case (.float32, .float32): unsafe y.copyMemory(from: x, byteCount: count * 4)
    case (.float32, _): unsafe gk_f64_from_f32(x.floats, y.doubles, count)
    case (_, .bool): unsafe gk_b8_from_f64(x.doubles, y.bytes, count)
    case (_, .float32): unsafe gk_f32_from_f64(x.doubles, y.floats, count)
    default: unsafe y.copyMemory(from: x, byteCount: count * 8)
    }
  }

  private func runBroadcasting(_ step: Plan.Step) {
    guard let loop = step.loop else { preconditionFailure("a broadcasting step has its loop") }
    let operandType = step.operands[step.operands.count - 1].type
    let isSingle = operandType == .float32
    let a = unsafe pointer(step, 0)
    let b = unsafe pointer(step, 1)
    let y = unsafe buffers[step.target].bytes
    let n = loop.inner
    let s = loop.innerStrides
    loop.forEachRun { o, t in
      switch step.primitive.kernel {
      case .zip(let op):
        if isSingle {
          unsafe gk_zip_f32(op, a.floats + o[0], s[0], b.floats + o[1], s[1], y.floats + t, n)
        } else {
          unsafe gk_zip_f64(op, a.doubles + o[0], s[0], b.doubles + o[1], s[1], y.doubles + t, n)
        }
      case .compare(let op):
        if isSingle {
          unsafe gk_compare_f32(op, a.floats + o[0], s[0], b.floats + o[1], s[1], y.bytes + t, n)
        } else {
          unsafe gk_compare_f64(op, a.doubles + o[0], s[0], b.doubles + o[1], s[1], y.bytes + t, n)
        }
      case .logic(let op): unsafe gk_logic_b8(op, a.bytes + o[0], s[0], b.bytes + o[1], s[1], y.bytes + t, n)
      case .keep:
        if isSingle {
          unsafe gk_keep_f32(a.bytes + o[0], s[0], b.floats + o[1], s[1], y.floats + t, n)
        } else {
          unsafe gk_keep_f64(a.bytes + o[0], s[0], b.doubles + o[1], s[1], y.doubles + t, n)
        }
      default:
        let c = unsafe pointer(step, 2)
        if step.type == .bool {
          unsafe gk_select_b8(
            a.bytes + o[0], s[0], b.bytes + o[1], s[1], c.bytes + o[2], s[2], y.bytes + t, n)
        } else if isSingle {
          unsafe gk_select_f32(
            a.bytes + o[0], s[0], b.floats + o[1], s[1], c.floats + o[2], s[2], y.floats + t, n)
        } else {
          unsafe gk_select_f64(
            a.bytes + o[0], s[0], b.doubles + o[1], s[1], c.doubles + o[2], s[2], y.doubles + t, n)
        }
      }
    }
  }
}

extension UnsafeMutableRawPointer {
  var floats: UnsafeMutablePointer<Float> { unsafe assumingMemoryBound(to: Float.self) }
  var doubles: UnsafeMutablePointer<Double> { unsafe assumingMemoryBound(to: Double.self) }
  var bytes: UnsafeMutablePointer<UInt8> { unsafe assumingMemoryBound(to: UInt8.self) }
}
