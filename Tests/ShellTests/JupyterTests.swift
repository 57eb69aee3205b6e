import Foundation
import TestSupport
import Testing

/// Cells of a notebook, through the kernel in `Editors/jupyter`.
@Suite struct JupyterTests {
  @Test(.peer(.jupyter)) func cellsAreAnswered() throws {
    let result = Python.run(
      try #require(Peer.jupyter.python), ["-c", Self.manager + Self.program, Checkout.root.path, Child.executable])
    #expect(result.status == 0, "\(result.output)")
  }

  /// As a whole, by what runs notebooks without anybody there.
  @Test(.peer(.jupyter)) func aNotebookIsExecuted() throws {
    let result = Python.run(
      try #require(Peer.jupyter.python), ["-c", Self.manager + Self.notebook, Checkout.root.path, Child.executable])
    #expect(result.status == 0, "\(result.output)")
  }

  /// The kernel as it is in the checkout, for a session of its own.
  private static let manager = #"""
    import os, shutil, sys, tempfile
    from jupyter_client import KernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    root, gradus = sys.argv[1:]
    os.environ["GRADUS"] = gradus
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()
    folder = tempfile.mkdtemp()
    shutil.copytree(root + "/Editors/jupyter", folder + "/gradus")
    os.environ["PATH"] = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
    specs = KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="gradus", kernel_spec_manager=specs, transport="ipc", ip=folder + "/socket")

    """#

  private static let notebook = #"""
    import nbformat
    from nbclient import NotebookClient
    cells = ["m = mask([[0, 1], [1, 0]])\nw = weights(2, 2)", "w * m\nheat(w * m)", "losses = train(sum((w * m)^2), steps=50)\nplot(losses, log=\"y\")"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, km=manager, timeout=60).execute()
    kinds = [[sorted(output["data"]) for output in cell["outputs"]] for cell in book["cells"]]
    assert kinds[1] == [["text/html", "text/latex", "text/plain"], ["image/svg+xml", "text/plain"]], kinds
    assert "⋅" in book["cells"][1]["outputs"][0]["data"]["text/html"]
    assert kinds[2] == [["image/svg+xml", "text/plain"]], kinds
    nbformat.validate(book)
    """#

  private static let program = #"""
    import signal, threading, time
    # What runs tests keeps Ctrl-C from its children.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    def cell(code, interrupt=False, wait=1):
        said = []
        def hook(message):
            content = message["content"]
            if message["msg_type"] == "execute_result": said.append(content["data"]["text/plain"])
            if message["msg_type"] == "display_data": said.append(sorted(content["data"]))
            if message["msg_type"] == "stream": said.append(content["name"] + " " + content["text"].strip())
            if message["msg_type"] == "error": said.append(content["ename"] + " " + content["evalue"])
        if interrupt:
            threading.Timer(wait, manager.interrupt_kernel).start()
        reply = client.execute_interactive(code, timeout=30, output_hook=hook)
        return reply["content"]["status"], said
    def sliders(code):
        pages = []
        client.execute_interactive(code, timeout=30, output_hook=lambda message: pages.append(
            message["content"].get("data", {}).get("text/html", "")))
        return pages
    assert cell("w = weights(value=[1, 2])\nsum(w * w)\ngrad(sum(w * w), w)") == ("ok", ["stdout 5", "2\n  2  4"])
    assert cell("nothing + 1") == ("error", ["error unknown name 'nothing'"])
    assert cell("i = 0\nwhile true { i += 1 }", interrupt=True)[0] == "error"
    assert cell("w") == ("ok", ["w  2 · trainable\n  1  2"]), cell("w")
    reply = client.complete("é = sigm", 8, reply=True, timeout=30)["content"]
    assert reply["matches"] == ["sigmoid("] and (reply["cursor_start"], reply["cursor_end"]) == (4, 8), reply
    rich = ["text/html", "text/latex", "text/plain"]
    assert cell("w\nplot(w)\n2") == ("ok", [rich, ["image/svg+xml", "text/plain"], "2"])
    assert cell("relu?")[1][0].startswith("relu(x)")
    assert "type=\"range\"" in "".join(sliders(":slide w[0]"))
    assert cell("train(sum(w * w), steps=1e9);", interrupt=True, wait=2.5)[1][0].startswith("stderr step ")
    def whole(code):
        number = client.is_complete(code)
        while True:
            message = client.get_shell_msg(timeout=30)
            if message["parent_header"].get("msg_id") == number: return message["content"]["status"]
    assert [whole(code) for code in ("f(x) = {", "1 + 1", "1 + )")] == ["incomplete", "complete", "invalid"]
    past = client.history(hist_access_type="tail", n=50, reply=True, timeout=30)["content"]["history"]
    assert any(entry[2] == "relu?" for entry in past), past
    assert "Each element" in client.inspect("relu(2)", 2, reply=True, timeout=30)["content"]["data"]["text/plain"]
    # Begun anew, it offers what was lost.
    client.stop_channels()
    manager.restart_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    status, said = cell("1")
    assert said[0].startswith("stderr the last session was cut off; :restore brings back"), said
    assert cell(":restore")[0] == "ok" and cell("w.shape[0]") == ("ok", ["2"])
    client.shutdown()
    for _ in range(400):
        if not manager.is_alive(): break
        time.sleep(0.1)
    assert not manager.is_alive()
    client.stop_channels()
    shutil.rmtree(folder)
    """#
}
