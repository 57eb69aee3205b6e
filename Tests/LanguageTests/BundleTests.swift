import Foundation
import TestSupport
import Testing

/// A bundle's training step, run by jax on one device, on several, and in several processes.
@Suite(.serialized) struct BundleTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// Exports a step for so many devices; the losses of five steps and the weights after them.
  private func export(devices: Int, _ options: String = "using=\"adam\"") -> (losses: String, weights: String) {
    let text = ExportTests.output(
      """
      \(ExportTests.network):export stablehlo train(loss, rate=0.1, \(options)) DIR/step devices=\(devices) shard=t,x
      losses = train(loss, rate=0.1, \(options), steps=5)
      :repr losses
      :repr flatten(w)
      """, in: folder)
    let lines = text.split(separator: "\n").suffix(2).map(String.init)
    return (lines.first ?? "", lines.last ?? "")
  }

  private func values(_ text: String) -> [Double] {
    text.split { !"0123456789.-e".contains($0) }.compactMap { Double($0) }
  }

  private func losses(_ output: String) -> [Double] {
    output.split(separator: "\n").filter { $0.hasPrefix("step ") }.compactMap { Double($0.split(separator: " ")[3]) }
  }

  private func expectClose(_ a: [Double], _ b: [Double], _ comment: String) {
    #expect(a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 }, "\(a) \(b) \(comment)")
  }

  @Test(.peer(.jax), arguments: [1, 2, 4])
  func oneProcess(devices: Int) throws {
    let expected = export(devices: devices)
    let python = try #require(Peer.jax.python)
    let result = Python.run(python, [folder.path + "/step/run.py", "--steps", "5"])
    expectClose(losses(result.output), values(expected.losses), result.output)
    let program = "import sys, numpy as np; print(np.load(sys.argv[1]).reshape(-1).tolist())"
    let weights = Python.run(python, ["-c", program, folder.path + "/step/w.out.npy"])
    expectClose(values(weights.output), values(expected.weights), weights.output)
  }

  /// Weights by columns and by rows, on a mesh of one axis and of two; `:shard` and `shard=` say the same.
  @Test(
    .peer(.jax),
    arguments: [
      ("", "devices=2 shard=x,t,w:columns"), ("", "devices=2x3 shard=x,t,w:rows"),
      (":shard w columns\n:shard b rows\n", "devices=1x2"),
      (":shard x t rows\n:shard w columns\n:shard t whole\n", "devices=2x2"),
    ] as [(String, String)])
  func cutWeights(commands: String, options: String) throws {
    let text = ExportTests.output(
      """
      \(ExportTests.network)\(commands):export stablehlo train(loss, rate=0.1, using="adam") DIR/step \(options)
      losses = train(loss, rate=0.1, using="adam", steps=5)
      :repr losses
      """, in: folder)
    let result = Python.run(try #require(Peer.jax.python), [folder.path + "/step/run.py", "--steps", "5"])
    expectClose(losses(result.output), values(text.split(separator: "\n").last.map(String.init) ?? ""), result.output)
  }

  /// What was exported says how each input lies, and what an optimiser keeps lies with its weight.
  @Test func specsFollowTheCuts() throws {
    _ = ExportTests.output(
      """
      \(ExportTests.network):shard w columns
      :export stablehlo train(loss, rate=0.1, using="adam") DIR/step devices=2x2 shard=x,w:columns
      """, in: folder)
    let bundle = try #require(folder.contents(of: "step/bundle.json"))
    #expect(bundle.contains("\"mesh\": {\"data\": 2, \"model\": 2}"))
    let cut = bundle.split(separator: "\n").filter { $0.contains("[null, \"model\"]") }
    // Of the weight and of both that Adam keeps for it, as they come and as they go.
    #expect(cut.count == 6, "\(bundle)")
    #expect(bundle.contains("\"file\": \"x.npy\", \"spec\": [\"data\"]"))
  }

  @Test(.peer(.jax)) func twoProcesses() throws {
    let expected = export(devices: 4, "momentum=0.9")
    let python = try #require(Peer.jax.python)
    let port = Int.random(in: 20_000...40_000)
    let options = ["--steps", "5", "--procs", "2", "--addr", "127.0.0.1:\(port)"]
    let other = Python.start(python, [folder.path + "/step/run.py", "--proc", "1"] + options)
    let result = Python.run(python, [folder.path + "/step/run.py", "--proc", "0"] + options)
    other?.waitUntilExit()
    #expect(result.status == 0 && other?.terminationStatus == 0)
    expectClose(losses(result.output), values(expected.losses), result.output)
  }

  @Test(.peer(.jax)) func aMissingProcessIsNoticed() throws {
    _ = export(devices: 2)
    let port = Int.random(in: 20_000...40_000)
    let start = Date()
    let result = Python.run(
      try #require(Peer.jax.python),
      [folder.path + "/step/run.py", "--procs", "2", "--proc", "0", "--limit", "3", "--addr", "127.0.0.1:\(port)"])
    #expect(result.status == 3)
    #expect(Date().timeIntervalSince(start) < 40)
    expectSentence(result.output)
  }

  private func expectSentence(_ text: String) {
    #expect(text.hasPrefix("run.py: ") && text.split(separator: "\n").count == 1, "\(text)")
  }

  /// Either may be killed, the one that coordinates and the other.
  @Test(.peer(.jax), arguments: [0, 1])
  func aKilledProcessIsNoticed(victim: Int) throws {
    _ = export(devices: 2)
    let python = try #require(Peer.jax.python)
    let port = Int.random(in: 20_000...40_000)
    let options = ["--steps", "100000000", "--procs", "2", "--addr", "127.0.0.1:\(port)"]
    let errors = (0..<2).map { folder.path + "/errors.\($0)" }
    let processes = try (0..<2).map { number in
      try #require(
        Python.start(
          python, [folder.path + "/step/run.py", "--proc", "\(number)"] + options, errors: errors[number]))
    }
    Thread.sleep(forTimeInterval: 8)
    #expect(processes[0].isRunning && processes[1].isRunning)
    let start = Date()
    kill(processes[victim].processIdentifier, SIGKILL)
    let survivor = processes[1 - victim]
    survivor.waitUntilExit()
    #expect(survivor.terminationStatus == 3)
    #expect(Date().timeIntervalSince(start) < 20)
    expectSentence(try String(contentsOfFile: errors[1 - victim], encoding: .utf8))
  }
}
