extension HelpPage {
  /// The language on two screens.
  static let programs = HelpPage(
    name: "language",
    text: """
      The language
        a = 3                       a value; a line ending in ; prints nothing
        y := a * 2                  live: follows whatever it reads
        f(x, k=2) = k * x           a function; x -> x^2 is one without a name
        x.f(a)                      the same as f(x, a): x.sum(axis=0).sqrt()
        [1, 2; 3, 4]                a matrix; [a, b] stacks, [A; B] joins below
        x[0]  x[-1]  x[1:3]  x[:, new]  x[x > 0]   entries; x[i] = 5 replaces them
        a @ b  a * b  a ^ 2  a.T    product, entry by entry, power, transpose
        == != < <= and or not       masks; all(m), any(m) make one answer of one

      Texts
        "loss {loss:.3f} at {i}"    values in braces, behind : a format as in Python
        print("w", w, sep=" ")      writes; {{ and }} are braces
        t[0]  t + u  text(x)  number(t)  split(t, ",")  lines(t)  join(parts, ", ")
        upper lower strip codes chars; load("names.txt") is a text

      Tuples and records
        t = (1, "a")                t[0], t[-1], t[1:]; a, b = t takes it apart
        p = (w=weights(3, 2), b=0)  p.w, p["w"], p.w[0, 1] = 5; they nest
        p - 0.1 * grad(loss, p)     operators and functions of elements go through
        append(t, x)  zip(a, b)  enumerate(t)  size(t)  keys(p)
        save("m.npz", p)            leaves under dotted names; load gives them back
        weights(value=load("m.npz"))   all of it trainable: a state_dict, too

      Control
        if a > b { … } else { … }   x = if a > b { a } else { b } has a value
        for i in 0:10 { … }         over tuples, rows, texts: for x, t in zip(a, b)
        while c { … }  repeat 5 { … }  break  continue
        f(x) = { y = x + 1; if y > 3 { return y }; y * 2 }   return leaves a function
        gradients go along the branch that was taken

      Functions as values
        add(n) = x -> x + n         keeps n as it was; names of the session stay live
        map(f, xs)  fold(f, start, xs)  scan(f, start, xs)    over rows or entries
        grad(f)  jacobian(f)  hessian(f)                      functions again

      Files and names
        run "file.grad"             beside the script first, then where you are
        nets = import "nets.grad"   its names as a record: nets.mlp(x)
        del a, b                    forgets names
        expect a ~ b                a test; expect error "text" in { … }
      """)
}
