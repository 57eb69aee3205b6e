"""A Jupyter kernel that asks `gradus --serve`, one JSON object a line.

    jupyter kernelspec install --user --name gradus Editors/jupyter

It needs ipykernel, and gradus in the path or named by the variable GRADUS.
"""

import json
import os
import re
import subprocess

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class GradusKernel(Kernel):
    implementation = "gradus"
    implementation_version = "1"
    banner = "Gradus: tensors and their gradients; :help is the way in"
    language_info = {"name": "gradus", "mimetype": "text/x-gradus", "file_extension": ".grad"}
    server = None
    number = 0

    def ask(self, op, **members):
        """The answer to a request; a new session begins if there is none, or the last one has ended."""
        if self.server is None or self.server.poll() is not None:
            # In a session of its own, so that Ctrl-C comes to this program alone.
            self.server = subprocess.Popen(
                [os.environ.get("GRADUS", "gradus"), "--serve"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True,
            )
        self.number += 1
        self.send(id=self.number, op=op, **members)
        while True:
            try:
                line = self.server.stdout.readline()
            except KeyboardInterrupt:
                self.send(op="interrupt")
                continue
            if not line:
                return {"status": "error", "errors": [{"message": "gradus has ended; the next cell starts it anew"}]}
            answer = json.loads(line)
            if answer["id"] == self.number:
                return answer

    def send(self, **request):
        try:
            self.server.stdin.write(json.dumps(request) + "\n")
            self.server.stdin.flush()
        except BrokenPipeError:
            pass

    def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_):
        answer = self.ask("run", code=code)
        results, notices = answer.get("results", []), answer.get("notices", [])
        if not silent:
            for notice in notices:
                self.send_response(self.iopub_socket, "stream", {"name": "stderr", "text": notice + "\n"})
            if results:
                self.send_response(
                    self.iopub_socket, "execute_result",
                    {"execution_count": self.execution_count, "data": {"text/plain": "\n".join(results)}, "metadata": {}},
                )
        if answer["status"] == "ok":
            return {
                "status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {},
            }
        errors = answer.get("errors") or [{"message": "interrupted"}]
        error = {
            "ename": answer["status"], "evalue": errors[0]["message"],
            "traceback": [error.get("text", error["message"]) for error in errors],
        }
        if not silent:
            self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", "execution_count": self.execution_count, **error}

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
            self.ask("shutdown")
            self.server.wait()
        return {"status": "ok", "restart": restart}


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=GradusKernel)
