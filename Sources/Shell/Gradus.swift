import Devices
import Files
import Language
import Printing
import Refusals
import Syntax
import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The program: what the command line asks for, done.
package struct Gradus {
  private let arguments: [String]
  private let terminal = Terminal()
  private let printer: Printer

  /// With the words after the program's name.
  package init(arguments: [String]) {
    self.arguments = arguments
    printer = Printer(isTerminal: terminal.isOutputTerminal, canClear: !terminal.isDumb)
  }

  /// Does what the program was started for, and ends it.
  package func end() -> Never {
    let status = run()
    if Session.close() { exit(status.rawValue) }
    LineEditor.giveBackTerminal()
    _exit(status.rawValue)
  }

  private func run() -> ExitStatus {
    System.occupyStandardStreams()
    Depth.raiseLimit()
    Signals.install()
    defer { printer.flush() }
    do throws(Refusal) {
      let options = try Options(arguments)
      try options.confine()
      if !Confinement.isOn { System.removeUnfinished() }
      switch options.task {
      case .help: printer.print(.result(Usage.help))
      case .version: printer.print(.result(Usage.version))
      case .reference: printer.print(.result(Reference.text))
      case .manual: printer.print(.result(Manual.roff))
      case .completions(let shell): printer.print(.result(Manual.completions(for: shell)))
      case .handbook(let folder): try writeHandbook(folder)
      case .grammar(let editor): printer.print(.result(Grammar.text(for: editor)))
      case .check: return try check(options)
      case .test, .bless: return try transcripts(options)
      case .formatCode: return try formatCode(options)
      case .languageServer:
        return LanguageServerLoop()?.run(try options.session, version: Usage.number) ?? .failure
      case .serve: return ServerLoop()?.run(try options.session) ?? .failure
      case .run: return try programs(options)
      }
      return .success
    } catch {
      printer.refuse(error.message)
      return .usage
    }
  }

  private func errorStyle(_ options: Options) -> ErrorStyle {
    ErrorStyle(
      isColored: terminal.isColored(options.color, isTerminal: terminal.isErrorTerminal),
      isASCII: options.isASCII || terminal.isASCII)
  }

  private func check(_ options: Options) throws(Refusal) -> ExitStatus {
    let style = errorStyle(options)
    var status = ExitStatus.success
    for file in options.files {
      let source = file == "-" ? try Input.standard() : try Input.file(file)
      var check = ShapeCheck(try options.session)
      for diagnostic in check.check(source) {
        printer.print(.notice(style.text(of: Failure(diagnostics: [diagnostic], source: source))))
        status = .failure
      }
    }
    return status
  }

  private func writeHandbook(_ folder: String) throws(Refusal) {
    if let error = System.makeFolders(folder, mode: 0o755) {
      throw Refusal("cannot make '\(folder)': \(error.message)")
    }
    for (name, text) in Handbook().files {
      if let error = System.replace(file: "\(folder)/\(name)", with: [Bytes(text)]) {
        throw Refusal("cannot write '\(folder)/\(name)': \(error.message)")
      }
    }
    printer.print(.notice("wrote \(folder)/index.html"))
  }

  private func formatCode(_ options: Options) throws(Refusal) -> ExitStatus {
    var status = ExitStatus.success
    for file in options.files {
      let source = file == "-" ? try Input.standard() : try Input.file(file)
      guard let text = Layout.formatted(source) else {
        let mistakes = Parser.parse(source).diagnostics
        printer.print(.notice(errorStyle(options).text(of: Failure(diagnostics: mistakes, source: source))))
        status = .failure
        continue
      }
      if file == "-" {
        printer.print(.result(text.hasSuffix("\n") ? String(text.dropLast()) : text))
      } else if text != source.text {
        if let error = System.replace(file: file, with: [Bytes(text)]) {
          throw Refusal("cannot write '\(file)': \(error.message)")
        }
        printer.print(.notice("wrote \(file)"))
      }
    }
    return status
  }

  private func transcripts(_ options: Options) throws(Refusal) -> ExitStatus {
    var session = try options.session
    session.display.isASCII = options.isASCII
    let runner = TranscriptRunner(configure: { session }, printer: printer)
    return options.task == .test ? runner.test(options.files) : runner.bless(options.files)
  }

  private func programs(_ options: Options) throws(Refusal) -> ExitStatus {
    let style = errorStyle(options)
    var session = try options.session
    session.display.isASCII = style.isASCII
    session.display.isColored = terminal.isColored(options.color, isTerminal: terminal.isOutputTerminal)
    if terminal.isOutputTerminal {
      (session.display.width, session.display.height) = (terminal.size.columns, terminal.size.rows)
    }
    if options.seed == .random {
      let seed = UInt64.random(in: 0...UInt64(UInt32.max))
      session.setSeed(seed)
      printer.print(.notice(style.dim("seed \(seed)")))
    }

    var sources = options.code.map { Source(name: nil, text: $0) }
    if let file = options.files.first {
      sources.append(file == "-" ? try Input.standard() : try Input.file(file))
    } else if sources.isEmpty, !terminal.isInputTerminal, !options.staysInteractive {
      sources.append(try Input.standard())
    }
    let staysInteractive = options.staysInteractive || sources.isEmpty
    var runner = ScriptRunner(
      session: session, keepsGoing: options.keepsGoing, style: style, print: { printer.print($0) })
    var status = ExitStatus.success
    for source in sources where !runner.session.wantsToQuit {
      if Interrupt.isRequested { return .interrupted }
      let result = runner.run(source)
      if result != .success { status = result }
      if status != .success, !options.keepsGoing || status == .interrupted { break }
    }
    guard staysInteractive, !runner.session.wantsToQuit else {
      printer.flush()
      // What was printed last was stopped within.
      return status == .success && Interrupt.isRequested ? .interrupted : status
    }
    Interrupt.clear()
    runner.session.isInteractive = true
    let isBare = sources.isEmpty
    return Console(terminal: terminal, style: style, printer: printer)
      .run(
        runner.session, greeting: isBare && !options.isQuiet,
        initFile: isBare && options.readsInitFile && !Confinement.isOn ? Path.initFile : nil)
  }
}

extension Options {
  /// Begins what `--safe` asks for, before anything is opened.
  fileprivate func confine() throws(Refusal) {
    func begin(_ folders: [String]) throws(Refusal) {
      let real = folders.map { System.isFolder($0) ? System.real($0) : nil }
      if let place = real.firstIndex(of: nil) {
        throw Refusal("--safe can't keep to '\(folders[place])': there is no such folder")
      }
      Confinement.begin(real.compactMap { $0 })
    }
    switch safety {
    case nil: break
    case .folder(let path): try begin([path])
    case .scripts:
      let scripts = files.prefix(takesManyFiles ? files.count : 1).filter { $0 != "-" }
      // A script that isn't there is told of later.
      let folders = Set(scripts.map { Path.split($0).folder }.map { $0.isEmpty ? "." : $0 })
      try begin(folders.isEmpty ? ["."] : folders.filter(System.isFolder).sorted())
    }
  }

  /// A session as the options want it, wherever it runs.
  var session: Session {
    get throws(Refusal) {
      var session = Session()
      session.files = .disk
      session.settings.arguments = arguments
      session.memoryLimit = memoryLimit ?? System.freeMemory.map { $0 / 8 * 7 }
      if let threads { Session.setThreads(threads) }
      if System.environment("GRADUS_JIT") == "0" { Session.turnCompilerOff() }
      if let device, task != .check { session.device = try Plugin.opened(device) }
      if let format { session.display.format = format }
      if let digits { session.settings.digits = Int(digits) }
      if let precision { session.setPrecision(precision) }
      if case .number(let number)? = seed { session.setSeed(number) }
      for setting in settings {
        do throws(Failure) {
          try session.set(name: setting.name, value: setting.value)
        } catch {
          throw Refusal("--set \(setting.name): \(error.diagnostics.first?.message ?? "this is not a value")")
        }
      }
      return session
    }
  }
}
