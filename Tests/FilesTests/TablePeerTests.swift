import Foundation
import Tensors
import TestSupport
import Testing

@testable import Files

/// Random tables, beside what Python's csv module makes of them.
@Suite struct TablePeerTests {
  private static let program = """
    import csv, io, json, random, sys
    folder, seed = sys.argv[1], int(sys.argv[2])
    r = random.Random(seed)
    def numeral():
        x = r.choice([r.uniform(-1, 1), r.gauss(0, 1e6), r.randint(-9, 9), r.randint(-10**15, 10**15), 10.0**r.randint(-300, 300)])
        return r.choice([repr, lambda v: "%.3f" % v, lambda v: "%.17e" % v, lambda v: "%+g" % v])(x)
    def word():
        return r.choice(["a", "b c", "x, y", 'say "x"', "two\\nlines", "d;e", "tab\\there", "#sign", "", "é"])
    answers = []
    for number in range(300):
        rows, columns = r.randint(1, 9), r.randint(1, 6)
        missing = r.random() < 0.3
        cells = [["" if missing and columns > 1 and r.random() < 0.2 else numeral() for _ in range(columns)] for _ in range(rows)]
        separator = r.choice([",", ",", ";", "\\t"])
        # Where nothing is between fields, nobody can tell what would be.
        if columns == 1: separator = ","
        names = None
        if r.random() < 0.5:
            names = ["n%d %s" % (i, word()) for i in range(columns)]
        text = io.StringIO()
        end = r.choice(["\\n", "\\r\\n", "\\r"])
        # A line feed isn't quoted where it ends no line.
        quoting = csv.QUOTE_ALL if end == "\\r" else r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)
        if names: writer.writerow(names)
        for row in cells: writer.writerow(row)
        text = text.getvalue()
        if r.random() < 0.2: text = "\\ufeff" + text
        ending = "tsv" if separator == "\\t" and r.random() < 0.5 else "csv"
        with open(f"{folder}/{number}.{ending}", "w", newline="", encoding="utf-8") as file: file.write(text)
        read = list(csv.reader(io.StringIO(text.lstrip("\\ufeff"), newline=""), delimiter=separator))
        read = [row for row in read if row]
        body = read[1:] if names else read
        answers.append({"file": f"{number}.{ending}", "missing": missing, "rows": len(body), "columns": columns,
                        "names": read[0] if names else None,
                        "bits": [str(__import__("struct").unpack("<Q", __import__("struct").pack("<d", float(c or "-7")))[0]) for row in body for c in row]})
    json.dump(answers, open(folder + "/answers.json", "w"))
    """

  private struct Answer: Decodable {
    let file: String
    let missing: Bool
    let rows: Int
    let columns: Int
    let names: [String]?
    let bits: [String]
  }

  @Test(.peer(.numpy), arguments: 0..<4) func asPythonReadsThem(seed: Int) throws {
    let folder = try Folder()
    let result = Python.run(try #require(Peer.numpy.python), ["-c", Self.program, folder.path, "\(seed)"])
    try #require(result.status == 0, "\(result.output)")
    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name)) }
    for answer in try JSONDecoder().decode([Answer].self, from: try data("answers.json")) {
      // In a single row a separator at the end may as well be a blank.
      if answer.missing, answer.rows == 1 { continue }
      let bytes = [UInt8](try data(answer.file))
      let comment: Comment = "\(answer.file) of \(seed): \(String(decoding: bytes.prefix(300), as: UTF8.self))"
      var reading = Reading(defaultType: .float64)
      if answer.missing { reading.table.missing = -7 }
      do {
        let file = try TensorFile(Bytes(bytes), path: answer.file)
        let tensor = try file.entries[0].read(reading)
        #expect(tensor.shape.count == answer.rows * answer.columns, comment)
        #expect(bits(tensor).map { "\($0)" } == answer.bits, comment)
        guard let names = answer.names, Set(names).count == names.count else { continue }
        // Blanks around a name don't count where no quotes surround them.
        func trimmed(_ names: [String]) -> [String] { names.map { $0.trimmingCharacters(in: [" "]) } }
        #expect(trimmed(try file.entries[0].listing(reading).columns) == trimmed(names), comment)
      } catch { Issue.record("\(error): \(comment)") }
    }
  }
}
