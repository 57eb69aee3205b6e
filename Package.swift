// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of ours is held to.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Optimised also in debug builds, so that tests run at the speed of the product; contraction is off so that bits agree.
let kernels: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])]

/// The core is optimised in debug builds too: thousands of programs run through it in the tests.
let optimised = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// What `gradus --version` says it was built from.
let commit = Context.gitInformation.map { String($0.currentCommit.prefix(9)) + ($0.hasUncommittedChanges ? "+" : "") }

let package = Package(
  name: "gradus",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "gradus", targets: ["gradus"])],
  targets: [
    .target(name: "Refusals", swiftSettings: optimised),
    .target(name: "Text", swiftSettings: optimised),
    .target(name: "Syntax", dependencies: ["Text", "Refusals"], swiftSettings: optimised),
    .target(name: "Tensors", dependencies: ["CKernels"], swiftSettings: optimised),
    .target(name: "Printing", dependencies: ["Tensors", "Text"], swiftSettings: optimised),
    .target(name: "CKernels", cSettings: kernels),
    .target(name: "Graphs", dependencies: ["Tensors", "CKernels", "Refusals"], swiftSettings: optimised),
    .target(name: "Plans", dependencies: ["Graphs", "Tensors", "CKernels", "Refusals"], swiftSettings: optimised),
    .target(name: "Files", dependencies: ["Tensors", "Text", "CKernels", "Refusals"], swiftSettings: optimised),
    .target(
      name: "Exports", dependencies: ["Graphs", "Tensors", "CKernels", "Refusals"],
      resources: [.embedInCode("run.py"), .embedInCode("train.py"), .embedInCode("watched.py")],
      swiftSettings: optimised),
    .target(name: "CPJRT"),
    .target(
      name: "Devices", dependencies: ["CPJRT", "Exports", "Plans", "Graphs", "Tensors", "Refusals"],
      swiftSettings: optimised),
    .target(
      name: "Language",
      dependencies: [
        "Text", "Syntax", "Graphs", "Plans", "Tensors", "Printing", "Files", "Exports", "CKernels", "Refusals",
      ],
      swiftSettings: optimised),
    .target(
      name: "LanguageServer", dependencies: ["Language", "Syntax", "Text", "Files", "Refusals"], swiftSettings: strict),
    .target(name: "CVersion", cSettings: commit.map { [.define("GRADUS_COMMIT", to: "\"\($0)\"")] }),
    .target(name: "CLibedit", linkerSettings: [.linkedLibrary("edit")]),
    .target(
      name: "Shell",
      dependencies: [
        "Language", "LanguageServer", "Text", "Syntax", "Tensors", "Printing", "Files", "Devices", "CVersion",
        "CLibedit", "Refusals",
      ],
      swiftSettings: strict),
    .executableTarget(name: "gradus", dependencies: ["Shell"], swiftSettings: strict),
    .executableTarget(
      name: "Benchmarks", dependencies: ["Graphs", "Language", "Plans", "Printing", "Shell", "Syntax", "Tensors"],
      swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
    .testTarget(name: "SyntaxTests", dependencies: ["Syntax", "TestSupport", "Refusals"], swiftSettings: strict),
    .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: strict),
    .testTarget(
      name: "PrintingTests", dependencies: ["Printing", "Tensors", "Text", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "FilesTests", dependencies: ["Files", "Tensors", "TestSupport", "Refusals"], swiftSettings: strict),
    .testTarget(
      name: "GraphsTests", dependencies: ["Graphs", "Tensors", "CKernels", "TestSupport", "Refusals"],
      swiftSettings: strict),
    .testTarget(
      name: "PlansTests", dependencies: ["Plans", "Graphs", "Tensors", "CKernels", "TestSupport", "Refusals"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LanguageTests",
      dependencies: [
        "Language", "Syntax", "Tensors", "Printing", "Files", "Devices", "Graphs", "Plans", "TestSupport", "Refusals",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ShellTests",
      dependencies: [
        "Shell", "Language", "LanguageServer", "Syntax", "Printing", "Files", "Tensors", "Text", "TestSupport",
        "Refusals",
      ],
      swiftSettings: strict
    ),
    .testTarget(name: "ExportsTests", dependencies: ["Exports", "TestSupport", "Refusals"], swiftSettings: strict),
    .testTarget(name: "ProjectTests", dependencies: ["TestSupport"], swiftSettings: strict),
  ]
)
