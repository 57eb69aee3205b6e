import CKernels
import Graphs
import Synchronization
import Tensors

/// Whole strips of a fused group as one function: from a strip to another one, with the sums of each strip.
///
/// One text serves every length; what is left of a last strip is done by the stages.
struct FusionText {
  let text: String

  /// Elements that are at once between their loads and their stores, as the accumulators of a sum.
  private static let tile = Int(GK_TILE)
  /// From so many bytes on what is written passes by the caches.
  private static let leastPassing = 32 << 20

  /// - Parameter isPart: buffers begin anywhere.
  init(_ fusion: Fusion, operands: [ElementType], isPart: Bool) throws(StepText.Unwritable) {
    let text = StepText()
    let kinds = operands.map(\.textKind)
    guard fusion.domain.isFlat, !fusion.parts.contains(where: \.isGuarded) else { throw StepText.Unwritable() }
    for end in fusion.ends where end.type != .bool {
      // Only plain sums are kept in what they are of.
      guard end.op == .sum, end.kept == end.operandType, end.partials != nil else { throw StepText.Unwritable() }
    }
    let all = kinds + fusion.parts.map(\.type.textKind) + fusion.parts.map(\.operandType.textKind)
    let lanes = text.lanes(all.contains(.double) ? .double : .single)
    let count = Self.tile / lanes
    var pointers: [String] = []
    for _ in 0..<operands.count + fusion.targets.count + fusion.ends.count {
      let place = text.value("getelementptr ptr, ptr %args, i64 \(pointers.count)")
      pointers.append(text.value("load ptr, ptr \(place)"))
    }
    let numbers = zip(kinds, fusion.walks).enumerated().map { number, operand -> String? in
      guard operand.1 == .number else { return nil }
      return text.splat(text.load(pointers[number], operand.0, 1), operand.0, lanes)
    }
    guard fusion.walks.allSatisfy({ $0 == .number || $0 == .whole }) else { throw StepText.Unwritable() }
    text.beginRounds()
    text.line("%base = mul i64 %step, \(Fusion.strip)")
    text.line("br label %tile")
    text.label("tile")
    text.line("%i = phi i64 [ 0, %step.begin ], [ %i.next, %tile ]")
    // Added to anything, -0 leaves it as it is.
    for (number, end) in fusion.ends.enumerated() {
      let (kind, own) = (end.operandType.textKind, text.type(end.operandType.textKind, lanes))
      if end.type == .bool {
        text.line("%sum\(number) = phi \(own) [ zeroinitializer, %step.begin ], [ %sum\(number).next, %tile ]")
        continue
      }
      for sub in 0..<count {
        let name = "%sum\(number).\(sub)"
        text.line("\(name) = phi \(own) [ \(text.constant(-0.0, kind, lanes)), %step.begin ], [ \(name).next, %tile ]")
      }
    }
    let from = text.value("add i64 %base, %i")
    func pointer(_ base: String, _ kind: StepText.Kind, _ sub: Int) -> String {
      let place = sub == 0 ? from : text.value("add i64 \(from), \(sub * lanes)")
      return text.value("getelementptr \(kind.stored), ptr \(base), i64 \(place)")
    }
    // For each logical end where it has been decided so far.
    var decided = fusion.ends.indices.map { "%sum\($0)" }
    for sub in 0..<count {
      var known: [String: String] = [:]
      func name(_ place: Fusion.Place) throws(StepText.Unwritable) -> String {
        if case .outside(let number) = place, let splat = numbers[number] { return splat }
        if let known = known["\(place)"] { return known }
        guard case .outside(let number) = place else { throw StepText.Unwritable() }
        let own = text.load(pointer(pointers[number], kinds[number], sub), kinds[number], lanes)
        known["\(place)"] = own
        return own
      }
      for part in fusion.parts {
        var operands: [String] = []
        for operand in part.operands { operands.append(try name(operand.place)) }
        let kind = part.type.textKind
        let own = try text.element(part.primitive.kernel, operands, part.operandType.textKind, kind, lanes)
        known["\(part.result)"] = own
        guard case .target(let number) = part.result else { continue }
        let place = pointer(pointers[kinds.count + number], kind, sub)
        let passes =
          !isPart && fusion.shape.count * kind.stride >= Self.leastPassing && lanes * kind.stride >= 16 && kind != .mask
        text.store(own, place, kind, lanes, passing: passes)
      }
      for (number, end) in fusion.ends.enumerated() {
        let own = try name(end.operand.place)
        if end.type == .bool {
          let decides = end.isAll ? try text.element(.not, [own], .mask, .mask, lanes) : own
          decided[number] = try text.element(.logic(.or), [decided[number], decides], .mask, .mask, lanes)
          continue
        }
        let name = "%sum\(number).\(sub)"
        text.line("\(name).next = fadd \(text.type(end.operandType.textKind, lanes)) \(name), \(own)")
      }
    }
    for (number, end) in fusion.ends.enumerated() where end.type == .bool {
      // Another name for the same.
      let own = text.maskType(lanes)
      text.line("%sum\(number).next = or \(own) \(decided[number]), zeroinitializer")
    }
    text.line("%i.next = add i64 %i, \(Self.tile)")
    text.line("br i1 \(text.value("icmp ult i64 %i.next, \(Fusion.strip)")), label %tile, label %strip.end")
    text.label("strip.end")
    for (number, end) in fusion.ends.enumerated() {
      let kind = end.operandType.textKind
      if end.type == .bool {
        let (found, behind) = (text.freshLabel(), text.freshLabel())
        text.line("br i1 \(text.any("%sum\(number).next", lanes)), label %\(found), label %\(behind)")
        text.label(found)
        // Whoever says so says the same.
        text.line("store i8 \(end.isAll ? 0 : 1), ptr \(pointers[kinds.count + end.target])")
        text.line("br label %\(behind)")
        text.label(behind)
        continue
      }
      var sums = (0..<count).map { "%sum\(number).\($0).next" }
      while sums.count > 1 {
        let half = sums.count / 2
        sums = (0..<half).map { text.joined(.sum, sums[$0], sums[$0 + half], kind, lanes) }
      }
      let home = pointers[kinds.count + fusion.targets.count + number]
      let place = text.value("getelementptr \(kind.stored), ptr \(home), i64 %step")
      text.store(text.halved(.sum, sums[0], kind, lanes), place, kind, 1)
    }
    text.endRounds()
    text.endPassing()
    text.line("ret i64 %step")
    self.text = try text.finished(entry: "")
  }
}

/// The code of a fused group, for all who run its plan.
final class FusionCode: Sendable {
  private enum Stage: Sendable {
    case watched
    case waiting(CompiledCode)
    case ready(CompiledCode)
    case given
  }

  private struct State {
    var stage = Stage.watched
    var milliseconds = 0.0
  }

  private let state = Mutex(State())
  /// Whether what it is given are parts of buffers.
  private let isPart: Bool

  init(isPart: Bool = false) { self.isPart = isPart }

  /// Smaller groups are as fast by their stages, as far as one can notice.
  private static let leastCount = 1 << 14
  /// What the runs must have taken together, in milliseconds: ten times what a compilation takes.
  private static let (least, opening) = (60.0, 150.0)

  /// The code, once it is there; asked for where runs have taken long together.
  func code(for fusion: Fusion, operands: [ElementType]) -> CompiledCode? {
    let policy = CompiledCode.policy
    guard policy != .never, fusion.shape.count >= Self.leastCount else { return nil }
    let isWanted = policy == .always
    return state.withLock { state -> CompiledCode? in
      switch state.stage {
      case .ready(let code): return code
      case .given: return nil
      case .waiting(let code):
        if isWanted { code.wait() }
        return Self.moved(code, &state)
      case .watched:
        let limit = Self.least + (gk_compiler_is_open() != 0 ? 0 : Self.opening)
        guard isWanted || state.milliseconds > limit else { return nil }
        guard let text = try? FusionText(fusion, operands: operands, isPart: isPart),
          let code = CompiledCode(text.text, arguments: [], keeping: [])
        else {
          state.stage = .given
          return nil
        }
        state.stage = .waiting(code)
        guard isWanted else { return nil }
        code.wait()
        return Self.moved(code, &state)
      }
    }
  }

  private static func moved(_ code: CompiledCode, _ state: inout State) -> CompiledCode? {
    switch code.state {
    case .waiting: return nil
    case .ready:
      state.stage = .ready(code)
      return code
    case .failed:
      state.stage = .given
      return nil
    }
  }

  func note(_ time: Duration) { state.withLock { $0.milliseconds += time / .milliseconds(1) } }
}
