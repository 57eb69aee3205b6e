import Foundation
import TestSupport
import Testing

/// Cells of a notebook, through the kernel in `Editors/jupyter`.
@Suite struct JupyterTests {
  @Test(.peer(.jupyter)) func cellsAreAnswered() throws {
    let result = Python.run(
      try #require(Peer.jupyter.python), ["-c", Self.program, Checkout.root.path, Child.executable])
    #expect(result.status == 0, "\(result.output)")
  }

  private static let program = #"""
    import os, shutil, signal, sys, tempfile, threading, time
    from jupyter_client import KernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    # What runs tests keeps Ctrl-C from its children.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    root, gradus = sys.argv[1:]
    os.environ["GRADUS"] = gradus
    folder = tempfile.mkdtemp()
    shutil.copytree(root + "/Editors/jupyter", folder + "/gradus")
    os.environ["PATH"] = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
    specs = KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="gradus", kernel_spec_manager=specs, transport="ipc", ip=folder + "/socket")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    def cell(code, interrupt=False):
        said = []
        def hook(message):
            content = message["content"]
            if message["msg_type"] == "execute_result": said.append(content["data"]["text/plain"])
            if message["msg_type"] == "stream": said.append("notice " + content["text"].strip())
            if message["msg_type"] == "error": said.append(content["ename"] + " " + content["evalue"])
        if interrupt:
            threading.Timer(1, manager.interrupt_kernel).start()
        reply = client.execute_interactive(code, timeout=30, output_hook=hook)
        return reply["content"]["status"], said
    assert cell("w = weights(value=[1, 2])\nsum(w * w)\ngrad(sum(w * w), w)") == ("ok", ["5\n2\n  2  4"])
    assert cell("nothing + 1") == ("error", ["error unknown name 'nothing'"])
    assert cell("i = 0\nwhile true { i += 1 }", interrupt=True)[0] == "error"
    assert cell("w") == ("ok", ["w  2 · trainable\n  1  2"]), cell("w")
    reply = client.complete("é = sigm", 8, reply=True, timeout=30)["content"]
    assert reply["matches"] == ["sigmoid("] and (reply["cursor_start"], reply["cursor_end"]) == (4, 8), reply
    assert "Each element" in client.inspect("relu(2)", 2, reply=True, timeout=30)["content"]["data"]["text/plain"]
    client.shutdown()
    for _ in range(100):
        if not manager.is_alive(): break
        time.sleep(0.1)
    assert not manager.is_alive()
    client.stop_channels()
    shutil.rmtree(folder)
    """#
}
