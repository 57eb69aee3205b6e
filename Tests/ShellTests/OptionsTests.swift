import Refusals
import Shell
import Testing

@Suite struct OptionsTests {
  @Test func withoutWordsNothingIsAsked() throws {
    let options = try Options([])
    #expect(options.task == .run)
    #expect(options.files.isEmpty)
    #expect(options.code.isEmpty)
  }

  @Test func whatFollowsTheScriptBelongsToIt() throws {
    let options = try Options(["-q", "model.grad", "--seed", "3", "-i"])
    #expect(options.isQuiet)
    #expect(options.files == ["model.grad"])
    #expect(options.arguments == ["--seed", "3", "-i"])
    #expect(options.seed == nil)
  }

  @Test func valuesFollowOrAreAttached() throws {
    let options = try Options(["--digits=7", "--format", "json", "-e1+1", "-e", "2+2", "--seed=random", "-iq"])
    #expect(options.digits == "7")
    #expect(options.format.map { "\($0)" } == "json")
    #expect(options.code == ["1+1", "2+2"])
    #expect(options.seed == .random)
    #expect(options.staysInteractive && options.isQuiet)
  }

  @Test func twoDashesEndTheOptions() throws {
    #expect(try Options(["--", "-q"]).files == ["-q"])
    #expect(try Options(["-", "a"]).files == ["-"])
  }

  @Test func filesAndOptionsMixInTests() throws {
    let options = try Options(["--test", "a.grad", "--digits", "3", "b.md"])
    #expect(options.task == .test)
    #expect(options.files == ["a.grad", "b.md"])
    #expect(options.digits == "3")
    #expect(try Options(["--test", "--bless", "a.grad"]).task == .bless)
  }

  @Test func settingsKeepTheirEqualSigns() throws {
    let options = try Options(["--set", "a=[1, 2]", "--set=b=c == d"])
    #expect(options.settings.map(\.name) == ["a", "b"])
    #expect(options.settings.map(\.value) == ["[1, 2]", "c == d"])
  }

  @Test(arguments: [
    ("4096", 4096), ("64K", 65536), ("1KiB", 1024), ("2MB", 2_000_000), ("1.5GiB", 1_610_612_736), ("3g", 3 << 30),
  ])
  func sizes(text: String, bytes: Int) throws {
    #expect(try Options(["--memory", text]).memoryLimit == bytes)
  }

  @Test(arguments: [
    (["--colour"], "unknown option '--colour'; did you mean '--color'?"),
    (["--kep-going"], "unknown option '--kep-going'; did you mean '--keep-going'?"),
    (["--frobnicate=3"], "unknown option '--frobnicate'; gradus --help lists them"),
    (["-x"], "unknown option '-x'; gradus --help lists them"),
    (["--seed"], "--seed needs a value: --seed N|random"),
    (["-e"], "-e needs a value: -e CODE"),
    (["--quiet=1"], "--quiet takes no value"),
    (["--color", "red"], "--color is one of auto, always, never, not 'red'"),
    (["--digits", "0"], "--digits needs a number from 1 to 17 or 'full', not '0'"),
    (["--memory", "4 apples"], "--memory needs a size such as 512MiB or 4GiB, not '4 apples'"),
    (["--memory", "-1"], "--memory needs a size such as 512MiB or 4GiB, not '-1'"),
    (["--threads", "0"], "--threads needs a number from 1 to 1024, not '0'"),
    (["--set", "a"], "--set needs NAME=VALUE, not 'a'"),
    (["--test"], "--test needs at least one file"),
  ])
  func wrongUsageIsOneSentence(words: [String], message: String) {
    #expect(throws: Refusal(message)) { try Options(words) }
  }

  @Test func namesAreUnique() {
    #expect(Set(Option.all.map(\.name)).count == Option.all.count)
    let letters = Option.all.compactMap(\.short)
    #expect(Set(letters).count == letters.count)
  }
}
