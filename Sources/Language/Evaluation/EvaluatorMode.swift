import Tensors

extension Evaluator {
  /// What an expression is evaluated for.
  enum Mode {
    /// Its value.
    case run
    /// Its value, and where all parts of it came from.
    case trace
    /// Its shape: inputs without a value stand for themselves, their unknown dimensions for the extents given.
    case shapes(standIns: [String: Int])
    /// Its shape while it is being typed, in no time and with errors that nobody reads; a `?` is taken to be `hole`.
    case preview(standIns: [String: Int], hole: Shape? = nil)
    /// Its shape as part of a script, in no time, with errors that say what was meant.
    case check

    /// Only shapes are asked for.
    var isAbstract: Bool {
      switch self {
      case .run, .trace: false
      case .shapes, .preview, .check: true
      }
    }

    /// Nothing may take long.
    var isHurried: Bool {
      switch self {
      case .run, .trace, .shapes: false
      case .preview, .check: true
      }
    }

    /// Errors may take the time to look for what was meant.
    var suggests: Bool {
      switch self {
      case .run, .trace, .shapes, .check: true
      case .preview: false
      }
    }

    /// Extents that symbolic dimensions are taken to have.
    var standIns: [String: Int] {
      switch self {
      case .shapes(let standIns), .preview(let standIns, _): standIns
      case .run, .trace, .check: [:]
      }
    }

    var hole: Shape? {
      switch self {
      case .preview(_, let hole): hole
      case .run, .trace, .shapes, .check: nil
      }
    }
  }
}
