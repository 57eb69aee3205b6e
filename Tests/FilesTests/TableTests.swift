import Files
import Refusals
import Tensors
import TestSupport
import Testing

/// Tables as people and programs write them: what is read, and what is refused with what to type.
@Suite struct TableTests {
  private func values(_ text: String, _ path: String = "t.csv") throws -> [Double] { try tensor(text, path).values }

  private func message(_ text: String, _ path: String = "t.csv", _ change: (inout TableOptions) -> Void = { _ in })
    -> String
  {
    var reading = Reading()
    change(&reading.table)
    return refusal(Array(text.utf8), path, reading).message
  }

  private func notes(_ text: String, _ path: String = "t.csv") throws -> [String] {
    try TensorFile(Bytes(text), path: path).entries.flatMap { try $0.contents(Reading()).notes }
  }

  // MARK: Names

  /// A row with a number in it is data, whatever else is in it.
  @Test(arguments: [
    "1,NA,3", "1.5,null", "?,2", "1,0x10", "1.#QNAN,2", "1,#N/A", "1+2j,3", "1,\u{A0}2", "−1,2", "1,2\0", "١,2",
    "x,1", "country,1990,1991", "<html>,4", "12,30,x", "nan,x", "inf,y",
  ]) func noRowOfDataIsTakenForNames(line: String) {
    let rest = line.split(separator: ",").map { _ in "7" }.joined(separator: ",")
    let text = message("\(line)\n\(rest)\n\(rest)\n")
    #expect(text.contains(" where a number should, at line 1, column "), "\(line): \(text)")
  }

  /// What could be numbers elsewhere isn't taken for names where nothing else is in the row.
  @Test(arguments: [
    "−1,−2", "0x10,0x11", "NA,NA", "1.2.3,4.5.6", "12:30,12:31", "\"1,5\",\"2,5\"", "$1,$2", "1_000,2_000",
  ])
  func whatIsMeantAsNumbersIsNoName(line: String) {
    #expect(message("\(line)\n7,8\n").contains("at line 1, column 1"), "\(line)")
    #expect(message("\(line)\n").contains("at line 1, column 1"), "\(line)")
  }

  @Test(arguments: [
    "a,b", ",b", "\"x, m\",\"y\"", "\"x\nm\",y", "a#,b", "2m_temp,-log10(p)", "Na,K", "1st,2nd x", "#N/A,b",
  ])
  func namesAreSkipped(line: String) throws {
    #expect(try values("\(line)\n1,2\n3,4\n") == [1, 2, 3, 4], "\(line)")
  }

  @Test func rowsThatDoNotFollowAreMissed() throws {
    #expect(try tensor("a,b\n").shape == Shape([0, 2]))
    #expect(try notes("a,b\n") == ["its first line, a, b, was taken for names; no rows follow"])
    #expect(message("<html>404</html>") == "it holds no numbers: it begins with '<html>404</html>'")
    #expect(try tensor("").shape == Shape([0, 0]))
    #expect(try tensor("\n# nothing\n").shape == Shape([0, 0]))
  }

  // MARK: Lines, quotes, comments

  @Test func everyLineEnd() throws {
    for end in ["\n", "\r", "\r\n"] {
      #expect(try tensor("a,b\(end)1,2\(end)\(end)3,4\(end)").values == [1, 2, 3, 4])
      #expect(try tensor("1,2\(end)3,4").shape == Shape([2, 2]))
      #expect(message("1,2\(end)3\(end)") == "line 2 has 1 column; the lines before have 2")
      #expect(
        message("\"a\(end)b\",c\(end)1,2\(end)x,3").hasPrefix("'x' stands where a number should, at line 4, column 1"))
    }
    #expect(try values("1,2\r3,4\n5,6\r\n7,8") == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func quotesAreTokens() throws {
    #expect(try values("\"1\", \"2\" ,3\n\" 4 \",5,\"6\"\n") == [1, 2, 3, 4, 5, 6])
    #expect(try tensor("\"say \"\"x\"\"\",b\n1,2\n") { $0.columns = [.name("say \"x\"")] }.values == [1])
    #expect(message("1,2\n\"3,4\n5,6\n") == "the quote in line 2, column 1, is never closed")
    #expect(message("1,2\n\"3\"4,5\n") == "more follows the closing quote in line 2, column 1")
    #expect(try tensor("1,\"a\nb, c\"\n2,\"d\"\n") { $0.columns = [.number(0)] }.values == [1, 2])
  }

  @Test func comments() throws {
    #expect(try values("# made by me\n1,2,3\n4,5,6") == [1, 2, 3, 4, 5, 6])
    #expect(try values("1,2\n  # note, with, commas\n3,4 # one, more\n") == [1, 2, 3, 4])
    #expect(try tensor("# x y\n1 2\n3 4\n") { ($0.columns, $0.isOneColumn) = ([.name("y")], true) }.values == [2, 4])
    #expect(message("1,2\n#N/A,4\n").contains("'#N/A' stands where a number should, at line 2, column 1"))
    #expect(message("1,2\n3,item #5\n").contains("'item #5'"))
    #expect(message("1,2\n3,4#5\n").contains("'4#5'"))
    #expect(try tensor("1,C# and #\n2,x # y\n") { $0.columns = [.number(0)] }.values == [1, 2])
  }

  // MARK: Guesses

  @Test func separatorsAreRecognisedAndSaid() throws {
    #expect(try tensor("1;2;3\n").shape == Shape([1, 3]))
    #expect(try notes("1;2;3\n") == ["semicolons separate its columns; separator=\";\" says so"])
    #expect(try tensor("1 2  3\n 4\t5 6 \n").shape == Shape([2, 3]))
    #expect(try notes("1 2 3\n") == ["blanks separate its columns; separator=\" \" says so"])
    #expect(try notes("1\t2\n") == ["tabs separate its columns; separator=\"\\t\" says so"])
    #expect(try notes("1,2\n", "t.tsv") == ["commas separate its columns; separator=\",\" says so"])
    #expect(try notes("a,b\n1,2\n").isEmpty && notes("petal length\n1\n2\n").isEmpty)
    #expect(try tensor("1|2\n") { $0.separator = UInt8(ascii: "|") }.values == [1, 2])
  }

  @Test func decimalCommas() throws {
    let text = "x;y\n1,5;2\n-0,25;1e3\n"
    #expect(try values(text) == [1.5, 2, -0.25, 1000])
    #expect(
      try notes(text) == [
        "semicolons separate its columns; separator=\";\" says so",
        "a comma stands before decimals; decimal=\",\" says so",
      ])
    #expect(try values("1,5\t2,5\n", "t.tsv") == [1.5, 2.5])
    #expect(try tensor("\"1,5\",\"2,5\"\n") { $0.decimal = UInt8(ascii: ",") }.values == [1.5, 2.5])
    #expect(refusal(Array("\"1,5\",\"2,5\"\n".utf8), "t.csv").help == "decimal=\",\" reads it as a number")
    // Once decided, it is the same everywhere.
    #expect(message("1,5;2\n1.5;2\n").contains("'1,5' stands"))
    let rows = String(repeating: "1;2\n", count: 500)
    #expect(refusal(Array((rows + "1,5;2\n").utf8), "t.csv").help == "decimal=\",\" reads it as a number")
  }

  // MARK: Missing values, columns

  @Test func missingValues() throws {
    for word in ["", "NA", "NaN", "null", "?", "-", "#N/A", "<NA>", "None", "\"\"", "\"NA\"", " "] {
      let text = "1,2\n\(word),4\n"
      #expect(try tensor(text) { $0.missing = -1 }.values == [1, 2, -1, 4], "\(word)")
      if word != "NaN" { #expect(refusal(Array(text.utf8), "t.csv").help == "missing=nan reads it as NaN", "\(word)") }
    }
    #expect(message("1,2\nx,4\n") { $0.missing = 0 }.contains("'x'"))
    #expect(try tensor("1,\n,2\n") { $0.missing = .nan }.values.map(\.isNaN) == [false, true, true, false])
  }

  private static let flowers = "length,width,species\n5.1,3.5,setosa\n7,3.2,versicolor\n"

  @Test func columns() throws {
    let text = Self.flowers
    let refused = refusal(Array(text.utf8), "t.csv")
    #expect(refused.message == "'setosa' stands where a number should, at line 2, column 3, 'species'")
    #expect(refused.help == "columns=(\"length\", \"width\") reads the numbers")
    #expect(
      try tensor(text) { $0.columns = [.name("width"), .name("length")] }.values.map(Float.init) == [3.5, 5.1, 3.2, 7])
    #expect(try tensor(text) { $0.columns = [.number(-2)] }.shape == Shape([2, 1]))
    #expect(try tensor(text) { ($0.columns, $0.isOneColumn) = ([.number(0)], true) }.shape == Shape([2]))
    #expect(message(text) { $0.columns = [.name("lenght")] } == "there is no column 'lenght' in it")
    #expect(message(text) { $0.columns = [.number(3)] } == "there is no column 3: there are 3, counted from 0")
    #expect(message("a,a\n1,2\n") { $0.columns = [.name("a")] } == "2 columns are called 'a'")
    var reading = Reading()
    (reading.table.columns, reading.table.isOneColumn) = ([.name("species")], true)
    let contents = try TensorFile(Bytes(text), path: "t.csv").entries[0].contents(reading)
    guard case .texts(let texts) = contents.value else { return #expect(Bool(false), "it is text") }
    #expect(texts == ["setosa", "versicolor"])
    #expect(refusal(Array("a,1,2\nb,3,4\n".utf8), "t.csv").help == "columns=1:3 reads the numbers")
  }

  @Test func linesThatAreLeftOut() throws {
    #expect(try tensor("title\nby me, 2020\na,b\n1,2\n") { $0.skip = 2 }.values == [1, 2])
    #expect(refusal(Array("x,1\n2,3\n".utf8), "t.csv").help == "skip=1 leaves the first line out")
    #expect(message("1\n") { $0.skip = 3 } == "it has 1 lines; skip=3 leaves nothing")
    #expect(message("a\n1\nx\n") { $0.skip = 1 }.contains("at line 3"))
  }

  // MARK: Numbers

  @Test func typesAreThoseOfEveryFormat() throws {
    #expect(try tensor("16777216,2\n").type == .float32)
    for line in ["16777217,2", "33554432,2", "1e300,2", "-1e39,0", "1e-60,2", "123456789.0,1", "3.5e38,1"] {
      #expect(try tensor(line + "\n").type == .float64, "\(line)")
    }
    for line in ["0.1,2", "1e38,1", "6.02214076e23,1", "1e-40,2", "inf,nan", "123456.789,1"] {
      #expect(try tensor(line + "\n").type == .float32, "\(line)")
    }
    #expect(try tensor("0.1,1\n16777217,2\n").values == [0.1, 1, 16_777_217, 2])
    #expect(try tensor("9007199254740992,-9007199254740992\n").values == [0x1p53, -0x1p53])
    #expect(
      message("9007199254740993,2\n")
        == "'9007199254740993' is a whole number that float64 can't hold exactly, at line 1, column 1")
    #expect(message("1,99999999999999999999999\n").contains("can't hold exactly, at line 1, column 2"))
    #expect(try tensor("10000000000000000000000,18446744073709551616\n").values == [1e22, 0x1p64])
  }

  /// The kernel's numbers are the language's, to the last bit.
  @Test func numbersAreRoundedRightly() throws {
    var random = SplitMix(5)
    var numerals: [String] = ["-0", "+5", ".5", "5.", "0e5", "1e-400", "1e400", "4.9e-324", "2.4703282292062327e-324"]
    for _ in 0..<30_000 {
      let digits = (0..<Int.random(in: 1...24, using: &random)).map { _ in "\(Int.random(in: 0...9, using: &random))" }
      let point = Int.random(in: 0...digits.count, using: &random)
      var text = digits[..<point].joined() + "." + digits[point...].joined()
      if Bool.random(using: &random) { text += "e\(Int.random(in: -340...320, using: &random))" }
      numerals.append(Bool.random(using: &random) ? text : "-" + text)
    }
    let table = try tensors(
      Array(("1e300\n" + numerals.joined(separator: "\n")).utf8), "t.csv", Reading(defaultType: .float64))[""]
    let values = try #require(table?.values.dropFirst())
    #expect(values.count == numerals.count)
    for (value, numeral) in zip(values, numerals) {
      #expect(value.bitPattern == Double(numeral)?.bitPattern, "\(numeral)")
    }
  }

  /// Parts that two threads read fit together, whatever lies at their edges.
  @Test(.slow) func longTables() throws {
    for (quote, end) in [("", "\n"), ("\"", "\r\n"), ("", "\r"), ("\"", "\n")] {
      var text = "a,b\(end)"
      var values: [Double] = []
      for row in 0..<300_000 {
        if row % 1000 == 7 { text += "\(end)# a \"comment\(end)" }
        text += "\(quote)\(row)\(quote),\(row % 7)\(end)"
        values += [Double(row), Double(row % 7)]
      }
      #expect(try tensor(text).values == values)
      #expect(message(text + "1,2,3").contains("has 3 columns"))
      let words = text.replacing("\(end)# a \"comment\(end)", with: "")
      #expect(message(words + "1,x\(end)") == "'x' stands where a number should, at line 300002, column 2, 'b'")
    }
    // Quotes with line ends in them, longer than a part.
    let long = "\"" + String(repeating: "x,1\n", count: 400_000) + "\""
    #expect(try tensor("1,\(long)\n2,\(long)\n3,y\n") { $0.columns = [.number(0)] }.values == [1, 2, 3])
  }

  @Test func emptyMatricesComeBack() throws {
    let empty = Tensor([], shape: Shape([0, 3]), type: .float32)
    #expect(try tensors(joined(try FileFormat.csv.written([("", empty)])), "t.csv")[""]?.shape == Shape([0, 3]))
    #expect(throws: Refusal.self) {
      try FileFormat.csv.written([("", Tensor([], shape: Shape([3, 0]), type: .float32))])
    }
    let special = Tensor([-Double.nan, 1e10], shape: Shape([1, 2]), type: .float32)
    let text = joined(try FileFormat.csv.written([("", special)]))
    #expect(String(decoding: text, as: UTF8.self) == "nan,1e+10\n")
    #expect(try tensors(text, "t.csv")[""]?.type == .float32)
  }
}
