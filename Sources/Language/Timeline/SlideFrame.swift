import Printing
import Refusals
import Syntax
import Tensors
import Text

extension Slide {
  /// What one sees of a slide.
  package struct Frame: Sendable {
    /// One for each number that slides.
    package var handles: [String]
    package var values: [String]
    /// What the keys do; left out once the slide is over.
    package var keys: String
    package var wasInterrupted = false

    package init(handles: [String] = [], values: [String] = [], keys: String = "") {
      (self.handles, self.values, self.keys) = (handles, values, keys)
    }

    package var lines: [String] { handles + values + [keys] }
  }

  /// What is to be seen where the numbers stand now.
  package func frame(of session: Session, columns: Int, rows: Int) -> Frame {
    var trial = session.alone
    (trial.display.width, trial.display.height) = (columns, rows)
    let display = trial.display
    let width = handles.map(\.place.count).max() ?? 0
    let numbers = handles.map(\.text)
    let numberWidth = numbers.map(\.count).max() ?? 0
    var frame = Frame(keys: display.dim(keys(display, columns)))
    for (place, handle) in handles.enumerated() {
      let mark = place == active ? display.sign("▸") : " "
      let name = handle.place + String(repeating: " ", count: width - handle.place.count)
      var line = "\(mark) \(name)  \(numbers[place])"
      if let ends = handle.ends, columns > line.count + 24 {
        line += String(repeating: " ", count: numberWidth - numbers[place].count + 2) + handle.bar(in: ends, display)
      }
      frame.handles.append(String(line.prefix(columns)))
    }
    for handle in handles where handle.hasMoved {
      if let sentence = trial.evaluate(handle.assignment + ";", { _ in }) {
        frame.values = [sentence]
        frame.wasInterrupted = Interrupt.isRequested
        return frame
      }
    }
    let room = max(rows - frame.handles.count - 1, 1)
    var texts = values(in: trial)
    if texts.joined().count > room, shown.count > 1 {
      trial.display.height = max(room / shown.count, 4)
      texts = values(in: trial)
    }
    frame.wasInterrupted = Interrupt.isRequested
    frame.values = Array(texts.joined())
    if shown.isEmpty {
      frame.values = [display.dim("nothing defined with := reads it; say what to see: :slide \(handles[0].place) in …")]
    }
    if frame.values.count > room {
      let hidden = frame.values.count - room + 1
      frame.values = frame.values.prefix(room - 1) + [display.dim("\(display.glyphs.ellipsis) \(hidden) lines below")]
    }
    return frame
  }

  private func values(in trial: Session) -> [[String]] {
    var trial = trial
    trial.isInteractive = true
    return shown.map { text in
      var lines: [Substring] = []
      let sentence = trial.evaluate(text) { output in
        if let text = output.result { lines += text.split(separator: "\n", omittingEmptySubsequences: false) }
      }
      return sentence.map { ["\(text)  \($0)"] } ?? lines.map(String.init)
    }
  }

  private func keys(_ display: Display, _ columns: Int) -> String {
    let step = Handle.text(of: handles[active].step, .float64)
    let far = Handle.text(of: Handle.tidy(handles[active].step * 10), .float64)
    let (near, distant) =
      display.isASCII ? ("Left Right \(step)", "Up Down \(far)") : ("← → \(step)", "↑ ↓ \(far)")
    let ends = ["Enter keeps", "Esc takes back"]
    let all = [near, distant, "- + step"] + (handles.count > 1 ? ["Tab next"] : []) + ends
    let line = all.joined(separator: "   ")
    return line.count < columns ? line : ends.joined(separator: "   ")
  }
}

extension Slide.Handle {
  /// `0 ├────●─────┤ 1`.
  fileprivate func bar(in ends: ClosedRange<Double>, _ display: Display) -> String {
    let width = 20
    let share =
      (min(max(value, ends.lowerBound), ends.upperBound) - ends.lowerBound) / (ends.upperBound - ends.lowerBound)
    let place = share.isFinite ? Int((share * Double(width - 1)).rounded()) : 0
    let signs = display.isASCII ? ("|", "-", "o", "|") : ("├", "─", "●", "┤")
    let line = (0..<width).map { $0 == place ? signs.2 : signs.1 }.joined()
    return "\(Self.text(of: ends.lowerBound, type)) \(signs.0)\(line)\(signs.3) \(Self.text(of: ends.upperBound, type))"
  }
}

extension Session {
  /// A copy that nobody is told of and that says nothing of its own accord, with no way back: it goes with whoever made it.
  var alone: Session {
    var copy = apart
    copy.settings.watched = []
    copy.state.lesson = nil
    (copy.past, copy.future, copy.record, copy.slide) = (Past(), [], Record(), nil)
    return copy
  }

  /// Runs a line; what is wrong with it, in a sentence.
  fileprivate mutating func evaluate(_ text: String, _ emit: (Output) -> Void) -> String? {
    do throws(Failure) {
      try run(Source(name: nil, text: text), emit: emit)
      return nil
    } catch {
      return error.diagnostics.first?.message ?? ""
    }
  }
}
