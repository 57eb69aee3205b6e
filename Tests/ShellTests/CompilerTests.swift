import Foundation
import TestSupport
import Testing

@testable import Shell

/// Programs with and without machine code, each in a process of its own.
@Suite struct CompilerTests {
  private static let program = """
    w = weights(value=[0.5, 0.25, 1]); b = zeros(3); h = zeros(10); k = 0
    repeat 1500000 { w -= 1e-7 * grad(sum(tanh(w) * w), w) }
    for i in 0:400000 { b = b * 0.5 + w; h[i % 10] = sum(b); if i % 7 == 0 { k += i } }
    :repr w
    :repr h
    k
    """

  private static func outcome(_ code: String, _ setting: String?) throws -> (status: Int32, output: String) {
    let environment = setting.map { ["GRADUS_JIT": $0] } ?? [:]
    let result = try Child.run(["-e", code], environment: environment)
    #expect(result.errors.isEmpty, "\(result.errors)")
    return (result.status, result.output)
  }

  @Test func theSwitchMakesNoDifference() throws {
    let (with, without) = (try Self.outcome(Self.program, nil), try Self.outcome(Self.program, "0"))
    #expect(with.status == 0 && with == without)
  }

  @Test func theSessionSaysWhatIsInUse() throws {
    #expect(try Self.outcome(":env", "0").output.contains("compiler   off\n"))
    let line = try Self.outcome(":env", nil).output.split(separator: "\n").first { $0.hasPrefix("compiler ") } ?? ""
    #expect(line.hasPrefix("compiler   LLVM ") || line.hasPrefix("compiler   none (libllvm19 "))
  }

  /// Wherever the compilation is, the end is quiet.
  @Test(arguments: [2, 5, 9, 14, 20, 30, 45, 60, 60, 60, 60, 90]) func anEndDuringACompilation(share: Int) throws {
    let code =
      "w = weights(value=[0.5, 0.25, 1]); n = 0\nfor i in 0:4000000 { n += 1; w = tanh(w) + 0.1; if n == \(share * 3000) { break } }"
    #expect(try Self.outcome(code, nil).status == 0)
  }
}
