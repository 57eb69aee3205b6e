/// What goes through the steps of a training in each dialect, around `train.py`.
extension ArrayDialect {
  private static let plainTrainer = """
    def add_options(parser):
        pass


    def prepare():
        pass


    def is_writer():
        return True


    def told(state, done):
        return state, done


    def finish(status):
        sys.exit(status)


    """

  /// Step by step, each by itself.
  private static let stepwise = """
    def advance(state, fixed, changing, count, is_last):
        losses = []
        changing = {name: adopt(values) for name, values in changing.items()}
        for place in range(count):
            given = {**fixed, **state, **{name: values[place] for name, values in changing.items()}}
            values = (last_step if is_last else step)(*[given[name] for name in plan["last inputs" if is_last else "inputs"]])
            results = dict(zip(plan["outputs"], values))
            losses.append(results["loss of the step"])
            state = {name: results.get(name, array) for name, array in state.items()}
        return state, losses
    """

  static let numpyTrainer =
    plainTrainer + """
      def adopt(array):
          return np.asarray(array)


      def fetched(state):
          return {name: np.asarray(array) for name, array in state.items()}



      """ + stepwise

  static func torchTrainer(byLibrary: Bool) -> String {
    plainTrainer + torchArrays + (byLibrary ? torchOptimiser : stepwise)
  }

  private static let torchArrays =
    """
    def adopt(array):
        return torch.from_numpy(np.array(array))


    def fetched(state):
        return {name: array.numpy() for name, array in state.items()}


    @torch.no_grad()

    """

  /// The library's own optimiser, which moves the tensors of the state in their places.
  private static let torchOptimiser = """
    def advance(state, fixed, changing, count, is_last):
        global optimiser
        library, losses = plan["library"], []
        changing = {name: adopt(values) for name, values in changing.items()}
        weights = [state[label] for label in plan["places"]]
        if optimiser is None:
            optimiser = make_optimiser(weights)
            done = changing["step number"][0] - 1 if "step number" in changing else torch.tensor(1.0)
            for label, weight in zip(plan["places"], weights):
                held = dict(zip(library["kept"], (state[name] for name in library["states"][label])))
                optimiser.state[weight] = {"step": done.float().clone(), **held}
        names = plan["last slope inputs" if is_last else "slope inputs"]
        for place in range(count):
            given = {**fixed, **state, **{name: values[place] for name, values in changing.items()}}
            loss, *found = (last_slopes if is_last else slopes)(*[given[name] for name in names])
            for weight, slope in zip(weights, found):
                weight.grad = slope.to(weight.dtype)
            if library["rate"] is None:
                optimiser.param_groups[0]["lr"] = float(given["rate of the step"])
            optimiser.step()
            losses.append(loss)
        return state, losses


    optimiser = None
    """

  static func jaxTrainer(byLibrary: Bool) -> String {
    (byLibrary ? jaxOptimiser : "")
      + jaxSteps.replacing("# by optax", with: byLibrary ? jaxChoice : "").split(
        separator: "\n", omittingEmptySubsequences: false
      ).filter { byLibrary || $0 != "        " }.joined(separator: "\n")
  }

  /// Where optax isn't, the step does what it would.
  private static let jaxChoice = """
    if optax is not None:
                return moved(state, given, is_last)
    """

  private static let jaxOptimiser = """
    try:
        import optax
    except ImportError:
        optax = None


    def moved(state, given, is_last):
        # A step by optax, from the state that a checkpoint has to the next one.
        library = plan["library"]
        names = plan["last slope inputs" if is_last else "slope inputs"]
        loss, *found = (last_slopes if is_last else slopes)(*[given[name] for name in names])
        weights = {label: state[label] for label in plan["places"]}
        found = {label: slope.astype(weights[label].dtype) for label, slope in zip(weights, found)}
        if library["decay"]:
            found = {label: slope + library["decay"] * weights[label] for label, slope in found.items()}
        optimiser = make_optimiser()
        kept = {
            field: {label: state[library["states"][label][place]] for label in weights}
            for place, field in enumerate(library["kept"])
        }
        held = optimiser.init(weights)._replace(**kept)
        if "count" in held._fields:
            held = held._replace(count=jnp.asarray(given.get("step number", 1) - 1, jnp.int32))
        changes, held = optimiser.update(found, held, weights)
        rate = given["rate of the step"] if library["rate"] is None else library["rate"]
        results = {}
        for label, weight in weights.items():
            results[label] = (weight - (changes[label] + library["apart"] * weight) * rate).astype(weight.dtype)
            for place, field in enumerate(library["kept"]):
                results[library["states"][label][place]] = getattr(held, field)[label].astype(weight.dtype)
        return {name: results.get(name, array) for name, array in state.items()}, loss



    """

  private static let jaxSteps = """
    def add_options(parser):
        known = os.environ.get
        parser.add_argument("--procs", type=int, default=int(known("JAX_NUM_PROCESSES", 1)), help="how many processes there are")
        parser.add_argument("--proc", type=int, default=int(known("JAX_PROCESS_ID", 0)), help="which of them this is, from 0")
        parser.add_argument(
            "--addr", default=known("JAX_COORDINATOR_ADDRESS", "127.0.0.1:47200"), help="where process 0 listens"
        )
        parser.add_argument("--host", default="127.0.0.1", help="this machine's own address")
        parser.add_argument("--devices", type=int, help="how many devices of this process share each batch")
        parser.add_argument("--limit", type=int, default=30, help="seconds to wait for the other processes")


    # watched.py


    def supervise():
        child, log = watched()
        if child is None:
            return
        own = os.path.basename(__file__) + ": "
        last, log_lines = None, []
        with os.fdopen(log, errors="replace") as file:
            for line in file:
                log_lines.append(line)
                if line.startswith(("step ", "goes on ", "stopped; ")):
                    print(line, end="", file=sys.stderr, flush=True)
                last = line if line.startswith(own) else last
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status in (0, 130):
            os._exit(status)
        if last is None:
            path = f"{here}.{options.proc}.log"
            with open(path, "w") as file:
                file.writelines(log_lines)
            last = (
                f"{own}another of the {options.procs} processes is gone or never came; start all of them again, and they go on"
                f" from the last checkpoint (what jax said is in {path})\\n"
            )
        print(last, end="", file=sys.stderr, flush=True)
        os._exit(3)


    mesh = None


    def prepare():
        global mesh
        if options.procs > 1:
            supervise()
            # gloo otherwise advertises whatever the host's name resolves to, on Debian 127.0.1.1.
            from jaxlib import _jax

            jax.config.update("jax_cpu_collectives_implementation", "gloo")
            _jax.make_gloo_tcp_collectives = functools.partial(_jax.make_gloo_tcp_collectives, hostname=options.host)
        if options.devices:
            jax.config.update("jax_num_cpu_devices", options.devices)
        if options.procs > 1:
            wanted = {
                "initialization_timeout": options.limit,
                "heartbeat_timeout_seconds": 6,
                "shutdown_timeout_seconds": 10,
                "coordinator_bind_address": options.addr if options.proc == 0 else None,
            }
            known = inspect.signature(jax.distributed.initialize).parameters
            wanted = {name: value for name, value in wanted.items() if name in known}
            jax.distributed.initialize(options.addr, options.procs, options.proc, **wanted)
        devices = jax.devices()
        if len(devices) > 1:
            if plan["batch"] and plan["batch"] % len(devices):
                raise Failure(f"{len(devices)} devices can't share a batch of {plan['batch']} rows evenly")
            mesh = jax.sharding.Mesh(np.array(devices), ("data",))


    def is_writer():
        return options.proc == 0


    def told(state, done):
        # What process 0 goes on from, in all of them.
        if options.procs == 1:
            return state, done
        from jax.experimental import multihost_utils

        state, done = multihost_utils.broadcast_one_to_all((state, np.int32(done)))
        return {name: np.asarray(array) for name, array in state.items()}, int(done)


    def finish(status):
        sys.stderr.flush()
        if options.procs > 1:
            if status == 0:
                # Together: who listens for the others ends last.
                jax.distributed.shutdown()
            # Not by sys.exit: jax would wait long for peers that are gone.
            os._exit(status)
        sys.exit(status)


    def placed(array, *axes):
        sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes))
        return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])


    def adopt(array):
        array = np.asarray(array)
        return jnp.asarray(array) if mesh is None else placed(array)


    def fetched(state):
        return {name: np.asarray(array) for name, array in state.items()}


    def steps(state, fixed, changing, is_last):
        def one(state, given):
            given = {**fixed, **state, **given}
            # by optax
            values = (last_step if is_last else step)(*[given[name] for name in plan["last inputs" if is_last else "inputs"]])
            results = dict(zip(plan["outputs"], values))
            return {name: results.get(name, array) for name, array in state.items()}, results["loss of the step"]

        return jax.lax.scan(one, state, changing)


    @functools.cache
    def compiled():
        whole = None if mesh is None else jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
        return jax.jit(steps, static_argnames="is_last", out_shardings=whole)


    def advance(state, fixed, changing, count, is_last):
        if mesh is not None:
            shares = {name for name in plan["data"] if not is_last or changing[name].shape[1] % mesh.size == 0}
            changing = {
                name: placed(values, None, "data") if name in shares else placed(values) for name, values in changing.items()
            }
        state, losses = compiled()(state, fixed, changing, is_last=is_last)
        return state, np.asarray(losses)
    """.withWatchedProcess
}
