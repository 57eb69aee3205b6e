import CKernels
import Refusals
import Tensors
import Text

extension FileFormat {
  package static let pt = FileFormat(
    "pt", "the tensors of torch.save; nothing is run", endings: [".pt", ".pth"],
    beginnings: [[0x50, 0x4B, 3, 4]], confirms: PyTorchFile.begins,
    .several(read: { bytes throws(Refusal) in try PyTorchFile.entries(bytes) }, write: nil))
}

/// What `torch.save` writes: a zip archive of a pickle, which says what the tensors are called and how they lie, and of their
/// elements.
///
/// Of the pickle only data is looked at. Whatever would call anything but what makes tensors and dictionaries is refused.
enum PyTorchFile {
  /// A piece of memory that tensors are views of.
  private struct Memory {
    let kind: String
    let key: String
    let count: Int
  }

  private struct View {
    let memory: Memory
    let offset: Int
    let extents: [Int]
    let strides: [Int]
  }

  private enum Object {
    case memory(Memory)
    case view(View)
    /// Something that no tensor depends on, such as a device.
    case other
  }

  private static let kinds: [String: NumberCode.Kind] = [
    "Float": .float32, "Double": .float64, "Half": .float16, "BFloat16": .bfloat16, "Long": .int64, "Int": .int32,
    "Short": .int16, "Char": .int8, "Byte": .uint8, "Bool": .bool, "float32": .float32, "float64": .float64,
    "float16": .float16, "bfloat16": .bfloat16, "int64": .int64, "int32": .int32, "int16": .int16, "int8": .int8,
    "uint8": .uint8, "bool": .bool, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64,
    "float8_e5m2": .float8e5m2, "float8_e4m3fn": .float8e4m3, "float8_e8m0fnu": .float8e8m0,
    "float8_e4m3fnuz": .float8e4m3fnuz, "float8_e5m2fnuz": .float8e5m2fnuz,
  ]

  private static let resaved = "torch.save(model.state_dict(), \"m.pt\") in Python writes tensors alone"

  /// More tensors, and deeper in each other, than any network has.
  private static let (visitLimit, depthLimit) = (2_000_000, 100)

  /// The first file of such an archive is the pickle.
  static func begins(_ start: Bytes) -> Bool {
    guard let length = start.integer(at: 26, as: UInt16.self),
      let name = start.part(from: 30, count: Int(length))?.text
    else { return false }
    return name == "data.pkl" || name.hasSuffix("/data.pkl")
  }

  static func entries(_ bytes: ByteSource) throws(Refusal) -> [TensorFile.Entry] {
    if try bytes.prefix(1).starts(with: [0x80]) {
      throw Refusal("it is a pickle without an archive, as torch.save wrote them before 1.6", help: resaved)
    }
    let members = try ZipFile(bytes).members
    guard let list = members.first(where: { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }) else {
      throw Refusal("it has no data.pkl, as files of torch.save do")
    }
    let folder = String(list.name.dropLast("data.pkl".utf8.count))
    let files = Dictionary(members.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    guard list.size <= 1 << 26 else { throw Refusal("its data.pkl claims \(list.size) bytes") }
    let isBigEndian = try files[folder + "byteorder"].map { file throws(Refusal) in
      try file.open().stream.bytes(16).text == "big"
    }
    var objects: [Object] = []
    let (value, pickle) = try Pickle.read(
      try list.open().stream.bytes(list.size),
      call: { function, arguments, pickle throws(Refusal) in
        try made(by: function, arguments, &pickle, &objects)
      },
      outside: { mark, pickle throws(Refusal) in
        objects.append(.memory(try memory(mark, pickle)))
        return .object(objects.count - 1)
      })
    var found: [(name: String, view: View)] = []
    var visits = 0
    try collect(value, "", pickle, objects, 0, &visits, &found)
    guard !found.isEmpty else { throw Refusal("it holds no tensors") }
    return found.map { name, view in
      let file = files[folder + "data/" + view.memory.key]
      return TensorFile.Entry(
        name: name,
        listing: { _ throws(Refusal) in
          TensorFile.Listing(
            shape: view.extents.isEmpty ? "number" : view.extents.map(String.init).joined(separator: "×"),
            kind: kinds[view.memory.kind]?.rawValue ?? view.memory.kind.shownBriefly)
        },
        contents: { reading throws(Refusal) in
          guard let file else { throw Refusal("its elements aren't in the file") }
          return TensorFile.Contents(value: .tensor(try tensor(view, file, isBigEndian ?? false, reading)))
        })
    }
  }

  // MARK: The pickle

  private static func memory(_ mark: Pickle.Value, _ pickle: Pickle) throws(Refusal) -> Memory {
    guard let parts = pickle.entries(mark), parts.count >= 5, case .text("storage") = parts[0],
      case .global(let type) = parts[1], case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0
    else { throw Refusal("its pickle mentions something outside that is no storage") }
    var kind = type.split(separator: ".").last.map(String.init) ?? type
    if kind.hasSuffix("Storage") { kind = String(kind.dropLast("Storage".utf8.count)) }
    return Memory(kind: kind, key: key, count: count)
  }

  private static func made(
    by function: String, _ arguments: [Pickle.Value], _ pickle: inout Pickle, _ objects: inout [Object]
  ) throws(Refusal) -> Pickle.Value {
    switch function {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
      var type: String?
      if function.hasSuffix("_v3"), arguments.count > 6, case .global(let name) = arguments[6] { type = name }
      objects.append(.view(try view(arguments, type, pickle, objects)))
      return .object(objects.count - 1)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      guard let first = arguments.first else { throw Refusal("its pickle is damaged") }
      return first
    case "collections.OrderedDict", "builtins.dict":
      guard let entries = arguments.first.flatMap({ pickle.entries($0) }) else { return pickle.dictionary([]) }
      var pairs: [Pickle.Value] = []
      for entry in entries {
        guard let pair = pickle.entries(entry), pair.count == 2 else { throw Refusal("its pickle is damaged") }
        pairs += pair
      }
      return pickle.dictionary(pairs)
    case "collections.defaultdict": return pickle.dictionary([])
    case "torch.Size", "builtins.tuple", "builtins.list", "builtins.set":
      return arguments.first ?? .none
    case "torch.device", "torch.serialization._get_layout":
      objects.append(.other)
      return .object(objects.count - 1)
    default:
      throw Refusal(
        "it asks Python to call '\(function.shownBriefly)', and nothing in a file is run",
        help: resaved)
    }
  }

  private static func view(
    _ arguments: [Pickle.Value], _ type: String?, _ pickle: Pickle, _ objects: [Object]
  ) throws(Refusal) -> View {
    guard arguments.count >= 4, case .object(let number) = arguments[0], case .memory(var memory) = objects[number],
      case .integer(let offset) = arguments[1], let extents = pickle.integers(arguments[2]),
      let strides = pickle.integers(arguments[3]), strides.count == extents.count, offset >= 0,
      (extents + strides).allSatisfy({ $0 >= 0 })
    else { throw Refusal("a tensor in its pickle makes no sense") }
    if let type {
      let kind = type.split(separator: ".").last.map(String.init) ?? type
      // Its storage counts bytes.
      memory = Memory(kind: kind, key: memory.key, count: memory.count / (kinds[kind]?.width ?? 1))
    }
    return View(memory: memory, offset: offset, extents: extents, strides: strides)
  }

  private static func collect(
    _ value: Pickle.Value, _ name: String, _ pickle: Pickle, _ objects: [Object], _ depth: Int,
    _ visits: inout Int, _ found: inout [(name: String, view: View)]
  ) throws(Refusal) {
    visits += 1
    if visits & 0xFFFF == 0, gk_is_interrupted() != 0 { throw .interrupted }
    guard depth < depthLimit, visits < visitLimit else { throw Refusal("its values lie too deep in each other") }
    func inner(_ key: String) -> String { name.isEmpty ? key : name + "." + key }
    if case .object(let number) = value {
      if case .view(let view) = objects[number] { found.append((name.isEmpty ? "value" : name, view)) }
    } else if let entries = pickle.entries(value) {
      for (place, entry) in entries.enumerated() {
        try collect(entry, inner("\(place)"), pickle, objects, depth + 1, &visits, &found)
      }
    } else if let pairs = pickle.pairs(value) {
      for (key, entry) in pairs {
        switch key {
        case .text(let text): try collect(entry, inner(text), pickle, objects, depth + 1, &visits, &found)
        case .integer(let number): try collect(entry, inner("\(number)"), pickle, objects, depth + 1, &visits, &found)
        case .none, .bool, .number, .list, .dictionary, .global, .object: continue
        }
      }
    }
  }

  // MARK: Elements

  private static func tensor(
    _ view: View, _ file: ZipFile.Member, _ isBigEndian: Bool, _ reading: Reading
  ) throws(Refusal) -> Tensor {
    guard let kind = kinds[view.memory.kind] else {
      throw Refusal("its type \(view.memory.kind.shownBriefly) isn't read")
    }
    guard let shape = Shape(checking: view.extents) else { throw Refusal("its shape makes no sense here") }
    // How far the last element lies behind the first.
    var reach = 0
    var isCounted = true
    for (extent, stride) in zip(view.extents, view.strides) where extent > 1 {
      let (part, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, more) = reach.addingReportingOverflow(part)
      isCounted = isCounted && !overflow && !more
      reach = sum
    }
    let count = shape.count == 0 ? 0 : reach + 1
    guard isCounted, count <= view.memory.count, view.offset <= view.memory.count - count,
      view.memory.count.multipliedReportingOverflow(by: kind.width).partialValue <= file.size
    else { throw Refusal("it doesn't fit: its shape and its elements disagree") }
    let stream = try file.open().stream
    var before = view.offset * kind.width
    while before > 0 { before -= try stream.bytes(min(before, 1 << 20)).count }
    let code = NumberCode(kind, isBigEndian: isBigEndian)
    if shape.count == 0 || view.strides == shape.strides || count == shape.count && isInOrder(view) {
      return try code.tensor(stream, shape: shape, reading)
    }
    let flat = try code.tensor(stream, shape: Shape([count]), reading)
    let storage = try reading.storage(for: shape, flat.type)
    unsafe gk_copy_strided(
      flat.type.stride, flat.storage.bytes, view.strides, view.extents, view.extents.count, storage.bytes)
    if gk_is_interrupted() != 0 { throw .interrupted }
    return Tensor(shape: shape, type: flat.type, storage: storage)
  }

  /// The strides of axes of one entry say nothing.
  private static func isInOrder(_ view: View) -> Bool {
    let strides = Shape(view.extents).strides
    return view.extents.indices.allSatisfy { view.extents[$0] == 1 || view.strides[$0] == strides[$0] }
  }
}
