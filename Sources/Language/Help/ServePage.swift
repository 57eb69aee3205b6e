/// The protocol of `gradus --serve`, for people; the tests compare it with the rows that answer.
package enum ServePage {
  package static let text = """
    Serving other programs
      gradus --serve reads a JSON object a line and answers each with a line.
      Editors/python/gradus.py is a client for Python, Editors/jupyter a kernel.

      {"id": 1, "op": "run", "code": "x = eye(3); sum(x)"}
      {"id": 1, "status": "ok", "results": ["3"], "notices": [], "milliseconds": 0.4}

      id        comes back as it came, with all its digits
      op        what is asked for: a word of the list below
      session   which session is meant; without it the first one
      status    ok, error, interrupted; output: a line before the answer

    hello      version?                   says what is spoken here: version,
               versions, program, ops, dtypes, outputs, longest (bytes of a
               line), safe. From version 2 on a field that isn't known is a
               mistake; without a hello version 1 is spoken, which passes it over.
    run        code columns? rows? full? rich? stream?
               results are texts of 100 columns and 30 rows if nothing else is
               asked for; "full": true leaves nothing out. "rich": true adds
               outputs: HTML, LaTeX or SVG beside the text, by media type.
               "stream": true says each output at once, and how far training is:
               {"id": 1, "status": "output", "output": {"notice": "step 40 of 90 …",
               "progress": {"done": 40, "of": 90}}}
    get        code file?                 the value of a name or an expression,
               which changes nothing; with file a tensor is written there
    set        name value                 gives a name, or an entry, a value
    check      code                       is it complete, incomplete or invalid?
    complete   code cursor?               start, end and matches; counted in bytes
    inspect    name                       the shape and help of a name
    open  close                           begin and end the session named so
    keep       name                       from now on :restore can bring it back
    interrupt  of?                        stops what came before it: all, those of
               a session, or the one whose id is given
    shutdown   restart?                   ends the program

    Values
      {"type": "tensor", "dtype": "float32", "shape": [2, 3], "data": BASE64}
      little-endian, row by row; "file": "x.npy" in place of data: a file's
      {"type": "tuple", "values": [V, …]}    {"type": "text", "text": "…"}
      {"type": "record", "names": ["w", …], "values": [V, …]}
      {"type": "function", "text": "x -> x^2"}    comes, and can't be given
      A number, a truth value and a text may be given as JSON has them.

    Mistakes
      {"id": 1, "status": "error", "errors": [{"message": "…", "help": "…", …}]}
      In code they have start and end (bytes), line and column (from 1), note,
      and text, as a terminal shows it. In the request itself they have a
      reason: json, encoding, length, op, field, version, session, interrupt,
      value, kept, ended. The next line is read as ever.
    """
}
