extension HelpPage {
  /// Pages about the console rather than the language.
  static let ofConsole: [HelpPage] = [
    HelpPage(
      name: "pictures",
      text: """
        Pictures
          plot(y)  plot(x, y)         a line; style="braille" is finer, rows=12 taller
          plot((a, b))  log="y"       several lines; powers of ten ("x", "y", "xy")
          hist(w)  hist(w, bins=40)   how often values occur; removed entries don't count
          heat(m)                     shades around 0: ░▒▓█, with - in front below 0
          spy(m)                      ■ not zero   0 zero   ∘ gated   ⋅ removed

          They are texts: p = plot(y) keeps one, and they go wherever output goes.
          save("loss.svg", plot(y))   the same as a picture; .png where rsvg-convert,
                                      Inkscape or ImageMagick is installed

          :graph loss                 how a value comes about, inputs first
          :export svg loss l.svg      the same for a browser; dot and png by Graphviz
        """),
    HelpPage(
      name: "slides",
      text: """
        Slides
          :slide x[0, 1]              the arrow keys move that number
          :slide rate from 0 to 1     between two ends; by 0.05 says the step
          :slide w[0, 1], rate        Tab goes from one to the next
          :slide x[0, 1] in loss, grad(loss, w), heat(w)
                                      what is to be seen

          Left Right   a step         Enter   keeps the numbers
          Up Down      ten steps      Esc     gives the old ones back
          - +          a step of a tenth, of ten times as much
          Home End     to the ends

          Without 'in' one sees what is watched (:set watch), else the names
          defined with := that read the number, and the gradient of the last
          number among them.
          One :undo takes all of it back. What was kept is a line that needs no
          hand, :slide x[0, 1] = 0.3, and works in a script.
        """),
    HelpPage(
      name: "sessions",
      text: """
        Sessions
          :undo  :undo 3              takes back statements that changed something
          :redo                       does them again
          :diff w                     what changed in w, and where most
          :history                    the statements that led here

          :save work.session          writes the session as its statements
          :load work.session          brings it back, to the last bit, chance included
          :restore                    the same for a session that was cut off
          :restore forget             throws that one away

          What a statement read from a file is kept with it. A training that was
          stopped comes back as it was, not as it would have ended. What was being
          done when a session was cut off is shown, not done.

          What took longer than a second is kept as values too, 1 GiB at most, and
          comes back at once; the rest is done again. So are values that got lost.
        """),
    HelpPage(name: "serve", text: ServePage.text),
    HelpPage(
      name: "safety",
      text: "Scripts of others\n" + Safety.promise.map { "  " + $0 }.joined(separator: "\n")),
    HelpPage(
      name: "shapes",
      text: """
        Shapes
          While you type, the right edge shows the shape: → 3×4, or ✗ 5 ≠ 4.

          :shapes relu(x @ w + b)     each part with its shape
          x @ ? + b                   what fits in place of the question mark
          input x: [n, 3]             a shape without a value; n is any number
          gradus --check FILE         a script's shapes, without running it

          :cost loss                  operations and bytes, without computing anything
          :set watch w loss           shows a name whenever a statement changes it
          :set broadcast error        refuses to stretch both operands at once
        """),
  ]
}
