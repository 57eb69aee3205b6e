import Shell
import Testing

@Suite struct ProgramTextTests {
  @Test func marksAndReturnsGo() throws {
    #expect(try ProgramText.decoded([0xEF, 0xBB, 0xBF] + Array("a\r\nb\rc\n".utf8)) == "a\nb\rc\n")
    #expect(try ProgramText.decoded([]) == "")
    #expect(try ProgramText.decoded(Array("α = 1".utf8)) == "α = 1")
  }

  @Test func flawsHaveAPlace() {
    #expect(throws: ProgramText.Flaw(message: "this is not UTF-8", line: 2, column: 3)) {
      try ProgramText.decoded(Array("a\nαb".utf8) + [0xFF, 0x0A])
    }
    #expect(throws: ProgramText.Flaw(message: "there is a NUL character", line: 1, column: 2)) {
      try ProgramText.decoded([0x61, 0, 0x62])
    }
  }
}
