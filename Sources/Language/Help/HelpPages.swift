import Files

/// A page of the manual that belongs to no single function.
struct HelpPage {
  let name: String
  let text: String

  /// The one screen that `:help` shows.
  static func overview(commands: [String]) -> String {
    var lines = [""]
    for command in commands.map({ ":" + $0 }) {
      if lines[lines.count - 1].count + command.count + 1 > 74 { lines.append("") }
      lines[lines.count - 1] += lines[lines.count - 1].isEmpty ? command : " " + command
    }
    return start + "\n" + lines.map { "  " + $0 }.joined(separator: "\n") + "\n" + end
  }

  private static let start = """
    Type an expression to see its value. Type grad(…) to see its gradient.
      w = weights(3, 2)           a trainable matrix
      m = mask([[0, 1], [1, 0], [0, 1]])
      x = [[0.5, 0.5, 0.4]]
      y := relu(x @ (w * m))      live: follows whatever it reads
      loss := mse(y, [[1, 1]])
      grad(loss, w)               ⋅ removed by the mask   ∘ switched off by relu

      [1, 2; 3, 4]  x[0, :]  a @ b  a * b  a ^ 2  a.T  x |> relu  f(x) = x * x
      a line ending in ; prints nothing    # begins a comment
    commands
    """

  private static let end = """
    help
      ?relu  :help relu           a function         Tab completes names
      :help masks                 a page; also: \(pages)
      :help numpy                 also pytorch, tensorflow, jax, octave, julia, r
      :learn  :learn pytorch      two courses      :help WORDS searches all of it
    """

  /// The names of the other pages, on as many lines as it takes.
  private static var pages: String {
    let names = ["functions"] + all.map(\.name).filter { $0 != "masks" }
    let lines = wrapped(names, indent: 30, used: "a page; also: ".count)
    return lines.joined(separator: "\n").drop { $0 == " " }.description
  }

  /// Names with commas between, on as many lines of a terminal as it takes.
  ///
  /// - Parameter used: what stands on the first line before them.
  static func wrapped(_ names: [String], indent: Int, used: Int = 0) -> [String] {
    var lines = [""]
    for (place, name) in names.enumerated() {
      let word = name + (place < names.count - 1 ? ", " : "")
      let room = 80 - indent - (lines.count == 1 ? used : 0)
      if lines[lines.count - 1].count + word.count > room + 1 { lines.append("") }
      lines[lines.count - 1] += word
    }
    return lines.map { line in
      String(repeating: " ", count: indent) + (line.last == " " ? String(line.dropLast()) : line)
    }
  }

  static let all = [programs, QuestionPage.page] + ofSubjects + ofLanguage + ofConsole

  /// A line for each optimiser: what it reads.
  private static var optimisers: String {
    Optimiser.all.map { optimiser in
      "  " + optimiser.name + String(repeating: " ", count: max(10 - optimiser.name.count, 1)) + optimiser.reads
    }.joined(separator: "\n")
  }

  /// What `init=` can be, on as many lines as it takes.
  private static var initialisers: String {
    var lines = ["  init=    "]
    for initialiser in Initialiser.all {
      if lines[lines.count - 1].count + initialiser.name.count > 78 { lines.append(String(repeating: " ", count: 11)) }
      lines[lines.count - 1] += " \(initialiser.name),"
    }
    return String(lines.joined(separator: "\n").dropLast())
  }

  /// The formats of files, a line each.
  private static var formats: String {
    FileFormat.all.map { format in
      let space = String(repeating: " ", count: max(13 - format.name.count, 1))
      return "  " + format.name + space + format.summary + (format.isWritten ? "" : "; read only")
    }.joined(separator: "\n")
  }

  private static let ofLanguage: [HelpPage] = [
    HelpPage(
      name: "masks",
      text: """
        Masks
          A mask is a bool tensor: mask([[0, 1], [1, 0]]), [true, false], w > 0.5.

          w * m removes the entries of w where m is false. A removed entry prints as ⋅
          and stays out of everything: the value, the gradient, and any NaN or infinity
          it would meet (false times NaN is 0).

            w = weights(3, 2)
            m = mask([[0, 1], [1, 0], [0, 1]])
            loss := sum(square(w * m))
            grad(loss, w)             ⋅ wherever m is false

          A float matrix of 0 and 1 multiplies too, but its zeros are ordinary numbers:
          0 times NaN is NaN. mask(x) makes the zeros of x structural.

          density(m)                  the share of entries that is kept
          dense_grad(loss, w)         the gradient that removed entries would have
          grad(loss, m)               the mask read as floats; the gradient is dense
        """),
    HelpPage(
      name: "gradients",
      text: """
        Gradients
          grad(loss, w)               the derivative of a number with respect to w
          grad(loss, w, b)            several names give a tuple: dw, db = grad(…)
          grad(loss)                  every name made by weights(…) that loss reads
          grad(f)                     of a function, by its first parameter
          grad(grad(f))               gradients can be differentiated again

          A name remembers the formula that made it, so this works:
            loss = mse(relu(x @ w), t)
            grad(loss, w)
          Once w has a new value, the formula of loss is gone, and grad says so.
          Define loss with := and it always follows: loss := mse(relu(x @ w), t)

          What isn't a number needs a sum, a mean or jacobian(y, w).
          Any name can be asked for: weights, data, a mask, a value in between.

          At a kink: relu and abs have derivative 0 at 0; equals in maximum share ½, ½.
          floor and comparisons have derivative 0 everywhere.
          A slope chosen at a kink has no slope itself: hessian(abs(x), x) is NaN at 0.
          norm(x)^2, std(x)^2, hypot(a, b)^2 are smooth, and have all derivatives.
          Where eigenvalues are equal, functions of the matrix have their derivative,
          single eigenvectors NaN.  check(loss, w, order=2) looks at second ones.
        """),
    HelpPage(
      name: "training",
      text: """
        Training
          w = weights(3, 2)           trainable: Glorot uniform, or init="he_normal", …
          loss := mse(relu(x @ w), t)
          train(loss)                 100 steps of gradient descent; gives the losses
          losses = train(loss, steps=500, rate=0.001, using="adam");
          train(loss, w)              moves w alone; net moves all that is in it
          train(loss, epochs=10, batch=32, data=(x, t))   rows drawn anew each epoch
          rate=     a number, a function of the step (t -> 0.1 * 0.99^t), or
                    cosine(steps, peak=0.1), warmup(steps, then), step_decay(every, 0.5)
          clip=1    the largest norm of all gradients together

          What an optimiser keeps goes on in the next call; fresh=true begins anew.
          save("run.safetensors", checkpoint()) and restore(load("run.safetensors"))
          bring all of it back. freeze w leaves w alone, freeze w[0] its first row, thaw w
          trains it again; a plain value given to a trainable name leaves it trainable.

          using=    reads, besides rate= and decay= (L2)
        \(optimisers)

        \(initialisers)

          The formulas and defaults are PyTorch's. An entry whose gradient is ⋅ never
          moves: not by decay, not by momentum. Chance in the loss is drawn anew each
          step, in a live definition once. Ctrl-C keeps the last whole step.

          By hand: repeat 200 { w -= 0.1 * grad(loss, w) }
        """),
    HelpPage(
      name: "files",
      text: """
        Files
          w = load("w.npy")           the tensor of a file
          w = load("m.npz", "w")      one of several
          a, b = load("m.npz")        all of them, in the file's order
          :files m.npz                lists them

          save("w.npy", w)            one tensor
          save("m.npz", w, b=bias)    several, under their names

        \(formats)

          Each may be packed by gzip: "w.npy.gz".

          net = load("net.onnx")      a network: net.forward(x) computes it,
          net.forward                 shows it, and for other weights there is
          net.forward(x, w)           w = weights(value=net.weights) and train

        Tables
          load("a.csv")               a matrix; one column is a vector
          load("a.csv", "x")          a column by its name
          columns=("x", "y")          some of them; columns=0:3 by number
          missing=nan                 what takes the place of gaps, NA, null, ?, …
          separator=";" decimal=","   where they aren't recognised rightly
          skip=2                      lines at the top that don't count

          A first line in which nothing is a number names the columns. Lines of a
          comment begin with #. What was guessed is said.

          Whole numbers become float32, or float64 beyond 2^24, and are refused beyond
          2^53 where float64 would round them; a table with numbers that float32 can't
          hold at all is float64; smaller floats become float32.
          "0.weight"=w gives a tensor in a file any name.
          A file is written beside the old one and then takes its place.
        """),
    HelpPage(
      name: "exports",
      text: """
        Exports
          \(ExportKind.list)

          Any expression will do, grad(loss, w) and tuples too. Loops of functions stay loops,
          a while goes on by its condition; what a library has no word for is refused by name.

          :export pytorch loss model.py
            What has weights becomes a torch.nn.Module under the names that they have here,
            for jax and numpy functions of params["net.layers.0.w"]; the weights lie beside
            it in model.safetensors. forward is the last value with a formula that the loss
            is taken of, the loss a method; softmax, conv2d, cross_entropy, … are the
            library's own.

          :export jax train(loss, data=(x, t), batch=32, epochs=20, using="adam") run.py
            A program of its own, for jax, pytorch or numpy: it reads the rows from
            run.x.npy or --data x=FILE, shows progress, writes run.checkpoint.safetensors
            every 5 minutes (--minutes M, --every STEPS), and goes on from it bit for bit.
            Rows and random numbers are drawn as here; the optimiser is torch.optim's,
            or optax's if that is installed, where those give the same. Then the weights are in
            run.trained.safetensors; restore(load("run.checkpoint.safetensors")) goes on
            from there in this console. For jax --devices and --procs share each batch.

          To StableHLO and ONNX train(loss, …) exports one step: what it gives takes the
          place of what it took.

          :export stablehlo train(loss, rate=0.1) step devices=4 shard=x,t procs=2
            cuts x and t by rows over 4 devices in 2 processes, and says what to type on
            each host. Without shard= the inputs with a free first dimension are cut. The
            folder's run.py needs jax. Use a network that you trust.

          :shard w columns
          :export stablehlo train(loss, rate=0.1) step devices=2x4
            cuts w by columns, in this export and those after it, as shard=x,t,w:columns
            does in one. Two numbers make a mesh: data are cut along the first, weights,
            and what an optimiser keeps for them, along the second.

          Removed entries stay removed; elsewhere 0 times NaN is NaN, as IEEE has it.
          Random numbers go along as they were drawn; loops and trainings draw their own.

          gradus --device PLUGIN.so computes on the device of a PJRT plugin (for a CPU, a
            GPU, a TPU) in this console; :env names it. Each new expression and shape is
            compiled once. Decompositions (inv, svd, …), random draws, single numbers and
            products in which a removed entry meets NaN or infinity are computed here.
        """),
    HelpPage(
      name: "zeros",
      text: """
        Zeros
          A zero is printed by its cause.

          ⋅   structural   0 whatever the weights and inputs are; in a gradient masked
                           (a mask's false entry), frozen (stop_gradient), blocked
                           (sign, round, argmax, a comparison) or not read (no path)
          ∘   gated        0 here and nearby: relu is off, the branch of a where
                           not taken, the loser of a max
          0   exact        0 here, not nearby: an input is 0, terms cancel

          A product has the strongest zero of its factors, a sum the weakest of its
          terms. ⋅ and ∘ contribute nothing, not even to NaN: ⋅ times NaN is ⋅.
          An exact 0 follows IEEE: 0 times NaN is NaN. relu(0) is gated: a kink.

          :why grad(loss, w)[0, 1]    explains one entry; without an index all of them;
                                      s#2 is the second s of a loop or a function
          :flow loss                  where gradients vanish, explode or stop
          :help why                   what else is asked, and what to type
          structural(x)               false where an entry is ⋅
          depends(y, x)               which outputs can depend on which inputs
        """),
    HelpPage(
      name: "names",
      text: """
        Names
          a = e        computed now; a remembers the formula, for grad
          a := e       live: computed when used, from the current values
          a += e       a new value without a formula; also -= *= /=
          a, b = e     takes a tuple apart
          f(x, k=2) = x * k           a function, with a default
          f(x) = { y = x * x; y + 1 } names inside are local; the last value counts
          input x: [n, 3]             a name without a value yet; n is free
          x = rand(1, 3)              feeding it is assigning

          A name is letters, digits and _; any alphabet: α (typed \\alpha Tab), ∂w.
          A name holds one thing, a value or a function, whichever came last; only what
          is built in stays callable behind a value: after mask = …, mask(…) still works.
          ans is the last value. pi and e may be given other values.
          If w changes, what = computed from the old w keeps its value but is stale:
          grad refuses it. What := defines is never stale.

          true false inf nan ans new repeat for while if else in and or not xor
          can't be names.
        """),
    HelpPage(
      name: "indexing",
      text: """
        Indexing
          Counting starts at 0; negative numbers count from the end.

          x[0]          the first entry, or row        x[-1]     the last
          x[0, 1]       one entry of a matrix          x[:, 0]   a column
          x[1:3]        from 1 up to, without, 3       x[::2]    every second
          x[::-1]       backwards                      x[..., 0] on the last axis
          x[[2, 0]]     the rows 2 and 0               x[m]      where the mask m is on
          x[:, new]     a new axis of length 1

          An index beyond the end is an error; the bounds of a slice are cut to fit.

          x[0, 1] = 5   gives x a new value with that entry replaced
          x[:, 0] += 1  the same with a column

          [1, 2, 3] is a vector; [[1, 2], [3, 4]] and [1, 2; 3, 4] are the same matrix.
        """),
  ]
}
