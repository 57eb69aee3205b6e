import Files
import Foundation
import Language
import Syntax
import TestSupport
import Testing

/// What is exported computes the same elsewhere, or is refused by name.
@Suite struct ExportAgreementTests {
  @Test func everyKindHasAPeer() {
    let kinds = ExportKind.all.filter(\.isProgram).map(\.name)
    #expect(Set(kinds) == Set(ExportPeer.all.map(\.kind)))
  }

  @Test func everyOperatorIsTried() { #expect(ExportCases.untried.isEmpty) }

  @Test func gatesAreFound() {
    let gates = Set(ExportCases.gates.flatMap { $0.split { !$0.isLetter } })
    #expect(gates.isSuperset(of: ["relu", "maximum", "minimum", "clip", "where", "abs", "less", "equal"]), "\(gates)")
  }

  /// Every operator's value and derivative, each gate in each other, networks, and the steps of training.
  @Test(.enabled(if: ExportPeer.areThere, "Python with what runs exports: make peers"), arguments: ExportPeer.all)
  func everythingAgrees(peer: ExportPeer) throws {
    let folder = try Folder()
    var exports = Exporting(peer: peer, folder: folder)
    for cases in ExportCases.operators + ExportCases.loops + ExportCases.networks { exports.export(cases) }
    // A pair of which one can't be said by itself can't be said either.
    let gates = ExportCases.gates.filter { exports.export(ExportCases.gradient(ofGate: $0)) }
    for cases in ExportCases.pairs(of: gates) { exports.export(cases) }
    #expect(exports.refused.count * 4 < exports.exported, "\(peer.kind) refuses \(exports.refused)")
    let list = folder.write("list.txt", exports.lines.joined(separator: "\n"))
    let script = folder.write("run.py", "import sys, json, numpy as np\n" + peer.program + ExportPeer.comparison)
    let result = Python.run(try #require(peer.peer.python), [script, list, "\(peer.tolerance)", "\(peer.unsigned)"])
    #expect(result.status == 0 && !result.output.contains("DIFFERS"), "\(result.output.suffix(4_000))")
  }

  /// Exports to one folder, each to a file of its own.
  private struct Exporting {
    let peer: ExportPeer
    let folder: Folder
    private(set) var exported = 0
    private(set) var refused: [String] = []
    /// A file, what is expected of it, and the expressions, by tabs.
    private(set) var lines: [String] = []

    init(peer: ExportPeer, folder: Folder) { (self.peer, self.folder) = (peer, folder) }

    /// Whether all of them could be exported.
    @discardableResult mutating func export(_ cases: ExportCases) -> Bool {
      let path = "\(folder.path)/\(lines.count)\(peer.ending)"
      let expected = "\(folder.path)/\(lines.count).expected.npz"
      let text = ExportTests.output(cases.program(peer.kind, to: path, expecting: expected), in: folder)
      if !text.contains("error: ") {
        exported += cases.expressions.count
        lines.append(([path, expected] + cases.labels).joined(separator: "\t"))
        return true
      } else if let halves = cases.halves {
        for half in halves { export(half) }
      } else {
        let name = try? /error: (jax|PyTorch|NumPy|ONNX|StableHLO) has no ([a-z_0-9]+)$/.anchorsMatchLineEndings()
          .firstMatch(in: text)?.2
        if name == nil { Issue.record("\(cases.expressions) to \(peer.kind): \(text)") }
        refused.append("\(cases.expressions[0])")
        #expect(!FileManager.default.fileExists(atPath: path), "\(path) after \(text)")
      }
      return false
    }
  }
}
