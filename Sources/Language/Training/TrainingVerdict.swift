import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// What is said of a training whose loss grows beyond all bounds, or doesn't move.
struct TrainingVerdict {
  private(set) var notices: [String] = []
  private let losses: [Double]
  private let call: Training
  private let before: Session
  private let breaks: Breakage?
  /// What to type for another rate.
  private let repair: (Double) -> String

  /// - Parameters:
  ///   - losses: the loss before each step.
  ///   - before: the session as it was before the first step.
  ///   - repair: what to type for another rate, where that isn't a training.
  init(
    _ losses: [Double], _ call: Training, before: Session, _ breaks: Breakage? = nil,
    repair: ((Double) -> String)? = nil
  ) {
    (self.losses, self.call, self.before, self.breaks) = (losses, call, before, breaks)
    self.repair = repair ?? { ":undo; " + Self.text(call, rate: $0) }
    guard losses.count > 1, let first = losses.first, let last = losses.last else { return }
    if !last.isFinite || first.isFinite && last > 10 * abs(first) && last > losses[losses.count - 2] {
      tellOfGrowth()
    } else if losses.count >= 10, first.isFinite, abs(last - first) <= 1e-6 * abs(first) {
      tellOfStandstill()
    } else if let place = losses.firstIndex(where: \.isNaN) {
      notices.append("note: the loss is NaN from step \(place + 1) on")
    }
  }

  private func number(_ value: Double) -> String { before.display.number(value) }

  // MARK: Growing

  private mutating func tellOfGrowth() {
    let finite = losses.prefix { $0.isFinite }
    // From the step on from which it only grew.
    var start = max(finite.count - 1, 0)
    while start > 0, finite[start - 1] < finite[start] { start -= 1 }
    let grown = finite.suffix(from: start)
    let ratios = zip(grown, grown.dropFirst()).map { $1 / $0 }.filter { $0.isFinite && $0 > 0 }.sorted()
    let shown = grown.prefix(3).map(number).joined(separator: "  ") + (grown.count > 3 ? " …" : "")
    if ratios.isEmpty {
      notices.append("warning: the loss stops being a number")
    } else {
      let factor = Self.brief(ratios[ratios.count / 2])
      notices.append("warning: the loss grows \(factor)-fold a step from step \(start + 1) on: \(shown)")
    }
    var odd: [String] = []
    if let place = losses.firstIndex(where: \.isInfinite) { odd.append("inf from step \(place + 1) on") }
    if let place = losses.firstIndex(where: \.isNaN) { odd.append("NaN from step \(place + 1) on") }
    if !odd.isEmpty { notices.append("  the loss is \(odd.joined(separator: ", "))") }
    if let words = breaks?.text { notices.append("  \(words)") }
    tellOfRates()
  }

  /// The rate that holds follows from the curvature along the gradient, for plain steps downhill.
  private mutating func tellOfRates() {
    let rate = call.rates[0]
    guard call.optimiser.name == Optimiser.all[0].name, call.rates.count == 1, call.clip == nil,
      call.settings[.momentum] == 0, let slope = Slope(call, before), slope.curvature > 0, slope.curvature.isFinite
    else {
      notices.append("help: \(repair(rate / 10)) takes steps of a tenth")
      return
    }
    let bound = 2 / slope.curvature
    if rate > bound {
      notices.append(
        "note: the curvature along the first gradient is \(number(slope.curvature)), so rates above 2 / \(number(slope.curvature)) = \(number(bound)) grow"
      )
      notices.append("help: \(repair(Self.rounded(1 / slope.curvature)))")
    } else {
      notices.append("note: the loss curves more on its way than at its start, where rates below \(number(bound)) hold")
      notices.append("help: \(repair(Self.rounded(rate / 10)))")
    }
  }

  private static func text(_ call: Training, rate: Double) -> String {
    "train(\(call.loss.description), steps=\(call.steps), rate=\(rate.text))"
  }

  /// `69`, `1.4`.
  private static func brief(_ factor: Double) -> String {
    let rounded = factor >= 10 ? factor.rounded() : (factor * 10).rounded() / 10
    return rounded == rounded.rounded() && rounded < 1e5 ? "\(Int(rounded))" : Double(Float(rounded)).text
  }

  /// One digit, downwards.
  private static func rounded(_ rate: Double) -> Double {
    guard rate > 0, rate.isFinite else { return rate }
    let unit = rate.decimalUnit
    let value = (rate / unit).rounded(.down) * unit
    // Powers of ten below 1 have no exact form: by their text they have.
    return Double(Float(value).description) ?? value
  }

  // MARK: Standing still

  private mutating func tellOfStandstill() {
    guard let slope = Slope(call, before), let first = losses.first else { return }
    let names = call.places.map(\.label).joined(separator: ", ")
    let stays = "note: the loss stays at \(number(first))"
    if slope.isStopped {
      notices.append("\(stays): its gradient by \(names) is 0, and stays so for all values near by")
      notices.append(
        "help: :flow \(call.loss.description), or :why grad(\(call.loss.description), \(call.places[0].label))")
    } else if slope.length == 0
      || slope.curvature > 0 && slope.length * slope.length / slope.curvature / 2 <= 1e-6 * abs(first)
    {
      notices.append("\(stays): it is at a minimum, or a flat place; its gradient is \(number(slope.length)) long")
    } else if slope.curvature > 0, call.rates[0] > 0, call.rates[0] < 0.01 / slope.curvature {
      let times = 1 / slope.curvature / call.rates[0]
      let factor = times < 1e5 ? Self.brief(times) : number(Double(Float(times)))
      notices.append("\(stays): the rate is about \(factor) times too small")
      notices.append("help: \(Self.text(call, rate: Self.rounded(1 / slope.curvature)))")
    }
  }
}
