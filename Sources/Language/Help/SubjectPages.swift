extension HelpPage {
  /// Pages about parts of the language, short enough for half a screen.
  static let ofSubjects: [HelpPage] = [
    HelpPage(
      name: "loops",
      text: """
        Loops
          for i in 0:10 { … }          i is 0, 1, … 9
          for i in arange(0, 1, 0.1)   any vector; a matrix's rows, a text's letters
          for x, t in zip(a, b)        two at once; enumerate(a) numbers them
          while c { … }                as long as c is true
          repeat 100 { … }             so many times
          break  continue              leave the loop, go on with the next round

          for i in 0:3 { print("step {i}") }

          A loop over numbers is rarely needed: x * 2 and sum(x) take all of them;
          map(f, xs), fold(f, start, xs), scan(f, start, xs) are loops with a value.
        """),
    HelpPage(
      name: "text",
      text: """
        Texts
          "loss {loss:.3f}"            values in braces; behind : a format as in Python
          print("w", w, sep=" ")       writes values on a line; end="" stays on it
          t + u   t[0]   t[1:3]        put in a row, a letter, some letters
          text(x)  number(t)           a value as a text, a text as a number
          split(t, ",")  join(parts, ", ")  lines(t)
          upper(t)  lower(t)  strip(t)  codes(t)  chars([72, 105])
          "say \\"hi\\"\\n"               \\" a quote, \\n a new line, {{ a brace
        """),
    HelpPage(
      name: "records",
      text: """
        Tuples and records
          t = (1, "a")                 t[0], t[-1]; a, b = t takes it apart
          p = (w=weights(3, 2), b=0)   p.w, p["w"]; p.w[0, 1] = 5 changes an entry
          p - 0.1 * grad(loss, p)      functions of elements go through all entries
          keys(p)  size(p)  append(t, x)  zip(a, b)  enumerate(t)
          save("m.npz", p)             the entries under dotted names
        """),
    HelpPage(
      name: "types",
      text: """
        Types
          A number is a tensor without axes. Tensors are float32 if nothing else is said;
          float64(x) and float32(x) convert, :precision float64 changes what is usual.
          A mask is a tensor of true and false: x > 0, mask(x), [true, false].
          There are no integers: whole numbers print without a point, and an index must
          be whole. trunc(x), round(x), floor(x) make them whole.
          A text, a tuple, a record and a function are values, too.
          x   shows the type where it isn't the usual one;  shape(x)  rank(x)  size(x)
        """),
    HelpPage(
      name: "keys",
      text: """
        Keys
          Tab          completes names, arguments, commands, files in quotes, \\alpha;
                       twice lists what fits, and again takes one after the other;
                       on an empty line it puts there what the last error offers
          Up  Down     older lines that begin so; within a block its lines
          Enter        runs what is whole; begins another line, at the cursor,
                       while a bracket is open
          Alt-Enter    begins another line anywhere
          Ctrl-R       searches older lines
          Ctrl-A  Ctrl-E  Alt-B  Alt-F      start, end, a word back, a word on
          Ctrl-U  Ctrl-K  Ctrl-W  Ctrl-Y    cut all, to the end, a word; put it back
          Ctrl-L       clears the screen
          Ctrl-C       stops what runs, or drops the line
          Ctrl-D       leaves
          A block is edited as one until it runs; an empty last line gives up.
          ~/.editrc with  bind -v  gives the keys of vi.
        """),
  ]

  /// Other words for pages.
  static let synonyms: [String: String] = [
    "loop": "loops", "function": "functions", "texts": "text", "strings": "text", "string": "text", "record": "records",
    "tuple": "records", "tuples": "records", "dict": "records", "type": "types", "dtype": "types", "dtypes": "types",
    "int": "types", "integer": "types", "key": "keys", "editing": "keys", "keyboard": "keys", "syntax": "language",
    "operators": "language", "statements": "language", "slicing": "indexing", "slice": "indexing",
    "index": "indexing", "mask": "masks", "gradient": "gradients", "derivative": "gradients", "autograd": "gradients",
    "optimizer": "training", "optimizers": "training", "optimiser": "training", "plotting": "pictures",
    "plots": "pictures",
    "figures": "pictures", "variables": "names", "session": "sessions", "zero": "zeros", "csv": "files",
    "torch": "pytorch",
    "tf": "tensorflow", "keras": "tensorflow", "np": "numpy", "matlab": "octave", "jnp": "jax", "learn": "learn",
    "protocol": "serve", "server": "serve", "json": "serve", "control": "loops", "export": "export",
  ]
}
