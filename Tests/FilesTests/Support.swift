import Files
import Refusals
import Tensors

/// Pieces as one array.
func joined(_ pieces: [Bytes]) -> [UInt8] { pieces.flatMap(\.array) }

/// All tensors of a file.
func tensors(_ bytes: [UInt8], _ path: String, _ reading: Reading = Reading()) throws(Refusal) -> [String: Tensor] {
  var result: [String: Tensor] = [:]
  for entry in try TensorFile(Bytes(bytes), path: path).entries { result[entry.name ?? ""] = try entry.read(reading) }
  return result
}

/// The one tensor of a file.
func tensor(_ text: String, _ path: String = "t.csv", _ change: (inout TableOptions) -> Void = { _ in }) throws(Refusal)
  -> Tensor
{
  var reading = Reading()
  change(&reading.table)
  return try tensors(Array(text.utf8), path, reading)[""] ?? Tensor(0)
}

/// What is said of a file that is refused; nothing if it isn't.
func refusal(_ bytes: [UInt8], _ path: String, _ reading: Reading = Reading()) -> Refusal {
  do throws(Refusal) {
    _ = try tensors(bytes, path, reading)
    return Refusal("")
  } catch { return error }
}

/// The bits of each element, so that NaN and -0 compare too.
func bits(_ tensor: Tensor) -> [UInt64] { tensor.values.map(\.bitPattern) }

let specials = [0, -0.0, 1, -1.5, .infinity, -.infinity, .nan, 1e-40, 3.4028234663852886e38, 0.1, 16_777_217]

enum Sample {
  static let single = Tensor(specials + [7], shape: Shape([3, 4]), type: .float32)
  static let double = Tensor(specials + [Double.leastNonzeroMagnitude], shape: Shape([2, 2, 3]), type: .float64)
  static let mask = Tensor([true, false, true], shape: Shape([3]))
  static let number = Tensor(2.5, type: .float32)
  static let empty = Tensor([], shape: Shape([0, 3]), type: .float32)

  static let named: [(name: String, tensor: Tensor)] = [
    ("single", single), ("double", double), ("mask", mask), ("number", number), ("empty", empty), ("näme 1", single),
  ]
}
