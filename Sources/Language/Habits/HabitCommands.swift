import Graphs
import Syntax

/// Words for the console, and sentences of other languages that aren't expressions.
extension HabitTranslator {
  private func made(_ name: String, _ rest: String) -> [Statement] {
    [Statement(.command(name, rest, 0..<0), 0..<0)]
  }

  /// What other consoles' words do here: the command, or what to say.
  private enum Meaning {
    case command(String)
    case sentence(String)
  }

  private static let words: [String: Meaning] = [
    "exit": .command("quit"), "quit": .command("quit"), "q": .command("quit"), "bye": .command("quit"),
    "logout": .command("quit"), "help": .command("help"), "doc": .command("help"), "lookfor": .command("help"),
    "apropos": .command("help"), "man": .command("help"), "info": .command("help"), "usage": .command("help"),
    "whos": .command("vars"), "who": .command("vars"), "dir": .command("vars"), "vars": .command("vars"),
    "locals": .command("vars"), "globals": .command("vars"), "varinfo": .command("vars"),
    "history": .command("history"), "hist": .command("history"), "undo": .command("undo"), "redo": .command("redo"),
    "time": .command("time"), "timeit": .command("time"), "btime": .command("time"), "elapsed": .command("time"),
    "benchmark": .command("time"), "reset": .command("reset"), "save": .command("save"),
    "restore": .command("restore"), "learn": .command("learn"), "tutorial": .command("learn"),
    "demo": .command("learn"), "ver": .command("env"), "version": .command("env"), "sessionInfo": .command("env"),
    "versioninfo": .command("env"), "precision": .command("precision"), "digits": .command("digits"),
    "ls": .sentence(":files DATA lists what a data file holds; load(\"…\" and Tab lists the folder"),
    "pwd": .sentence("files are looked for where gradus was started; a path in quotes leads elsewhere"),
    "cd": .sentence("files are looked for where gradus was started; a path in quotes leads elsewhere"),
    "cat": .sentence("print(load(\"notes.txt\")) shows a text"),
    "clc": .sentence("Ctrl-L clears the screen; :clear is no command, clear alone does it"),
    "edit": .sentence("Up brings a line back to be edited; run \"file.grad\" runs a file"),
    "pdb": .sentence(":why e explains an entry, :shapes e every part of an expression"),
    "debug": .sentence(":why e explains an entry, :shapes e every part of an expression"),
    "matplotlib": .sentence("nothing is needed: plot(y) draws here"),
    "pip": .sentence("nothing has to be installed: all functions are there"),
    "install": .sentence("nothing has to be installed: all functions are there"),
    "tic": .sentence(":time e says how long something takes"),
    "toc": .sentence(":time e says how long something takes"),
    "figure": .sentence("plot(y) draws at once; no window is opened or closed"),
    "hold": .sentence("plot(y) draws at once, one curve each time"),
    "close": .sentence("plot(y) draws in the console; there is no window to close, nothing is needed"),
    "more": .sentence(":all x shows all of a value"),
    "colorbar": .sentence("nothing is needed: heat(x) says what its shades are"),
    "show": .sentence("plot(y) draws at once; nothing more is needed"),
    "nothing": .sentence("there is no value for nothing; a line that ends in ; prints nothing"),
    "None": .sentence("there is no value for nothing; in an index new is a new axis: x[:, new]"),
    "NULL": .sentence("there is no value for nothing; a line that ends in ; prints nothing"),
    "end": .sentence("a block ends with }:  for i in 0:3 { print(i) }"),
  ]

  /// A word on a line of its own.
  func command(named word: String) throws(NoLine) -> [Statement]? {
    switch Self.words[word] {
    case .command(let name): return made(name, "")
    case .sentence(let sentence): throw .sentence(sentence)
    case nil: return nil
    }
  }

  /// `%time e`, `@time e`, `?x`, `!ls`.
  func command(_ sign: String, _ rest: String) throws(NoLine) -> [Statement] {
    if sign == "?" { return made("help", rest) }
    if sign.hasPrefix("!") || sign.hasPrefix("]") {
      throw .sentence("no programs are started from here; another terminal is the place for it")
    }
    let word = String(sign.drop { !$0.isLetter })
    if word == "run" || word == "load" {
      let path = rest.hasSuffix(".py") || rest.isEmpty ? "file.grad" : rest
      return [Statement(.run(make(.text(path))), 0..<0)]
    }
    if word == "show" { return try inner(rest) }
    if sign.hasPrefix("?") { return made("help", word) }
    guard let meaning = Self.words[word] else { throw .unknown }
    switch meaning {
    case .sentence(let sentence): throw .sentence(sentence)
    case .command("time"):
      let options = rest.split(separator: " ").drop { $0.hasPrefix("-") || $0.allSatisfy(\.isNumber) }
      return made("time", try inner(options.joined(separator: " ")).map(\.description).joined(separator: "; "))
    case .command(let name): return made(name, rest)
    }
  }

  /// The statements that a command is told to run.
  private func inner(_ text: String) throws(NoLine) -> [Statement] {
    guard let (foreign, _) = ForeignParser.statements(of: text), !foreign.isEmpty else { throw .unknown }
    return try statements(foreign)
  }

  /// `import numpy as np`, `format long`, `clear x`.
  func phrase(_ word: String, _ rest: String) throws(NoLine) -> [Statement] {
    switch word {
    case "import", "from", "using", "library", "require", "require_relative", "pkg", "include", "global", "nonlocal":
      throw .sentence(
        "no import is needed: all functions are there; nets = import \"nets.grad\" reads a file of your own")
    case "class", "struct", "mutable":
      throw .sentence(
        "there are no classes; a record holds what belongs together: net = (w=weights(3, 2), b=weights(2))")
    case "raise": throw .sentence("there is nothing to raise; expect cond stops a script where cond is false")
    case "try": throw .sentence("there is no try; expect error \"text\" in { … } tests for an error")
    case "async", "switch": throw .sentence("if a == 1 { … } else if a == 2 { … } else { … } decides")
    case "clear", "clearvars":
      let names = rest.split { $0 == " " || $0 == "," }.map(String.init).filter { $0 != "-" && $0 != "variables" }
      if names.isEmpty || names == ["all"] || names == ["-all"] { return made("reset", "") }
      guard names.allSatisfy({ session.names[$0] != nil }) else { throw .unknown }
      return made("clear", names.joined(separator: " "))
    case "format":
      return made("digits", rest.hasPrefix("long") ? "full" : "5")
    case "help", "doc", "lookfor", "type": return made("help", rest)
    case "cd", "close", "clc", "hold", "figure", "more", "echo": _ = try command(named: word)
    default: break
    }
    throw .unknown
  }
}
