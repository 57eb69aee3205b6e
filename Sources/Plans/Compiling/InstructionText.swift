import CKernels
import Graphs
import Tensors

/// What each instruction does, as text.
extension StepText {
  /// All steps of a plan, with the instructions that they are here.
  func write(_ steps: [Plan.Step], _ instructions: [Instruction], _ execution: Execution) throws(Unwritable) {
    for (step, instruction) in Swift.zip(steps, instructions) { try write(step, instruction, execution) }
  }

  private func write(_ step: Plan.Step, _ instruction: Instruction, _ execution: Execution) throws(Unwritable) {
    if case .step = instruction { return try write(step, execution) }
    guard try write(instruction) else { throw Unwritable() }
    switch instruction {
    case .product32(let product), .product64(let product): if !product.isChecked { return }
    default: if !instruction.isChecked { return }
    }
    let y = unsafe Int(bitPattern: execution.buffers[step.target].bytes)
    try expectFinite(y, step.type.textKind, step.shape.count)
  }

  private func expectFinite(_ address: Int, _ kind: Kind, _ count: Int) throws(Unwritable) {
    guard kind != .mask else { return }
    for chunk in chunks(count, kind) {
      expectFinite(try read(address + chunk.from * kind.stride, kind, chunk.count), kind, chunk.count)
    }
  }

  // MARK: Instructions

  private func write(_ instruction: Instruction) throws(Unwritable) -> Bool {
    switch instruction {
    case .map32(let op, let x, let y, let n): try unsafe map(op, address(x), address(y), n, .single)
    case .map64(let op, let x, let y, let n): try unsafe map(op, address(x), address(y), n, .double)
    case .zip32(let op, let run), .checkedZip32(let op, let run): try zip(op, run, .single)
    case .zip64(let op, let run), .checkedZip64(let op, let run): try zip(op, run, .double)
    case .compare32(let op, let run): try compare(op, run, .single)
    case .compare64(let op, let run): try compare(op, run, .double)
    case .logic(let op, let run):
      try elements(run, [.mask, .mask], to: .mask) { x, n throws(Unwritable) in
        try self.element(.logic(op), x, .mask, .mask, n)
      }
    case .keep32(let run): try keep(run, .single)
    case .keep64(let run): try keep(run, .double)
    case .select8(let run): try select(run, .mask)
    case .select32(let run): try select(run, .single)
    case .select64(let run): try select(run, .double)
    case .test32(let op, let x, let y, let n): try unsafe test(op, address(x), address(y), n, .single)
    case .test64(let op, let x, let y, let n): try unsafe test(op, address(x), address(y), n, .double)
    case .not(let x, let y, let n):
      try unsafe elements([(address(x), 1, .mask)], to: (address(y), .mask), n) { x, n throws(Unwritable) in
        try self.element(.not, x, .mask, .mask, n)
      }
    case .convert(let from, let to, let x, let y, let n):
      try unsafe convert(Self.kind(from), Self.kind(to), address(x), address(y), n)
    case .reduce32(let op, let x, let y, let outer, let extent, let inner):
      try unsafe reduce(op, address(x), address(y), outer, extent, inner, .single, .single)
    case .reduce64(let op, let x, let y, let outer, let extent, let inner):
      try unsafe reduce(op, address(x), address(y), outer, extent, inner, .double, .double)
    case .reduceWide(let op, let x, let y, let outer, let extent, let inner):
      try unsafe reduce(op, address(x), address(y), outer, extent, inner, .single, .double)
    case .product32(let product): try multiply(product, .single)
    case .product64(let product): try multiply(product, .double)
    case .add64(let a, let b, let y): try unsafe zip(.add, Instruction.Run(a: a, b: b, y: y), .double)
    case .subtract64(let a, let b, let y): try unsafe zip(.subtract, Instruction.Run(a: a, b: b, y: y), .double)
    case .multiply64(let a, let b, let y): try unsafe zip(.multiply, Instruction.Run(a: a, b: b, y: y), .double)
    case .compareOne(let op, let a, let b, let y):
      try unsafe compare(op, Instruction.Run(a: a, b: b, y: y), .double)
    case .copy(let copy): try copy.write(to: self)
    case .none: break
    case .step: return false
    }
    noteInlined()
    return true
  }

  private func address(_ pointer: UnsafeMutableRawPointer) -> Int { Int(bitPattern: pointer) }

  private static func kind(_ type: gk_type) -> Kind { type == GK_B8 ? .mask : type == GK_F32 ? .single : .double }

  // MARK: Elements

  private typealias Source = (address: Int, stride: Int, kind: Kind)

  private func elements(
    _ run: Instruction.Run, _ kinds: [Kind], to kind: Kind, _ body: ([String], Int) throws(Unwritable) -> String
  ) throws(Unwritable) {
    let all = unsafe [
      (address(run.a), run.strides.a), (address(run.b), run.strides.b), (address(run.c), run.strides.c),
    ]
    let sources = Swift.zip(all, kinds).map { ($0.0, $0.1, $1) }
    try unsafe elements(sources, to: (address(run.y), kind), run.count, body)
  }

  /// Vector by vector; what is written comes when all is read.
  private func elements(
    _ sources: [Source], to target: (address: Int, kind: Kind), _ count: Int,
    _ body: ([String], Int) throws(Unwritable) -> String
  ) throws(Unwritable) {
    guard count <= Self.mostElements else { throw Unwritable() }
    let widest: Kind = sources.contains { $0.kind == .double } || target.kind == .double ? .double : .single
    var results: [(String, Int, Int)] = []
    var same: [Int: (String, Int)] = [:]
    for chunk in chunks(count, widest) {
      var operands: [String] = []
      for (number, source) in sources.enumerated() {
        if source.stride != 0 {
          operands.append(try read(source.address + chunk.from * source.kind.stride, source.kind, chunk.count))
        } else if let (name, count) = same[number], count == chunk.count {
          operands.append(name)
        } else {
          let name = try readSplat(source.address, source.kind, chunk.count)
          same[number] = (name, chunk.count)
          operands.append(name)
        }
      }
      results.append((try body(operands, chunk.count), chunk.from, chunk.count))
    }
    for (name, first, count) in results {
      try write(name, target.address + first * target.kind.stride, target.kind, count)
    }
  }

  private func map(_ op: gk_map, _ x: Int, _ y: Int, _ count: Int, _ kind: Kind) throws(Unwritable) {
    if isBrief(op), count <= Self.mostElements {
      return try elements([(x, 1, kind)], to: (y, kind), count) { v, n throws(Unwritable) in
        try self.element(.map(op), v, kind, kind, n)
      }
    }
    try call(kind == .single ? .map_f32 : .map_f64, "i32 \(op.rawValue)", [(x, count, kind)], (y, count, kind)) {
      "ptr \($0[0]), ptr \($1), i64 \(count)"
    }
  }

  private func zip(_ op: gk_zip, _ run: Instruction.Run, _ kind: Kind) throws(Unwritable) {
    if op == .remainder, fuses, run.count == 1 { return try remainder(run, kind) }
    guard isBrief(op), run.count <= Self.mostElements else { return try callZip(op, run, kind) }
    try elements(run, [kind, kind], to: kind) { x, n throws(Unwritable) in
      try self.element(.zip(op), x, kind, kind, n)
    }
  }

  /// One remainder, without a call where the quotient isn't large, as powers.h has it.
  private func remainder(_ run: Instruction.Run, _ kind: Kind) throws(Unwritable) {
    let (a, b) = (try read(unsafe address(run.a), kind, 1), try read(unsafe address(run.b), kind, 1))
    let size = intrinsic("fabs", [b], kind, 1)
    let most = value("fmul \(kind.name) \(size), \(literal(kind == .single ? 0x1p28 : 0x1p51, kind))")
    let isNear = ask("ole", intrinsic("fabs", [a], kind, 1), most, kind, 1)
    let isFinite = ask("olt", size, literal(.infinity, kind), kind, 1)
    let (easy, hard, behind) = (freshLabel(), freshLabel(), freshLabel())
    line("br i1 \(value("and i1 \(isNear), \(isFinite)")), label %\(easy), label %\(hard)")
    label(easy)
    // The quotient of floats is taken in double, where the product and the difference are exact.
    let (u, v) = (widen(a, kind, .double, 1), widen(b, kind, .double, 1))
    let quotient = intrinsic("trunc", [value("fdiv double \(u), \(v)")], .double, 1)
    let rest =
      kind == .single
      ? value("fsub double \(u), \(value("fmul double \(quotient), \(v)"))")
      : intrinsic("fma", [value("fneg double \(quotient)"), v, u], .double, 1)
    let zero = literal(0, .double)
    let (isDown, isBelow) = (ask("olt", rest, zero, .double, 1), ask("olt", v, zero, .double, 1))
    let moved = value("fadd double \(rest), \(v)")
    let turned = choose(value("xor i1 \(isDown), \(isBelow)"), moved, rest, .double, 1)
    let none = intrinsic("copysign", [zero, v], .double, 1)
    let result = choose(ask("oeq", rest, zero, .double, 1), none, turned, .double, 1)
    let near = kind == .single ? value("fptrunc double \(result) to float") : result
    line("br label %\(behind)")
    label(hard)
    let scratch = [word(kind.name), word(kind.name), word(kind.name)]
    store(a, scratch[0], kind, 1)
    store(b, scratch[1], kind, 1)
    let own = unsafe UInt(bitPattern: gk_called_address(kind == .single ? .zip_f32 : .zip_f64))
    line(
      "call void inttoptr (i64 \(own) to ptr)(i32 \(gk_zip.remainder.rawValue), ptr \(scratch[0]), i64 1, "
        + "ptr \(scratch[1]), i64 1, ptr \(scratch[2]), i64 1)")
    let far = load(scratch[2], kind, 1)
    line("br label %\(behind)")
    label(behind)
    let name = value("phi \(kind.name) [ \(near), %\(easy) ], [ \(far), %\(hard) ]")
    try write(name, unsafe address(run.y), kind, 1)
  }

  private func callZip(_ op: gk_zip, _ run: Instruction.Run, _ kind: Kind) throws(Unwritable) {
    let counts = [run.strides.a, run.strides.b].map { $0 == 0 ? 1 : run.count }
    let operands = unsafe [(address(run.a), counts[0], kind), (address(run.b), counts[1], kind)]
    try unsafe call(
      kind == .single ? .zip_f32 : .zip_f64, "i32 \(op.rawValue)", operands, (address(run.y), run.count, kind)
    ) { x, y in
      "ptr \(x[0]), i64 \(run.strides.a), ptr \(x[1]), i64 \(run.strides.b), ptr \(y), i64 \(run.count)"
    }
  }

  private func compare(_ op: gk_comparison, _ run: Instruction.Run, _ kind: Kind) throws(Unwritable) {
    try elements(run, [kind, kind], to: .mask) { x, n throws(Unwritable) in
      try self.element(.compare(op), x, kind, .mask, n)
    }
  }

  private func test(_ op: gk_test, _ x: Int, _ y: Int, _ count: Int, _ kind: Kind) throws(Unwritable) {
    try elements([(x, 1, kind)], to: (y, .mask), count) { v, n throws(Unwritable) in
      try self.element(.test(op), v, kind, .mask, n)
    }
  }

  private func keep(_ run: Instruction.Run, _ kind: Kind) throws(Unwritable) {
    try elements(run, [.mask, kind], to: kind) { x, n throws(Unwritable) in
      try self.element(.keep, x, kind, kind, n)
    }
  }

  private func select(_ run: Instruction.Run, _ kind: Kind) throws(Unwritable) {
    try elements(run, [.mask, kind, kind], to: kind) { x, n throws(Unwritable) in
      try self.element(.select, x, kind, kind, n)
    }
  }

  private func convert(_ from: Kind, _ to: Kind, _ x: Int, _ y: Int, _ count: Int) throws(Unwritable) {
    try elements([(x, 1, from)], to: (y, to), count) { v, n throws(Unwritable) in
      try self.element(.convert, v, from, to, n)
    }
  }

  // MARK: Calls

  /// A kernel's call; what is in registers is handed over in memory of its own.
  private func call(
    _ function: gk_called, _ first: String, _ operands: [(address: Int, count: Int, kind: Kind)],
    _ result: (address: Int, count: Int, kind: Kind), _ arguments: ([String], String) -> String
  ) throws(Unwritable) {
    var pointers: [String] = []
    for operand in operands {
      let bytes = operand.count * operand.kind.stride
      let (region, offset) = try place(operand.address, bytes)
      if region.isInMemory {
        flush(region, offset..<offset + bytes)
        pointers.append(pointer(region, offset))
        continue
      }
      let scratch = word("[\(bytes) x i8]")
      for chunk in chunks(operand.count, operand.kind) {
        let own = try read(operand.address + chunk.from * operand.kind.stride, operand.kind, chunk.count)
        let target = value("getelementptr i8, ptr \(scratch), i64 \(chunk.from * operand.kind.stride)")
        store(own, target, operand.kind, chunk.count)
      }
      pointers.append(scratch)
    }
    let bytes = result.count * result.kind.stride
    let (region, offset) = try place(result.address, bytes)
    guard region.home != .fixed else { throw Unwritable() }
    let isApart = !region.isInMemory
    let target = isApart ? word("[\(bytes) x i8]") : pointer(region, offset)
    if !isApart { flush(region, offset..<offset + bytes, forgetting: true) }
    let address = unsafe UInt(bitPattern: gk_called_address(function))
    let begin = first.isEmpty ? "" : first + ", "
    line("call void inttoptr (i64 \(address) to ptr)(\(begin)\(arguments(pointers, target)))")
    noteCall()
    guard isApart else { return }
    for chunk in chunks(result.count, result.kind) {
      let from = value("getelementptr i8, ptr \(target), i64 \(chunk.from * result.kind.stride)")
      let own = load(from, result.kind, chunk.count)
      try write(own, result.address + chunk.from * result.kind.stride, result.kind, chunk.count)
    }
  }

  // MARK: Reductions

  /// How many elements of a run are kept apart at once, as reduce_loops.h has it.
  private static let (manyLanes, fewLanes, longestRun, mostRows) = (64, 8, 1024, 64)

  private func reduce(
    _ op: gk_reduction, _ x: Int, _ y: Int, _ outer: Int, _ extent: Int, _ inner: Int, _ from: Kind, _ to: Kind
  ) throws(Unwritable) {
    let isInline =
      op != .norm && outer * extent * inner <= Self.mostElements
      && (inner == 1 || extent <= Self.mostRows && !(inner <= 128 && extent * inner >= 512))
    guard isInline else {
      let function: gk_called = from != to ? .reduce_wide_f32 : from == .single ? .reduce_f32 : .reduce_f64
      return try call(
        function, "i32 \(op.rawValue)", [(x, outer * extent * inner, from)], (y, outer * inner, to)
      ) { "ptr \($0[0]), i64 \(outer), i64 \(extent), i64 \(inner), ptr \($1)" }
    }
    let start: Double =
      switch op {
      case .sum, .norm: 0
      case .prod: 1
      case .max: -.infinity
      case .min: .infinity
      }
    for block in 0..<outer {
      let own = x + block * extent * inner * from.stride
      if inner == 1 {
        let result = try run(op, own, extent, start, from, to)
        try write(result, y + block * to.stride, to, 1)
        continue
      }
      var results: [(String, Int, Int)] = []
      for chunk in chunks(inner, to) {
        var sum = constant(start, to, chunk.count)
        for row in 0..<extent {
          let place = own + (row * inner + chunk.from) * from.stride
          sum = joined(op, sum, widen(try read(place, from, chunk.count), from, to, chunk.count), to, chunk.count)
        }
        results.append((sum, chunk.from, chunk.count))
      }
      for (name, first, count) in results { try write(name, y + (block * inner + first) * to.stride, to, count) }
    }
  }

  func widen(_ name: String, _ from: Kind, _ to: Kind, _ count: Int) -> String {
    from == to ? name : value("fpext \(type(from, count)) \(name) to \(type(to, count))")
  }

  /// One joined to what is known; a NaN of either counts.
  func joined(_ op: gk_reduction, _ u: String, _ v: String, _ kind: Kind, _ n: Int) -> String {
    let own = type(kind, n)
    switch op {
    case .sum, .norm: return value("fadd \(own) \(u), \(v)")
    case .prod: return value("fmul \(own) \(u), \(v)")
    case .max, .min:
      let isBetter = ask(op == .max ? "ogt" : "olt", v, u, kind, n)
      let isOdd = ask("uno", v, v, kind, n)
      return choose(value("or \(maskType(n)) \(isBetter), \(isOdd)"), v, u, kind, n)
    }
  }

  /// A contiguous run.
  private func run(
    _ op: gk_reduction, _ x: Int, _ count: Int, _ start: Double, _ from: Kind, _ to: Kind
  ) throws(Unwritable) -> String {
    var result = constant(start, to, 1)
    let lanes = count >= Self.manyLanes ? Self.manyLanes : count >= Self.fewLanes ? Self.fewLanes : 0
    var next = 0
    if lanes > 0 {
      let parts = chunks(lanes, to)
      var sums: [String] = []
      while next + lanes <= count {
        var own: [String] = []
        for part in parts {
          let name = try read(x + (next + part.from) * from.stride, from, part.count)
          own.append(widen(name, from, to, part.count))
        }
        // The order in which NaN is met makes no difference: the result is one.
        sums = sums.isEmpty ? own : Swift.zip(Swift.zip(sums, own), parts).map { joined(op, $0.0, $0.1, to, $1.count) }
        next += lanes
      }
      while sums.count > 1 {
        let half = sums.count / 2
        sums = (0..<half).map { joined(op, sums[$0], sums[$0 + half], to, parts[0].count) }
      }
      result = halved(op, sums[0], to, parts[0].count)
    }
    while next < count {
      let one = widen(try read(x + next * from.stride, from, 1), from, to, 1)
      result = joined(op, result, one, to, 1)
      next += 1
    }
    return result
  }

  /// The upper half onto the lower one, until one is left.
  func halved(_ op: gk_reduction, _ name: String, _ kind: Kind, _ count: Int) -> String {
    var (name, count) = (name, count)
    while count > 1 {
      let half = count / 2
      let (low, high) = (cut(name, kind, of: count, from: 0, half), cut(name, kind, of: count, from: half, half))
      (name, count) = (joined(op, low, high, kind, half), half)
    }
    return name
  }

  // MARK: Products

  /// Multiplications of vectors that are written out.
  private static let mostMultiplications = 640

  private func multiply(_ p: Instruction.Product, _ kind: Kind) throws(Unwritable) {
    let (m, k, n) = (p.m, p.k, p.n)
    let lanes = lanes(kind)
    guard m > 0, k > 0, n > 0, !p.isLarge else { throw Unwritable() }
    let (a, b, y) = unsafe (address(p.a), address(p.b), address(p.y))
    let isSmall =
      m * ((n + lanes - 1) / lanes) * k <= Self.mostMultiplications && k <= 128
      && (p.bColumn == 1 || n == 1 || m == 1 || k * n <= 64)
    if isSmall {
      if n == 1, p.aRow == 1, !(m == 1 && p.aColumn == 1), m < 8 * lanes {
        return try combine(b, p.bRow, a, p.aColumn, y, k, m, kind)
      }
      if n == 1, p.aColumn == 1 { return try dots(a, p.aRow, b, p.bRow, y, m, k, kind) }
      if m == 1, n > 1 || p.bRow != 1, p.bColumn == 1, n < 8 * lanes {
        return try combine(a, p.aColumn, b, p.bRow, y, k, n, kind)
      }
      if m == 1, p.bRow == 1 { return try dots(b, p.bColumn, a, p.aColumn, y, n, k, kind) }
      if m > 1, n > 1 { return try tiles(p, kind) }
    }
    func extent(_ rows: Int, _ rowStride: Int, _ columns: Int, _ columnStride: Int) throws(Unwritable) -> Int {
      guard rowStride >= 0, columnStride >= 0 else { throw Unwritable() }
      return (rows - 1) * rowStride + (columns - 1) * columnStride + 1
    }
    let operands = [
      (a, try extent(m, p.aRow, k, p.aColumn), kind), (b, try extent(k, p.bRow, n, p.bColumn), kind),
    ]
    try call(kind == .single ? .matmul_f32 : .matmul_f64, "", operands, (y, m * n, kind)) { x, y in
      "ptr \(x[0]), i64 \(p.aRow), i64 \(p.aColumn), ptr \(x[1]), i64 \(p.bRow), i64 \(p.bColumn), ptr \(y), "
        + "i64 \(m), i64 \(k), i64 \(n)"
    }
  }

  /// a * b + c, rounded once where the kernel rounds once.
  private func multiplyAdd(_ a: String, _ b: String, _ c: String, _ kind: Kind, _ n: Int) -> String {
    if fuses { return intrinsic("fma", [a, b, c], kind, n) }
    let own = type(kind, n)
    return value("fadd \(own) \(value("fmul \(own) \(a), \(b)")), \(c)")
  }

  private func tiles(_ p: Instruction.Product, _ kind: Kind) throws(Unwritable) {
    let (a, b, y) = unsafe (address(p.a), address(p.b), address(p.y))
    let width = kind.stride
    var results: [(String, Int, Int)] = []
    for chunk in chunks(p.n, kind) {
      var rows: [String] = []
      for l in 0..<p.k {
        let places = (0..<chunk.count).map { b + (l * p.bRow + (chunk.from + $0) * p.bColumn) * width }
        rows.append(try gather(places, kind))
      }
      for i in 0..<p.m {
        var sum = constant(0, kind, chunk.count)
        for l in 0..<p.k {
          let factor = try readSplat(a + (i * p.aRow + l * p.aColumn) * width, kind, chunk.count)
          sum = multiplyAdd(factor, rows[l], sum, kind, chunk.count)
        }
        results.append((sum, i * p.n + chunk.from, chunk.count))
      }
    }
    for (name, place, count) in results { try write(name, y + place * width, kind, count) }
  }

  /// y [n] = x [k] @ b [k, n], b's columns adjacent.
  private func combine(
    _ x: Int, _ xStride: Int, _ b: Int, _ bRow: Int, _ y: Int, _ k: Int, _ n: Int, _ kind: Kind
  ) throws(Unwritable) {
    let width = kind.stride
    var results: [(String, Int, Int)] = []
    for chunk in chunks(n, kind) {
      let zero = constant(0, kind, chunk.count)
      var sums = [zero, zero]
      for l in 0..<k {
        let factor = try readSplat(x + l * xStride * width, kind, chunk.count)
        let row = try read(b + (l * bRow + chunk.from) * width, kind, chunk.count)
        sums[l & 1] = multiplyAdd(factor, row, sums[l & 1], kind, chunk.count)
      }
      results.append((value("fadd \(type(kind, chunk.count)) \(sums[0]), \(sums[1])"), chunk.from, chunk.count))
    }
    for (name, place, count) in results { try write(name, y + place * width, kind, count) }
  }

  /// y [m] = a [m, k] @ x [k], the rows of a without gaps.
  private func dots(
    _ a: Int, _ aRow: Int, _ x: Int, _ xStride: Int, _ y: Int, _ m: Int, _ k: Int, _ kind: Kind
  ) throws(Unwritable) {
    let (width, lanes) = (kind.stride, lanes(kind))
    // Lanes behind the last element only add 0, which the sum of both registers does as well.
    var used = 1
    while used < min(k, lanes) { used *= 2 }
    func vector(_ address: Int, _ stride: Int, _ count: Int) throws(Unwritable) -> String {
      padded(try gather((0..<count).map { address + $0 * stride * width }, kind), kind, count, to: used)
    }
    var results: [String] = []
    for row in 0..<m {
      let zero = constant(0, kind, used)
      var (sums, next) = ([zero, zero], 0)
      func add(_ place: Int, _ count: Int, _ number: Int) throws(Unwritable) {
        let factor = try vector(a + (row * aRow + place) * width, 1, count)
        sums[number] = multiplyAdd(
          factor, try vector(x + place * xStride * width, xStride, count), sums[number], kind, used)
      }
      while next + 2 * lanes <= k {
        try add(next, lanes, 0)
        try add(next + lanes, lanes, 1)
        next += 2 * lanes
      }
      while next < k {
        try add(next, min(lanes, k - next), 0)
        next += lanes
      }
      results.append(halved(.sum, value("fadd \(type(kind, used)) \(sums[0]), \(sums[1])"), kind, used))
    }
    for (row, name) in results.enumerated() { try write(name, y + row * width, kind, 1) }
  }

  // MARK: Other steps

  /// What isn't one instruction.
  private func write(_ step: Plan.Step, _ execution: Execution) throws(Unwritable) {
    guard step.fusion == nil, step.shape.count <= Self.mostElements else { throw Unwritable() }
    let (count, kind) = (step.shape.count, step.type.textKind)
    let y = unsafe address(execution.buffers[step.target].bytes)
    let x = unsafe address(execution.pointer(step, 0))
    switch step.primitive.kernel {
    case .zip, .compare, .logic, .select, .keep:
      guard let loop = step.loop else { throw Unwritable() }
      var runs: [Instruction] = []
      loop.forEachRun { offsets, target in runs.append(execution.instruction(for: step, at: offsets, target)) }
      for run in runs where try !write(run) { throw Unwritable() }
    case .fill(let number):
      for chunk in chunks(count, kind) {
        let own = constant(number.value, kind, chunk.count)
        try write(own, y + chunk.from * kind.stride, kind, chunk.count)
      }
    case .broadcast:
      let strides = BroadcastLoop.strides(of: step.operands[0].shape, over: step.shape)
      try move(x, kind, strides, 0, step.shape.extents, to: y)
    case .transpose(let permutation):
      let own = step.operands[0].shape.strides
      try move(x, kind, permutation.map { own[$0] }, 0, step.shape.extents, to: y)
    case .slice(let cut):
      let own = step.operands[0].shape.strides
      let offset = Swift.zip(cut.starts, own).reduce(0) { $0 + $1.0 * $1.1 }
      try move(x, kind, Swift.zip(cut.steps, own).map(*), offset, step.shape.extents, to: y)
    case .matrixProduct:
      guard step.shape.extents.dropLast(2).allSatisfy({ $0 == 1 }),
        try write(execution.product(step, 0, 0, 0, isChecked: false))
      else { throw Unwritable() }
    case .map, .test, .not, .convert, .reshape, .embed, .window, .windowAdjoint, .concat, .iota, .reduce, .reduceLogic,
      .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint, .planned, .loop, .uniform, .normal, .host:
      throw Unwritable()
    }
    if step.isGuarded || step.operands.count == 4 { try expectFinite(y, kind, count) }
  }

  /// A buffer seen through strides, in elements.
  private func move(
    _ x: Int, _ kind: Kind, _ strides: [Int], _ offset: Int, _ extents: [Int], to y: Int
  ) throws(Unwritable) {
    var places = [offset]
    for (extent, stride) in Swift.zip(extents, strides) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    guard places.count <= Self.mostElements / 4 else { throw Unwritable() }
    var results: [(String, Int, Int)] = []
    for chunk in chunks(places.count, kind) {
      let own = places[chunk.from..<chunk.from + chunk.count].map { x + $0 * kind.stride }
      results.append((try gather(own, kind), chunk.from, chunk.count))
    }
    for (name, first, count) in results { try write(name, y + first * kind.stride, kind, count) }
  }
}
