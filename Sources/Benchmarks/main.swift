// `Benchmarks [NAME …]`: all of it, or the workloads whose key begins with a name, or `kinds`, `curves`, `files`, `keys`,
// `memory`, `tables`, `zeros`.
PeakMemory.trainIfAsked()
KeyPress.becomeConsoleIfAsked()

let wanted = Array(CommandLine.arguments.dropFirst())

func isWanted(_ key: String) -> Bool { wanted.isEmpty || wanted.contains { key.hasPrefix($0) } }

let kinds = Kind.all.filter { isWanted("kinds") || isWanted($0.key) }
let workloads = Workload.all.filter { isWanted($0.key) } + kinds.map(\.workload)
// In two rounds, of which each program's better one counts: a machine that is slow for a while is then slow for nobody.
var own = workloads.map { _ in Double.infinity }
var peers: [String: [String: Double]] = [:]
for _ in 0..<(workloads.isEmpty ? 0 : 2) {
  for (position, workload) in workloads.enumerated() {
    own[position] = min(own[position], median(workload.run(times: 5)))
  }
  let ofKinds = kinds.isEmpty ? [:] : Peers.figures(Kind.script(kinds))
  for (key, figures) in Peers.figures().merging(ofKinds, uniquingKeysWith: +) {
    for figure in figures {
      peers[key, default: [:]][figure.peer] = min(peers[key]?[figure.peer] ?? .infinity, figure.microseconds)
    }
  }
}
var figures: [Summary.Figure] = []
for (workload, own) in zip(workloads, own) {
  let others = (peers[workload.key] ?? [:]).sorted { $0.value < $1.value }
  figures.append(Summary.Figure(key: workload.key, microseconds: own, ratio: others.first.map { $0.value / own }))
  let ratios = others.map { "\($0.key) \(rounded($0.value)) (\(rounded($0.value / own)) ×)" }
  print(
    workload.name + String(repeating: " ", count: max(42 - workload.name.count, 1)) + "\(rounded(own)) µs  "
      + ratios.joined(separator: ", "))
}
if !figures.isEmpty {
  let summary = Summary(figures: figures)
  summary.tell()
  summary.keep()
}
if isWanted("zeros") {
  print(
    "strong zeros in a masked training step: \((StrongZeros.cost() * 1000).rounded() / 1000) times the time without")
}
if isWanted("keys"), let (median, slowest) = KeyPress.latency(names: 1000) {
  print(
    "key press to redraw, 1,000 names, 60 characters: \((median * 1e6).rounded()) µs at the median, "
      + "\((slowest * 1e6).rounded()) µs at most")
}
if isWanted("memory") { PeakMemory.measure() }
if isWanted("curves") { Curves.draw() }
if isWanted("files") { Files.measure() }
if isWanted("tables") { Files.measureTables() }
