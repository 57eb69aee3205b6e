// `Benchmarks [NAME …]`: all of it, or the workloads whose key begins with a name, or `curves`, `files`, `memory`, `zeros`.
PeakMemory.trainIfAsked()

let wanted = Array(CommandLine.arguments.dropFirst())

func isWanted(_ key: String) -> Bool { wanted.isEmpty || wanted.contains { key.hasPrefix($0) } }

let workloads = Workload.all.filter { isWanted($0.key) }
// Before and after the peers, so that a machine that gets slower or faster is the same for all.
var runs = workloads.map { $0.run(times: 4) }
let peers = workloads.isEmpty ? [:] : Peers.figures()
for (position, workload) in workloads.enumerated() { runs[position] += workload.run(times: 3) }
for (workload, runs) in zip(workloads, runs) {
  let own = median(runs)
  let figures = (peers[workload.key] ?? []).sorted { $0.microseconds < $1.microseconds }
  let ratios = figures.map { "\($0.peer) \(rounded($0.microseconds)) (\(rounded($0.microseconds / own)) ×)" }
  print(
    workload.name + String(repeating: " ", count: max(42 - workload.name.count, 1)) + "\(rounded(own)) µs  "
      + ratios.joined(separator: ", "))
}
if isWanted("zeros") {
  print(
    "strong zeros in a masked training step: \((StrongZeros.cost() * 1000).rounded() / 1000) times the time without")
}
if isWanted("memory") { PeakMemory.measure() }
if isWanted("curves") { Curves.draw() }
if isWanted("files") { Files.measure() }
