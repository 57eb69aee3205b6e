/// How time grows with size, density and batch.
enum Curves {
  static func draw() {
    print("\nmatrix product n × n: microseconds")
    row([8, 16, 32, 64, 128, 256, 512, 1024]) { n in
      Workload(
        name: "", key: "", setUp: "a = rand(\(n), \(n))\nb = rand(\(n), \(n))", code: "repeat 100 { c = a @ b }",
        steps: 100)
    }
    print("\nsum(relu(a*b+c)*0.5) of n elements: microseconds")
    row([1_000, 10_000, 100_000, 1_000_000, 10_000_000]) { n in
      Workload(
        name: "", key: "", setUp: "a = rand(\(n)); b = rand(\(n)); c = rand(\(n))", code: "sum(relu(a*b+c)*0.5);")
    }
    print("\n784-256-128-10 by kept entries in a thousand, batch 128: microseconds a step")
    row([1_000, 500, 250, 200, 100, 50, 20, 10, 5, 1]) { kept in
      .network("", "", density: Double(kept) / 1_000, steps: 300)
    }
    print("\nthe same, 100 kept in a thousand, by batch: microseconds a step")
    row([8, 16, 32, 64, 128, 256, 512]) { batch in .network("", "", density: 0.1, batch: batch, steps: 300) }
  }

  private static func row(_ values: [Int], _ workload: (Int) -> Workload) {
    var lines = ["", ""]
    for value in values {
      let (head, figure) = ("\(value)", rounded(median(workload(value).run(times: 3))))
      let width = max(head.count, figure.count) + 2
      lines[0] += String(repeating: " ", count: width - head.count) + head
      lines[1] += String(repeating: " ", count: width - figure.count) + figure
    }
    print(lines[0])
    print(lines[1])
  }
}
