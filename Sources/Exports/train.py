parser = argparse.ArgumentParser(description="Trains a network that was exported from Gradus.")
parser.add_argument("--data", action="append", default=[], metavar="NAME=FILE", help="rows from another .npy file, or from .safetensors as FILE:ENTRY")
parser.add_argument("--every", type=int, default=0, metavar="STEPS", help="write a checkpoint after so many steps")
parser.add_argument("--minutes", type=float, default=5, help="write a checkpoint after so many minutes, too")
parser.add_argument("--steps", type=int, help="stop after so many steps in all; a later run goes on")
parser.add_argument("--fresh", action="store_true", help="begin anew instead of going on from the checkpoint")
parser.add_argument("--quiet", action="store_true", help="show no progress")
add_options(parser)

here = os.path.splitext(os.path.abspath(__file__))[0]
checkpoint_path = here + ".checkpoint.safetensors"
codes = {"BOOL": np.bool_, "F32": np.float32, "F64": np.float64}


class Failure(Exception):
    """What is said in one sentence."""


def read_safetensors(path):
    name = os.path.basename(path)
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= size - 8 else None
        entries = {key: entry for key, entry in header.items() if key != "__metadata__"}
        end = max([entry["data_offsets"][1] for entry in entries.values()], default=0)
    except OSError as error:
        raise Failure(f"{name} can't be read: {error.strerror}") from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise Failure(f"{name} is cut short or no safetensors file; --fresh begins anew") from error
    if size != 8 + length + end:
        raise Failure(f"{name} is cut short; --fresh begins anew")
    arrays = {}
    for key, entry in entries.items():
        if entry["dtype"] not in codes:
            raise Failure(f"{name} holds {key} as {entry['dtype']}; F32, F64 and BOOL are read")
        start, stop = entry["data_offsets"]
        kind = np.dtype(codes[entry["dtype"]])
        count = (stop - start) // kind.itemsize
        whole = np.memmap(path, kind, "r", 8 + length + start, (count,)) if count else np.zeros(0, kind)
        arrays[key] = whole.reshape(entry["shape"])
    return arrays, header.get("__metadata__", {})


def write_atomically(path, pieces):
    # Whole under another name first: whoever is killed here leaves the last good file as it is.
    draft = f"{path}.{os.getpid()}.draft"
    try:
        with open(draft, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        try:
            os.unlink(draft)
        except OSError:
            pass
        raise Failure(f"{os.path.basename(path)} can't be written: {error.strerror}; what was there before is as it was") from error


def write_safetensors(path, arrays, metadata):
    names = {np.dtype(kind): code for code, kind in codes.items()}
    # An empty axis keeps its place; a number stays one.
    arrays = {key: np.require(array, requirements="C") for key, array in arrays.items()}
    header, place = {"__metadata__": metadata}, 0
    for key, array in arrays.items():
        header[key] = {
            "dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [place, place + array.nbytes]
        }
        place += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    write_atomically(path, [len(text).to_bytes(8, "little"), text] + [array.tobytes() for array in arrays.values()])


def write_losses(losses):
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(losses))
    write_atomically(here + ".losses.npy", [buffer.getvalue()])


def shuffled(epoch):
    """The order of the rows in an epoch: Fisher and Yates, with SplitMix64 begun by the seed and the draw."""
    first = (plan["seed"] * 0x9E3779B97F4A7C15 ^ (plan["order"] + epoch + 1) * 0xD1342543DE82EF95) & 2**64 - 1
    rows = list(range(plan["rows"]))
    z = np.uint64(first) + np.arange(1, len(rows), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    # The upper half of the product with how many rows there are to choose from.
    half, choices = np.uint64(32), np.arange(len(rows), 1, -1, dtype=np.uint64)
    lower = (z & np.uint64(2**32 - 1)) * choices >> half
    others = (z >> half) * choices + lower >> half
    for last, other in zip(range(len(rows) - 1, 0, -1), others.tolist()):
        rows[last], rows[other] = rows[other], rows[last]
    return np.array(rows)


def batches():
    """Steps of an epoch."""
    return -(-plan["rows"] // plan["batch"])


def chunks(count):
    """From and up to which step steps are taken together: the same pieces whether or not a run was stopped between."""
    is_uneven = bool(plan["batch"]) and plan["rows"] % plan["batch"] != 0 and batches() > 1
    epoch = batches() if is_uneven else count
    for first in range(0, count, max(epoch, 1)):
        full = min(epoch - is_uneven, count - first)
        for start in range(0, full, plan["chunk"]):
            yield first + start, first + min(start + plan["chunk"], full), False
        if is_uneven and first + epoch <= count:
            yield first + epoch - 1, first + epoch, True


order = (-1, None)


def rows_of(start, stop):
    """The numbers of the rows of each step, a line each."""
    global order
    lines = []
    for step in range(start, stop):
        epoch, number = divmod(step, batches())
        if order[0] != epoch:
            order = (epoch, shuffled(epoch))
        lines.append(order[1][number * plan["batch"] : (number + 1) * plan["batch"]])
    return np.array(lines)


def given_data():
    arrays = {name: here + f".{name}.npy" for name in plan["data"]}
    for text in options.data:
        name, mark, path = text.partition("=")
        if not mark or name not in arrays:
            raise Failure(f"--data {text} names no data of this program; it reads {', '.join(arrays) or 'none'}")
        arrays[name] = path
    for name, path in arrays.items():
        file, _, entry = path.partition(".safetensors:")
        try:
            if entry:
                held, _ = read_safetensors(file + ".safetensors")
                if entry not in held:
                    raise Failure(f"{file}.safetensors has no {entry}; it has {', '.join(held)}")
                arrays[name] = held[entry]
            else:
                arrays[name] = np.load(path, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise Failure(f"the rows of {name} can't be read from {path}: {error}") from error
    for name, array in arrays.items():
        if list(array.shape[1:]) != plan["data"][name]["row"]:
            raise Failure(f"a row of {name} is {list(array.shape[1:])}; the network reads {plan['data'][name]['row']}")
        if len(array) != plan["rows"]:
            raise Failure(f"{name} has {len(array)} rows; the program was made for {plan['rows']}")
    return arrays


def checked(held, metadata, start):
    """The state of a checkpoint, if it is one of this network."""
    name = os.path.basename(checkpoint_path)
    for key, path in plan["checkpoint"].items():
        if path not in held:
            raise Failure(f"{name} is of another network: it has no {path}; --fresh begins anew")
        if held[path].shape != start[key].shape:
            shapes = f"{list(held[path].shape)} there and {list(start[key].shape)} here"
            raise Failure(f"{name} is of another network: {path} is {shapes}; --fresh begins anew")
    if metadata.get("program") != plan["program"]:
        raise Failure(f"{name} is of another training; --fresh begins anew")
    return {key: np.array(held[path]).astype(start[key].dtype) for key, path in plan["checkpoint"].items()}


def write_checkpoint(state, step, losses):
    held = {plan["checkpoint"][key]: array for key, array in fetched(state).items()}
    done = np.float64(plan["done"] + step)
    for label in plan["places"]:
        held[f"optimisers.{plan['optimiser']}.steps.{label}"] = np.asarray(done)
    held["random"] = np.array([plan["seed"], plan["draw"] + step * plan["draws"]], dtype=np.float64)
    held["program.step"] = np.asarray(np.float64(step))
    held["program.losses"] = np.asarray(losses, dtype=np.float64)
    if is_writer():
        write_safetensors(checkpoint_path, held, {"program": plan["program"]})


def first_state():
    held, _ = read_safetensors(here + ".safetensors")
    state = {key: np.array(held[key]) for key in plan["checkpoint"]}
    fixed = {key: np.array(array) for key, array in held.items() if key not in state and key != "program.rates"}
    rates = held.get("program.rates")
    return state, fixed, rates


def numbers(start, stop, rates):
    steps = np.arange(start, stop, dtype=np.float64)
    given = {"step number": steps + 1 + plan["done"], "draw number": plan["draw"] + steps * plan["draws"]}
    if rates is not None:
        given["rate of the step"] = np.array(rates[start:stop])
    return {name: values for name, values in given.items() if name in plan["inputs"] + plan["last inputs"]}


def evaluate():
    """What the first step gives."""
    state, fixed, rates = first_state()
    given = {**state, **fixed, **{name: values[0] for name, values in numbers(0, 1, rates).items()}}
    for name, array in (given_data() if plan["data"] else {}).items():
        given[name] = np.array(array[rows_of(0, 1)[0]])
    return step(*[adopt(given[name]) for name in plan["inputs"]])[: 1 + len(plan["places"])]


def gathered(chunks, data, rates):
    """Chunks of steps with what they are given; the next one's rows are gathered while one is computed."""

    def gather(start, stop, is_last):
        changing = dict(numbers(start, stop, rates))
        if data:
            places = rows_of(start, stop)
            changing.update((name, np.asarray(array[places])) for name, array in data.items())
        return start, stop, is_last, changing

    with concurrent.futures.ThreadPoolExecutor(1) as other:
        waiting = [other.submit(gather, *chunk) for chunk in itertools.islice(chunks, 1)]
        while waiting:
            given = waiting.pop().result()
            waiting += [other.submit(gather, *chunk) for chunk in itertools.islice(chunks, 1)]
            yield given


def train():
    prepare()
    state, fixed, rates = first_state()
    data = given_data() if plan["data"] else {}
    count, losses, done = plan["steps"], [], 0
    if is_writer() and os.path.exists(checkpoint_path) and not options.fresh:
        held, metadata = read_safetensors(checkpoint_path)
        state = checked(held, metadata, state)
        done = int(held["program.step"])
        losses = [float(loss) for loss in held["program.losses"]]
        say(f"goes on from step {done}")
    # Only the one that writes has a checkpoint, where they share no folder.
    state, done = told(state, done)
    limit = count if options.steps is None else min(count, options.steps)
    state = {name: adopt(array) for name, array in state.items()}
    fixed = {name: adopt(array) for name, array in fixed.items()}
    began, shown, saved, saved_step = time.monotonic(), time.monotonic(), time.monotonic(), done
    first = done
    ahead = (chunk for chunk in chunks(count) if first <= chunk[0] < limit)
    for start, stop, is_last, changing in gathered(ahead, data, rates):
        if stopping:
            break
        state, values = advance(state, fixed, changing, stop - start, is_last)
        losses += [float(value) for value in values]
        done, now = stop, time.monotonic()
        if now - shown > 1:
            left = (now - began) / (done - first) * (count - done)
            say(f"step {done} of {count}  loss {losses[-1]:.6g}  {left:.0f} s left")
            shown = now
        if options.every and done // options.every > saved_step // options.every or now - saved > 60 * options.minutes:
            write_checkpoint(state, done, losses)
            saved, saved_step = time.monotonic(), done
    write_checkpoint(state, done, losses)
    if is_writer():
        write_losses(losses)
        trained = {label: array for label, array in fetched(state).items() if label in plan["places"]}
        write_safetensors(here + ".trained.safetensors", trained, {})
    say(f"step {done} of {count}" + (f"  loss {losses[-1]:.6g}" if losses else ""))
    if stopping:
        say("stopped; run it again to go on")
        return 130
    return 0


def say(text):
    if is_writer() and not options.quiet:
        print(text, file=sys.stderr, flush=True)


stopping = []

if __name__ == "__main__":
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopping.append(number))
    try:
        status = train()
    except Failure as failure:
        print(f"{os.path.basename(__file__)}: {failure}", file=sys.stderr, flush=True)
        status = 3
    finish(status)
else:
    options = parser.parse_args([])
