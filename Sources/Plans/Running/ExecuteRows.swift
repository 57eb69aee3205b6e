import CKernels
import Graphs
import Refusals
import Tensors

/// Steps that go through the rows of their operands together.
extension Execution {
  /// What all threads share.
  @safe private final class Work {
    let execution: Execution
    let block: RowBlock
    /// For each place of the block what is the same for all rows.
    let same: [Storage?]
    let claimed: UnsafeMutablePointer<Int32>
    /// For each thread why it stopped.
    let refusals: UnsafeMutablePointer<Refusal?>
    let threads: Int
    let notes: FiniteNotes?

    init(_ execution: Execution, _ block: RowBlock, _ same: [Storage?], threads: Int) {
      (self.execution, self.block, self.same, self.threads) = (execution, block, same, threads)
      notes = execution.notes.map { FiniteNotes($0, block) }
      unsafe claimed = .allocate(capacity: 1)
      unsafe claimed.initialize(to: 0)
      unsafe refusals = .allocate(capacity: threads)
      unsafe refusals.initialize(repeating: nil, count: threads)
    }

    deinit {
      unsafe claimed.deallocate()
      unsafe refusals.deinitialize(count: threads)
      unsafe refusals.deallocate()
    }

    /// Takes blocks until none is left.
    func run(_ thread: Int) {
      let part = gk_use_awake_helper(.infinity)
      defer { _ = gk_use_awake_helper(part) }
      do throws(Refusal) {
        var own = same
        for (number, place) in block.places.enumerated() {
          guard case .own(let bytes) = place, bytes > 0 else { continue }
          guard let storage = Storage(uninitialized: bytes * block.height) else {
            throw .outOfMemory(needed: bytes * block.height, free: 0)
          }
          own[number] = storage
        }
        while gk_is_interrupted() == 0 {
          let number = Int(unsafe gk_claim(claimed))
          if number >= block.count { break }
          try run(block: number, own)
        }
      } catch {
        unsafe refusals[thread] = error
        // Nobody needs the rest.
        unsafe gk_claim_all(claimed, Int32(block.count))
      }
    }

    private func run(block number: Int, _ own: [Storage?]) throws(Refusal) {
      var buffers: [Storage] = []
      buffers.reserveCapacity(own.count)
      for (position, place) in block.places.enumerated() {
        if let storage = own[position] {
          buffers.append(storage)
        } else if case .rows(let whole, let bytes) = place {
          buffers.append(Storage(partOf: execution.storage(whole), from: number * block.height * bytes))
        }
      }
      var part = Execution(parameters: [], buffers: buffers)
      part.notes = notes
      for step in number == block.count - 1 ? block.last : block.whole {
        try part.run(part.instruction(for: step), step)
      }
    }
  }

  fileprivate func storage(_ place: Plan.Place) -> Storage {
    switch place {
    case .parameter(let number): parameters[number].storage
    case .slot(let slot): buffers[slot]
    }
  }

  func run(_ block: RowBlock, of plan: Plan) throws(Refusal) {
    var same: [Storage?] = block.places.map { place in
      switch place {
      case .outside(let whole): storage(whole)
      case .own(bytes: 0): Storage(zeroed: 8)
      case .own, .rows: nil
      }
    }
    let unused = Storage(zeroed: 0)
    let numbers = Execution(parameters: [], buffers: same.map { $0 ?? unused })
    for step in block.first { try numbers.run(numbers.instruction(for: step), step) }
    same = block.places.enumerated().map { number, place in if case .rows = place { nil } else { same[number] } }
    let isShared = gk_is_worth_sharing(block.work, GK_SHARED_WORK) != 0
    if let notes { for step in plan.steps[block.steps] { notes.begin(step) } }
    let work = Work(self, block, same, threads: isShared ? min(Int(gk_thread_count()), block.count) : 1)
    if work.threads > 1 {
      unsafe gk_run_tasks(
        { context, thread in
          if let context = unsafe context {
            unsafe Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().run(Int(thread))
          }
        }, Unmanaged.passUnretained(work).toOpaque(), Int32(work.threads))
    } else {
      work.run(0)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    for thread in 0..<work.threads { if let refusal = unsafe work.refusals[thread] { throw refusal } }
    // What comes behind may read the numbers, too.
    for step in plan.steps[block.steps] where step.fusion == nil && step.shape.count == 1 {
      try run(instruction(for: step), step)
    }
  }
}
