"""A Jupyter kernel that asks `gradus --serve`, one JSON object a line.

    jupyter kernelspec install --user --name gradus Editors/jupyter

It needs ipykernel, and gradus in the path or named by the variable GRADUS.
"""

import json
import os
import queue
import re
import subprocess
import threading

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

# Seconds that a result waits to be the cell's last, which has a number.
PATIENCE = 0.25
REMEMBERED = 2000


class History:
    """The cells that were run, in a file that later kernels read, too."""

    def __init__(self):
        state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
        self.path = os.path.join(state, "gradus", "notebook_history")
        self.entries = []
        try:
            with open(self.path, encoding="utf-8") as file:
                for line in file:
                    try:
                        session, number, code = json.loads(line)
                        self.entries.append((int(session), int(number), str(code)))
                    except (ValueError, TypeError):
                        continue
        except OSError:
            pass
        self.entries = self.entries[-REMEMBERED:]
        self.session = max((session for session, _, _ in self.entries), default=0) + 1

    def add(self, number, code):
        self.entries.append((self.session, number, code))
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(json.dumps(self.entries[-1]) + "\n")
        except OSError:
            pass

    def found(self, kind, session, start, stop, count, pattern, unique):
        entries = self.entries
        if kind == "range":
            wanted = self.session + session if session <= 0 else session
            return [e for e in entries if e[0] == wanted and start <= e[1] and (stop is None or e[1] < stop)]
        if kind == "search":
            parts = [".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern or "*"]
            entries = [e for e in entries if re.fullmatch("".join(parts), e[2], re.S)]
        if unique:
            entries = list({e[2]: e for e in entries}.values())
        return entries[-count:] if count else entries


class GradusKernel(Kernel):
    implementation = "gradus"
    implementation_version = "2"
    banner = "Gradus: tensors and their gradients; :help is the way in"
    language_info = {"name": "gradus", "mimetype": "text/x-gradus", "file_extension": ".grad"}
    help_links = []
    server = None
    number = 0
    lost = None

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.past = History()

    # The server

    def begin(self):
        """A new session, if there is none, or the last one has ended."""
        if self.server is not None and self.server.poll() is None:
            return
        # In a session of its own, so that Ctrl-C comes to this program alone.
        self.server = subprocess.Popen(
            [os.environ.get("GRADUS", "gradus"), "--serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.server.stdout, self.lines), daemon=True).start()
        self.request("hello", version=2)
        self.lost = self.request("keep", name=os.environ.get("JPY_SESSION_NAME", "")).get("lost")

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def ask(self, op, **members):
        self.begin()
        return self.request(op, **members)

    def request(self, op, tell=None, idle=None, **members):
        """The answer to a request; what comes before it is told."""
        self.number += 1
        self.send(id=self.number, op=op, **members)
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                if idle:
                    idle()
                continue
            except KeyboardInterrupt:
                self.send(id=-self.number, op="interrupt", of=self.number)
                continue
            if line is None:
                self.server.wait()
                return {"status": "error", "errors": [{"message": "gradus has ended; the next cell starts it anew"}]}
            answer = json.loads(line)
            # What answers an interrupt belongs to no cell.
            if answer["id"] != self.number:
                continue
            if answer["status"] == "output":
                if tell:
                    tell(answer["output"])
                continue
            return answer

    def send(self, **request):
        try:
            self.server.stdin.write(json.dumps(request) + "\n")
            self.server.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    # Cells

    def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_):
        # `relu?`, as IPython has it.
        asked = re.fullmatch(r"\s*:?([^\W\d]\w*)\?{1,2}\s*", code)
        if store_history and not silent and code.strip():
            self.past.add(self.execution_count, code)
        # A result waits until it is known whether it is the last.
        waiting = []

        def show():
            if not waiting:
                return
            data = waiting.pop()
            if data.keys() == {"text/plain"}:
                self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": data["text/plain"] + "\n"})
            else:
                self.send_response(self.iopub_socket, "display_data", {"data": data, "metadata": {}})

        def tell(output):
            if silent:
                return
            show()
            if "notice" in output:
                self.send_response(self.iopub_socket, "stream", {"name": "stderr", "text": output["notice"] + "\n"})
            else:
                waiting.append(output)

        self.begin()
        if self.lost and not silent:
            self.send_response(self.iopub_socket, "stream", {"name": "stderr", "text": self.lost + "\n"})
            self.lost = None
        answer = self.request(
            "run", tell, show, code=f"?{asked[1]}" if asked else code, rich=True, stream=True)
        if waiting:
            self.send_response(
                self.iopub_socket, "execute_result",
                {"execution_count": self.execution_count, "data": waiting.pop(), "metadata": {}},
            )
        if answer["status"] == "ok":
            return {
                "status": "ok", "execution_count": self.execution_count, "payload": [],
                "user_expressions": {name: self.looked_at(code) for name, code in (user_expressions or {}).items()},
            }
        errors = answer.get("errors") or [{"message": "interrupted"}]
        error = {
            "ename": answer["status"], "evalue": errors[0]["message"],
            "traceback": [error.get("text", error["message"]) for error in errors],
        }
        if not silent:
            self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", "execution_count": self.execution_count, **error}

    def looked_at(self, code):
        """The value of an expression that changes nothing, as Jupyter asks for it."""
        answer = self.request("get", code=code)
        if answer["status"] != "ok":
            return {"status": "error", "ename": answer["status"], "evalue": answer["errors"][0]["message"], "traceback": []}
        value = answer["value"]
        return {"status": "ok", "data": {"text/plain": value.get("text", value["type"]), "application/json": value}, "metadata": {}}

    def do_is_complete(self, code):
        answer = self.ask("check", code=code)
        return {"status": answer.get("code", "unknown"), "indent": answer.get("indent", "")}

    def do_history(
        self, hist_access_type, output, raw, session=0, start=1, stop=None, n=None, pattern=None, unique=False
    ):
        found = self.past.found(hist_access_type, session or 0, start or 0, stop, n, pattern, unique)
        return {
            "status": "ok",
            "history": [(s, number, (code, None)) if output else (s, number, code) for s, number, code in found],
        }

    def do_complete(self, code, cursor_pos):
        # Jupyter counts characters, gradus bytes.
        def characters(count):
            return len(code.encode()[:count].decode(errors="ignore"))

        answer = self.ask("complete", code=code, cursor=len(code[:cursor_pos].encode()))
        return {
            "status": "ok", "matches": [match["text"] for match in answer.get("matches", [])], "metadata": {},
            "cursor_start": characters(answer.get("start", 0)), "cursor_end": characters(answer.get("end", 0)),
        }

    def do_inspect(self, code, cursor_pos, detail_level=0, omit_sections=()):
        word = next((w[0] for w in re.finditer(r":?\w+", code) if w.start() <= cursor_pos <= w.end()), "")
        answer = self.ask("inspect", name=word)
        text = "\n".join(answer[key] for key in ("shape", "help") if key in answer)
        found = bool(answer.get("found"))
        return {"status": "ok", "found": found, "data": {"text/plain": text} if found else {}, "metadata": {}}

    def do_shutdown(self, restart):
        if self.server is not None and self.server.poll() is None:
            self.ask("shutdown", restart=restart)
            self.server.wait()
        return {"status": "ok", "restart": restart}


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=GradusKernel)
