import Foundation

/// The checkout that the tests were built from, and the sets of cases that may lie beside it.
package enum Checkout {
  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let shared = root.deletingLastPathComponent().path + "/shared/fixtures/"

  /// A file of the checkout.
  package static func text(of path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The names in a folder of the checkout, sorted; none where there is no such folder.
  package static func names(in folder: String, ending: String) -> [String] {
    names(at: root.path + "/" + folder, ending: ending)
  }

  /// The folders in a folder of the checkout, sorted.
  package static func folders(in folder: String) -> [String] {
    var isFolder: ObjCBool = false
    return names(in: folder, ending: "").filter { name in
      unsafe FileManager.default.fileExists(atPath: root.path + "/\(folder)/\(name)", isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }

  /// The paths of all files below a folder of the checkout, sorted.
  package static func files(below folder: String, ending endings: [String]) -> [String] {
    let below = FileManager.default.enumerator(atPath: root.path + "/" + folder)?.compactMap { $0 as? String } ?? []
    return below.filter { name in endings.contains(where: name.hasSuffix) }.sorted().map { folder + "/" + $0 }
  }

  /// A set of cases, or a file among them, by the path that it would have.
  package static func fixture(_ path: String) -> String { shared + path }

  package static func text(ofFixture path: String) throws -> String {
    try String(contentsOfFile: fixture(path), encoding: .utf8)
  }

  /// The scripts of a set of cases, sorted; none where the set is not there.
  package static func fixtures(_ set: String) -> [String] { names(at: shared + set, ending: ".grad") }

  private static func names(at path: String, ending: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(ending) }.sorted()
  }
}
