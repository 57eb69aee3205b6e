def watched():
    # The rest runs in a process of its own: when a peer is gone, jax may abort it with a long trace.
    ours, held = os.pipe()  # ends when this process ends, however it does
    log, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        os.dup2(theirs, 2)
        threading.Thread(target=lambda: (os.read(ours, 1), os._exit(3)), daemon=True).start()
        return None, None
    os.close(theirs)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(child, number))
    return child, log
