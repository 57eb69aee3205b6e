import CKernels
import Graphs
import Tensors

/// Which entries of a matrix are kept, listed for a product from either side.
public final class SparseMask: Sendable {
  /// For each output the entries that make it: the input each reads, and where its weight lies.
  struct Lists: Sendable {
    var starts: [UInt32] = [0]
    var inputs: [UInt32] = []
    var offsets: [UInt32] = []

    var outputs: Int { starts.count - 1 }
  }

  let byColumn: Lists
  let byRow: Lists
  /// The same lists for weights of which the kept ones alone are stored, column by column.
  let compactByColumn: Lists
  let compactByRow: Lists
  let shape: Shape
  let density: Double

  var keptCount: Int { byColumn.inputs.count }

  /// Nil where it has too many entries to be worth it, isn't a matrix, or isn't known yet.
  init?(_ mask: Tensor) {
    guard !mask.isHollow, mask.type == .bool, mask.shape.rank == 2, mask.count > 0, mask.count < 1 << 31 else {
      return nil
    }
    shape = mask.shape
    let (rows, columns) = (mask.shape[0], mask.shape[1])
    let keeps = unsafe UnsafeBufferPointer(start: mask.storage.bytes.bytes, count: mask.count)
    var (byRow, byColumn) = (Lists(), Lists())
    var ends = [UInt32](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns where unsafe keeps[row * columns + column] != 0 {
        byRow.inputs.append(UInt32(column))
        byRow.offsets.append(UInt32(row * columns + column))
        ends[column] += 1
      }
      byRow.starts.append(UInt32(byRow.inputs.count))
    }
    let count = byRow.inputs.count
    density = Double(count) / Double(mask.count)
    for column in 0..<columns { byColumn.starts.append(byColumn.starts[column] + ends[column]) }
    byColumn.inputs = [UInt32](repeating: 0, count: count)
    byColumn.offsets = byColumn.inputs
    var (compactByColumn, compactByRow) = (byColumn, byRow)
    var next = byColumn.starts
    for row in 0..<rows {
      for entry in Int(byRow.starts[row])..<Int(byRow.starts[row + 1]) {
        let column = Int(byRow.inputs[entry])
        let place = Int(next[column])
        next[column] += 1
        byColumn.inputs[place] = UInt32(row)
        byColumn.offsets[place] = byRow.offsets[entry]
        compactByRow.offsets[entry] = UInt32(place)
      }
    }
    compactByColumn.inputs = byColumn.inputs
    compactByColumn.offsets = (0..<UInt32(count)).map { $0 }
    (self.byRow, self.byColumn) = (byRow, byColumn)
    (self.compactByRow, self.compactByColumn) = (compactByRow, compactByColumn)
  }

  /// Measured: below a quarter the lists win, if the batch fills the vectors and the matrix pays for the transposes.
  func isWorthwhile(batch: Int) -> Bool {
    keepsFew && batch >= 16 && byRow.outputs >= 32 && byColumn.outputs >= 32
  }

  var keepsFew: Bool { density < 0.25 }

  /// Whether the same entries are kept.
  func keepsTheSame(as other: SparseMask) -> Bool {
    self === other || byColumn.starts == other.byColumn.starts && byColumn.offsets == other.byColumn.offsets
  }
}

extension SparseMask {
  /// Masks that are given and keep few entries, by their parameter's number.
  static func all(in graph: Graph, _ parameters: [Tensor], besides variables: Set<Int>) -> [Int: SparseMask] {
    var masks: [Int: SparseMask] = [:]
    for node in graph.nodes {
      guard case .parameter(let number) = node.kind, node.type == .bool, node.shape.rank == 2,
        node.shape.count >= 1_024, !variables.contains(number)
      else { continue }
      masks[number] = SparseMask(parameters[number])
    }
    return masks
  }
}

extension SparseMask.Lists {
  func withEntries(_ body: (UnsafePointer<gk_entries>) -> Void) {
    unsafe starts.withUnsafeBufferPointer { starts in
      unsafe inputs.withUnsafeBufferPointer { inputs in
        unsafe offsets.withUnsafeBufferPointer { offsets in
          // Without entries there is nothing to point at, nor anything that is read.
          guard let first = starts.baseAddress else { return }
          var entries = unsafe gk_entries(
            outputs: outputs, starts: first, index: inputs.baseAddress ?? first, place: offsets.baseAddress ?? first)
          unsafe body(&entries)
        }
      }
    }
  }
}
