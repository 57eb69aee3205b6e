import Graphs
import Refusals
import Syntax
import Tensors

/// Names whose rows are drawn together, so many at a time.
struct Batches {
  let names: [String]
  /// What the names hold, as many rows each.
  let tensors: [Tensor]
  let rowCount: Int
  /// Rows of one step.
  let size: Int

  /// Nil where no data is named.
  init?(
    _ data: Expression?, _ given: Arguments, _ evaluator: Evaluator, _ range: SourceRange
  ) throws(Diagnostic) {
    guard let data else {
      guard !given.has("batch") else {
        throw Diagnostic(
          "'batch' needs to know what is drawn from", at: range, help: "train(loss, batch=32, data=(x, t), epochs=10)")
      }
      return nil
    }
    let parts: [Expression] =
      switch data.kind {
      case .tuple(let parts), .list(let parts): parts
      default: [data]
      }
    var names: [String] = []
    var tensors: [Tensor] = []
    for part in parts {
      guard case .name(let name) = part.kind, case .tensor(let held, _)? = evaluator.session.names[name]?.content,
        held.tensor.shape.rank > 0
      else {
        throw Diagnostic("data= takes names that hold rows", at: part.range, help: "data=(x, t)")
      }
      if let first = tensors.first, first.shape[0] != held.tensor.shape[0] {
        throw Diagnostic(
          "data= takes equally many rows; \(names[0]) has \(first.shape[0]), \(name) has \(held.tensor.shape[0])",
          at: part.range)
      }
      names.append(name)
      tensors.append(held.tensor)
    }
    guard let first = tensors.first, first.shape[0] > 0 else {
      throw Diagnostic("data= names nothing that has rows", at: data.range, help: "data=(x, t)")
    }
    let rows = first.shape[0]
    let size = try located(at: range, try given.integer("batch", default: rows))
    guard size > 0 else { throw Diagnostic("a batch has at least one row; \(size) was given", at: range) }
    (self.names, self.tensors, rowCount, self.size) = (names, tensors, rows, min(size, rows))
  }

  var stepsPerEpoch: Int { (rowCount + size - 1) / size }

  /// How many steps are taken where that isn't said in steps.
  static func steps(_ given: Arguments, _ batches: Batches?) throws(Refusal) -> Int {
    guard given.has("epochs") else { return 100 }
    let epochs = try given.integer("epochs")
    guard epochs >= 0, epochs <= 1 << 32 else { throw Refusal("train can't go through \(epochs) epochs") }
    guard !given.has("steps") else { throw Refusal("train takes steps= or epochs=, not both") }
    let (steps, overflow) = epochs.multipliedReportingOverflow(by: batches?.stepsPerEpoch ?? 1)
    guard !overflow else { throw Refusal("train can't go through \(epochs) epochs") }
    return steps
  }

  /// In which order rows are drawn in so many steps.
  func order(for steps: Int, seed: UInt64, draw: Int) -> BatchOrder {
    BatchOrder(batches: self, epochs: (steps + stepsPerEpoch - 1) / stepsPerEpoch, seed: seed, draw: draw)
  }
}

/// The rows of each step: shuffled anew in each epoch, by the seed and the number of a draw.
struct BatchOrder {
  let batches: Batches
  let epochs: Int
  let seed: UInt64
  let draw: Int

  /// Draws that it takes: one an epoch.
  var drawCount: Int { epochs }

  private final class Memory {
    var epoch = -1
    var rows: [Int] = []
  }

  private let memory = Memory()

  init(batches: Batches, epochs: Int, seed: UInt64, draw: Int) {
    (self.batches, self.epochs, self.seed, self.draw) = (batches, epochs, seed, draw)
  }

  private var isUneven: Bool { batches.rowCount % batches.size != 0 }

  /// Whether a step has another number of rows than the one before.
  func isSwitch(at step: Int) -> Bool {
    isUneven && batches.stepsPerEpoch > 1
      && (step % batches.stepsPerEpoch == 0 || (step + 1) % batches.stepsPerEpoch == 0)
  }

  /// The rows of a step, counted from 0.
  func rows(in step: Int) -> ArraySlice<Int> {
    let (epoch, number) = step.quotientAndRemainder(dividingBy: batches.stepsPerEpoch)
    if memory.epoch != epoch { (memory.epoch, memory.rows) = (epoch, shuffled(epoch)) }
    let first = number * batches.size
    return memory.rows[first..<min(first + batches.size, batches.rowCount)]
  }

  /// Fisher and Yates, with SplitMix64 begun by the seed and the draw.
  private func shuffled(_ epoch: Int) -> [Int] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 ^ (UInt64(truncatingIfNeeded: draw + epoch) &+ 1) &* 0xD134_2543_DE82_EF95
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return z ^ z >> 31
    }
    var rows = Array(0..<batches.rowCount)
    for last in stride(from: rows.count - 1, to: 0, by: -1) {
      rows.swapAt(last, Int(next().multipliedFullWidth(by: UInt64(last + 1)).high))
    }
    return rows
  }

  /// A tensor's rows of a step.
  func rows(of tensor: Tensor, in step: Int) -> Tensor {
    tensor.taking(rows(in: step))
  }
}
