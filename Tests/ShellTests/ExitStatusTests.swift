import Refusals
import TestSupport
import Testing

@Suite struct ExitStatusTests {
  @Test func allRan() throws {
    let run = try Child.run(["-e", "20 + 22", "-e", "a = 5", "-e", "a + 1"])
    #expect(run == (0, "42\n6\n", ""))
  }

  @Test func aProgramFromStandardInput() throws {
    #expect(try Child.run([], input: "#!/usr/bin/env gradus\na = 41\r\na + 1").output == "42\n")
    #expect(try Child.run(["-"], input: "\u{FEFF}20 + 22").output == "42\n")
    #expect(try Child.run([]) == (0, "", ""))
  }

  @Test func theFirstFailureEndsAScript() throws {
    let folder = try Folder()
    let script = folder.write("fails.grad", "20 + 22\nnobody_knows_me\n1 + 1\n")
    let run = try Child.run([script])
    #expect(run.status == 1)
    #expect(run.output == "42\n")
    #expect(run.errors.hasPrefix("error: "))
    let onward = try Child.run(["--keep-going", script])
    #expect(onward.status == 1)
    #expect(onward.output == "42\n2\n")
  }

  @Test func wrongUsageIsOneLine() throws {
    let folder = try Folder()
    let script = folder.write("model.grad", "1")
    folder.write("bytes.grad", bytes: [0x61, 0x0A, 0xFF])
    let misspelt = folder.path + "/modle.grad"
    let cases: [([String], String)] = [
      (["--colour"], "gradus: unknown option '--colour'; did you mean '--color'?\n"),
      ([misspelt], "gradus: cannot open '\(misspelt)': no such file; did you mean '\(script)'?\n"),
      ([folder.path], "gradus: cannot open '\(folder.path)': it is a directory\n"),
      ([folder.path + "/bytes.grad"], "gradus: \(folder.path)/bytes.grad:2:1: this is not UTF-8\n"),
    ]
    for (words, message) in cases { #expect(try Child.run(words) == (2, "", message)) }
  }

  @Test func helpAndVersionSucceed() throws {
    let help = try Child.run(["--help"])
    #expect(help.status == 0 && help.errors.isEmpty)
    #expect(help.output.hasPrefix("usage: gradus"))
    #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 110 })
    #expect(try Child.run(["-V"]).output.hasPrefix("gradus "))
  }

  @Test func threadsAreCounted() throws {
    #expect(try Child.run(["--threads", "1", "-e", ":env"]).output.contains(", 1 threads"))
  }

  @Test func aDeviceNeedsAPlugin() throws {
    let folder = try Folder()
    let text = folder.write("plugin.so", "no library")
    for (path, reason) in [
      (text, "--device: \(text) can't be opened"), ("/no/such.so", "--device can't read '/no/such.so': no such file"),
    ] {
      let result = try Child.run(["--device", path, "-e", "1"])
      #expect(result.status == 2 && result.output.isEmpty)
      #expect(result.errors.hasPrefix("gradus: " + reason) && result.errors.split(separator: "\n").count == 1)
    }
  }

  @Test func testsTellDifferences() throws {
    let folder = try Folder()
    let right = folder.write("right.grad", "20 + 22\n#> 42\n")
    let wrong = folder.write("wrong.grad", "20 + 22\n#> 43\n")
    let good = try Child.run(["--test", right])
    #expect(good == (0, "1 passed, 0 failed\n", ""))
    let bad = try Child.run(["--test", right, wrong])
    #expect(bad.status == 3)
    #expect(bad.output.hasSuffix("\n1 passed, 1 failed\n"))
    #expect(try Child.run(["--bless", wrong]).status == 0)
    #expect(folder.contents(of: "wrong.grad") == "20 + 22\n#> 42\n")
    #expect(try Child.run(["--test", "nowhere.grad"]).status == 2)
  }

  @Test func argumentsAndSettingsArrive() throws {
    #expect(try Child.run(["--set", "a=41", "-e", "a + 1"]) == (0, "42\n", ""))
    let bad = try Child.run(["--set", "a=]", "-e", "a"])
    #expect(bad.status == 2)
    #expect(bad.errors.split(separator: "\n").count == 1)
  }

  @Test func stayingReadsStatementByStatement() throws {
    let run = try Child.run(["-i"], input: "(20 +\n22)\nnobody_knows_me\n1 + 1\n:quit\n3 + 3\n")
    #expect(run.status == 0)
    #expect(run.output == "42\n2\n")
  }
}
