"""Gradus from Python: sessions of `gradus --serve`, arrays in and out as NumPy has them.

    import gradus, numpy as np
    g = gradus.Session()
    g["x"] = np.eye(3)
    g.run("y = x @ x")
    g["y"]

It needs NumPy, and gradus in the path or named by the variable GRADUS. The protocol is in `:help serve`.
"""

import base64
import itertools
import json
import os
import queue
import subprocess
import tempfile
import threading

import numpy as np

__all__ = ["Error", "Interrupted", "Result", "Session"]

# An array of more bytes than this goes by a file.
BY_LINE = 1 << 22


class Error(Exception):
    """What went wrong: message, and where there are any help, note, line, column, start, end, text, reason."""

    def __init__(self, errors):
        first = errors[0] if errors else {"message": "it failed"}
        super().__init__(first.get("text") or first["message"])
        self.errors = errors
        self.message = first["message"]
        for name in ("help", "note", "line", "column", "start", "end", "text", "reason"):
            setattr(self, name, first.get(name))


class Interrupted(Error, KeyboardInterrupt):
    """The work was stopped; the session goes on."""


class Result:
    """What a run has printed: results and notices, texts each."""

    def __init__(self, answer):
        self.results = answer.get("results", [])
        self.notices = answer.get("notices", [])
        self.milliseconds = answer.get("milliseconds", 0.0)

    def __str__(self):
        return "\n".join(self.results)

    __repr__ = __str__


class _Program:
    """One running gradus, which several sessions share; its answers come by their ids."""

    def __init__(self, program, options):
        command = [program or os.environ.get("GRADUS", "gradus"), "--serve", *options]
        # In a session of its own, so that Ctrl-C comes to this program alone.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True)
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        self.abilities = self.ask({"op": "hello", "version": 2})

    def _read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            with self.lock:
                answers = self.waiting.get(answer["id"])
            if answers is not None:
                answers.put(answer)
        with self.lock:
            # Nobody waits for what can't come any more.
            for answers in self.waiting.values():
                answers.put(None)
            self.waiting = None

    def _send(self, request):
        line = json.dumps(request) + "\n"
        if len(line) > getattr(self, "abilities", {}).get("longest", 1 << 20):
            raise Error([{"message": "this is longer than a request can be", "reason": "length"}])
        with self.lock:
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def ask(self, request, tell=None):
        number = next(self.numbers)
        answers = queue.SimpleQueue()
        with self.lock:
            if self.waiting is None:
                raise Error([{"message": "gradus has ended", "reason": "ended"}])
            self.waiting[number] = answers
        try:
            self._send({"id": number, **request})
            while True:
                try:
                    answer = answers.get()
                except KeyboardInterrupt:
                    self._send({"id": -number, "op": "interrupt", "of": number})
                    continue
                if answer is None:
                    raise Error([{"message": "gradus has ended", "reason": "ended"}])
                if answer["status"] != "output":
                    break
                if tell:
                    tell(answer["output"])
        except (BrokenPipeError, ValueError) as error:
            raise Error([{"message": "gradus has ended", "reason": "ended"}]) from error
        finally:
            with self.lock:
                if self.waiting is not None:
                    del self.waiting[number]
        if answer["status"] == "interrupted":
            raise Interrupted(answer["errors"])
        if answer["status"] == "error":
            raise Error(answer["errors"])
        return answer

    def end(self):
        if self.process.poll() is None:
            try:
                self.ask({"op": "shutdown"})
            except Error:
                pass
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()


class Session:
    """Names and what they hold, in a gradus of its own.

    program  what is run, in place of `gradus`
    options  its options: ["--safe"], ["--precision", "float64"]
    """

    def __init__(self, program=None, options=(), *, _shared=None, _name=""):
        self._program = _shared or _Program(program, options)
        self._name = _name
        self._files = tempfile.TemporaryDirectory(prefix="gradus-") if not self._program.abilities["safe"] else None

    def _ask(self, op, tell=None, **members):
        if self._name:
            members["session"] = self._name
        return self._program.ask({"op": op, **members}, tell)

    # Code

    def run(self, code, tell=None, full=False, columns=None, rows=None):
        """Runs statements; what they print is the Result.

        tell  is called with each output as soon as there is one: a dict with "text/plain" or "notice", and "progress"
        full  leaves nothing out of what is printed
        """
        sizes = {name: value for name, value in (("columns", columns), ("rows", rows)) if value is not None}
        return Result(self._ask("run", tell, code=code, full=full, stream=tell is not None, **sizes))

    def complete(self, code, cursor=None):
        """What may stand at a place of a text, counted in its characters: start, end, words."""
        cursor = len(code) if cursor is None else cursor
        answer = self._ask("complete", code=code, cursor=len(code[:cursor].encode()))
        start, end = (len(code.encode()[:answer[name]].decode(errors="ignore")) for name in ("start", "end"))
        return start, end, [match["text"] for match in answer["matches"]]

    def check(self, code):
        """`complete`, `incomplete` or `invalid`."""
        return self._ask("check", code=code)["code"]

    def inspect(self, name):
        """The shape and the help of a name, None where there is none."""
        answer = self._ask("inspect", name=name)
        return answer.get("shape"), answer.get("help")

    def keep(self, name):
        """From now on `:restore` can bring this session back under its name; what there is to bring back, if anything."""
        return self._ask("keep", name=name).get("lost")

    def interrupt(self):
        """Stops what this session does in another thread; whether there was anything."""
        try:
            self._program.ask({"op": "interrupt", "session": self._name})
        except Error as error:
            if error.reason != "interrupt":
                raise
            return False
        return True

    # Values

    def __getitem__(self, code):
        """The value of a name or of an expression: an array, a number's array, a text, a tuple, a dict."""
        try:
            return self._value(self._ask("get", code=code)["value"])
        except Error as error:
            if error.reason != "value" or self._files is None:
                raise
        path = os.path.join(self._files.name, "value.npy")
        self._ask("get", code=code, file=path)
        try:
            return np.load(path)
        finally:
            os.remove(path)

    def __setitem__(self, name, value):
        paths = []
        try:
            self._ask("set", name=name, value=self._sent(value, paths))
        finally:
            for path in paths:
                os.remove(path)

    def __delitem__(self, name):
        self.run(f"del {name}")

    @classmethod
    def _value(cls, value):
        kind = value["type"]
        if kind == "tensor":
            # A copy, because what is read from text can't be written to.
            data = np.frombuffer(base64.b64decode(value["data"]), np.dtype(value["dtype"]).newbyteorder("<"))
            return data.astype(value["dtype"]).reshape(value["shape"])
        if kind in ("text", "function"):
            return value["text"]
        values = [cls._value(part) for part in value["values"]]
        return tuple(values) if kind == "tuple" else dict(zip(value["names"], values))

    def _sent(self, value, paths, depth=0):
        if isinstance(value, (str, bool, int)) or isinstance(value, float) and np.isfinite(value):
            if depth == 0:
                return value
        if isinstance(value, str):
            return {"type": "text", "text": value}
        if isinstance(value, dict):
            parts = [self._sent(part, paths, depth + 1) for part in value.values()]
            return {"type": "record", "names": [str(name) for name in value], "values": parts}
        if isinstance(value, tuple):
            return {"type": "tuple", "values": [self._sent(part, paths, depth + 1) for part in value]}
        array = np.asarray(value)
        if array.dtype.name not in self._program.abilities["dtypes"]:
            raise TypeError(f"arrays of {array.dtype} can't be given")
        if array.nbytes > BY_LINE and depth == 0 and self._files is not None:
            paths.append(os.path.join(self._files.name, "given.npy"))
            np.save(paths[-1], array)
            return {"type": "tensor", "file": paths[-1]}
        data = array.astype(array.dtype.newbyteorder("<")).tobytes()
        return {
            "type": "tensor", "dtype": array.dtype.name, "shape": list(array.shape),
            "data": base64.b64encode(data).decode(),
        }

    # Sessions

    def open(self, name):
        """Another session in the same program; nothing is shared but that they take turns."""
        self._program.ask({"op": "open", "session": name})
        return Session(_shared=self._program, _name=name)

    def close(self):
        """Ends it; with the first session the program ends."""
        if self._name:
            self._ask("close")
        else:
            self._program.end()
        if self._files is not None:
            self._files.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
