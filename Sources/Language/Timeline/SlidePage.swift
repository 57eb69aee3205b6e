import Printing
import Text

/// A slide for a page: all of it is computed ahead, for nobody computes where pages are read.
extension Slide {
  /// So many places a slider has to either side of where its number is.
  private static let reach = 20

  package func page(of session: Session) -> Output {
    let screen = (columns: session.display.width ?? 100, rows: 200)
    let now = frame(of: session, columns: screen.columns, rows: screen.rows)
    let text = (now.handles + now.values).joined(separator: "\n")
    let sliders = handles.indices.map { slider(of: $0, session, screen) }
    return .shown(text, Output.Rich(html: "<div>\n\(sliders.joined(separator: "\n"))\n</div>"))
  }

  private func slider(of place: Int, _ session: Session, _ screen: (columns: Int, rows: Int)) -> String {
    var stops: [Slide] = []
    for stop in self.stops(of: place) where !Interrupt.isRequested { stops.append(stop) }
    let start = stops.firstIndex { $0.handles[place].value == handles[place].value } ?? 0
    let panes = stops.enumerated().map { number, stop in
      let lines = stop.frame(of: session, columns: screen.columns, rows: screen.rows).values
      let text = ([stop.handles[place].assignment] + lines).joined(separator: "\n")
      return "<pre\(number == start ? "" : " hidden")>\(HTML.escaped(text))</pre>"
    }
    let show = "for(const [i,p] of [...this.parentNode.querySelectorAll('pre')].entries())p.hidden=i!=this.value"
    return """
      <div><code>\(HTML.escaped(handles[place].place))</code>
      <input type="range" min="0" max="\(max(stops.count - 1, 0))" value="\(start)" style="width:20em;vertical-align:middle" oninput="\(show)">
      \(panes.joined(separator: "\n"))
      </div>
      """
  }

  /// From one end to the other; without ends, so many steps to either side.
  private func stops(of place: Int) -> [Slide] {
    let handle = handles[place]
    if let ends = handle.ends {
      let count = handle.isMask ? 1 : 2 * Self.reach
      return (0...count).map { number in
        var stop = self
        let share = Double(number) / Double(count)
        stop.set(place, to: Handle.tidy(ends.lowerBound + share * (ends.upperBound - ends.lowerBound)))
        return stop
      }.inserting(self) { $0.handles[place].value < $1.handles[place].value }
    }
    var stops = [self]
    for move in [Move.down, .up] {
      var stop = self
      while stop.active != place { _ = stop.move(.next) }
      for _ in 0..<Self.reach {
        _ = stop.move(move)
        if move == .down { stops.insert(stop, at: 0) } else { stops.append(stop) }
      }
    }
    return stops
  }
}

extension [Slide] {
  /// With another one in its place, unless there is one like it.
  fileprivate func inserting(_ other: Slide, by isLess: (Slide, Slide) -> Bool) -> [Slide] {
    guard !contains(where: { !isLess($0, other) && !isLess(other, $0) }) else { return self }
    let place = firstIndex { isLess(other, $0) } ?? count
    return self[..<place] + [other] + self[place...]
  }
}
