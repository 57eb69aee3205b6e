"""Runs an exported program with jax, on one device or many, in one process or many.

    python run.py                                       here, on as many devices as the mesh has
    python run.py --procs 2 --proc I --addr HOST:PORT --host MY_ADDRESS      on each of 2 hosts, I = 0, 1

The address is that of host 0. There is no password: use a network that you trust.
Exit status: 0 done, 3 something failed or a peer is gone.
"""

import argparse
import functools
import inspect
import json
import math
import os
import signal
import sys
import threading

parser = argparse.ArgumentParser(description="Runs an exported program with jax.")
parser.add_argument("folder", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
parser.add_argument("--procs", type=int, default=1, help="how many processes there are")
parser.add_argument("--proc", type=int, default=0, help="which of them this is, from 0")
parser.add_argument("--addr", default="127.0.0.1:47200", help="where process 0 listens")
parser.add_argument("--host", default="127.0.0.1", help="this machine's own address")
parser.add_argument("--platform", default="cpu", help="cpu, cuda or tpu")
parser.add_argument("--steps", type=int, help="how often the program is run")
parser.add_argument("--limit", type=int, default=30, help="seconds to wait for the other processes")
options = parser.parse_args()


def fail(kind, value, _):
    # Not by sys.exit: jax would wait long for peers that are gone.
    print(f"run.py: {kind.__name__}: {str(value)[:400]}", file=sys.stderr, flush=True)
    os._exit(3)


# watched.py


def supervise():
    child, log = watched()
    if child is None:
        return
    with os.fdopen(log, errors="replace") as file:
        text = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        print(text, end="", file=sys.stderr, flush=True)
        os._exit(0)
    own = [line for line in text.splitlines() if line.startswith("run.py: ")]
    if not own:
        path = os.path.join(options.folder, f"run.{options.proc}.log")
        with open(path, "w") as file:
            file.write(text)
        own = [
            f"run.py: another of the {options.procs} processes is gone or never came; start all of them again"
            f" (what jax said is in {path})"
        ]
    print(own[-1], file=sys.stderr, flush=True)
    os._exit(3)


sys.excepthook = fail
if options.procs > 1:
    supervise()

import numpy as np
import jax
from jaxlib import _jax, xla_client
from jax.extend.backend import get_backend
from jax.sharding import Mesh, NamedSharding, PartitionSpec

with open(os.path.join(options.folder, "bundle.json")) as file:
    bundle = json.load(file)
count = math.prod(bundle["mesh"].values())
if count % options.procs:
    raise ValueError(f"{options.procs} processes can't share {count} devices evenly")
jax.config.update("jax_platforms", options.platform)
jax.config.update("jax_enable_x64", True)
if options.platform == "cpu":
    jax.config.update("jax_num_cpu_devices", count // options.procs)
if options.procs > 1:
    if options.platform == "cpu":
        # gloo otherwise advertises whatever the host's name resolves to, on Debian 127.0.1.1.
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        _jax.make_gloo_tcp_collectives = functools.partial(_jax.make_gloo_tcp_collectives, hostname=options.host)
    wanted = {
        "initialization_timeout": options.limit,
        "heartbeat_timeout_seconds": 6,
        "coordinator_bind_address": options.addr if options.proc == 0 else None,
    }
    known = inspect.signature(jax.distributed.initialize).parameters
    jax.distributed.initialize(
        options.addr, options.procs, options.proc, **{name: value for name, value in wanted.items() if name in known}
    )

if len(jax.devices()) < count:
    raise ValueError(f"the program wants {count} devices; there are {len(jax.devices())}")
devices = np.array(jax.devices()[:count])
mesh = Mesh(devices.reshape(*bundle["mesh"].values()), tuple(bundle["mesh"]))
compile_options = xla_client.CompileOptions()
build = compile_options.executable_build_options
compile_options.num_replicas = build.num_replicas = 1
compile_options.num_partitions = build.num_partitions = count
build.use_spmd_partitioning = build.use_shardy_partitioner = count > 1
assignment = xla_client.DeviceAssignment.create(np.array([[device.id for device in devices]]))
compile_options.device_assignment = build.device_assignment = assignment
with open(os.path.join(options.folder, bundle["program"])) as file:
    program = get_backend().compile_and_load(file.read(), list(devices), compile_options)


def sharding(spec):
    return NamedSharding(mesh, PartitionSpec(*spec))


values = {}
for entry in bundle["inputs"]:
    # Mapped: each process reads its share alone.
    array = np.load(os.path.join(options.folder, entry["file"]), mmap_mode="r")
    values[entry["name"]] = jax.make_array_from_callback(
        array.shape, sharding(entry["spec"]), lambda index, array=array: np.array(array[index])
    )
for step in range(options.steps or bundle["steps"]):
    shards = program.execute_sharded([values[entry["name"]] for entry in bundle["inputs"]])
    results = {}
    for entry, parts in zip(bundle["outputs"], shards.disassemble_into_single_device_arrays()):
        results[entry["name"]] = jax.make_array_from_single_device_arrays(
            tuple(entry["shape"]), sharding(entry["spec"]), parts
        )
    for source, target in bundle["carry"].items():
        values[target] = results[source]
    first = bundle["outputs"][0]
    if options.proc == 0 and not first["shape"]:
        print(f"step {step} {first['name']} {float(results[first['name']])!r}", flush=True)
for name, array in results.items():
    whole = array
    if not (array.is_fully_replicated or array.is_fully_addressable):
        from jax.experimental import multihost_utils

        whole = multihost_utils.process_allgather(array, tiled=True)
    if options.proc == 0:
        np.save(os.path.join(options.folder, name + ".out.npy"), np.asarray(whole))
