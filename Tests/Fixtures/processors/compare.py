"""Compiles the C kernels for this processor and for arm64, runs both, and compares what they give bit by bit.

compare.py SOURCES FOLDER: the folder of the kernels, and one to work in.
"""

import concurrent.futures, glob, os, subprocess, sys
import numpy as np

sources, folder = sys.argv[1:]
# These ask the system's mathematics, which another system's differs from in the last digits.
OF_THE_SYSTEM = {"acosh", "erf", "erfinv", "erfinv_slope", "lgamma", "digamma", "sinc", "sinc_slope", "hypot"}
MOST_ULPS = 4
FLAGS = ["-O1", "-ffp-contract=off", "-fno-math-errno", "-fblocks", "-I" + sources + "/include"]
LIBRARIES = ["-lm", "-ldl", "-lpthread"]
ARM = "/usr/aarch64-linux-gnu"
COMPILERS = {
    "own": ["clang"],
    "arm": ["clang", "--target=aarch64-linux-gnu", "--sysroot=" + ARM, "-I" + ARM + "/include"],
}
LINKERS = {"own": ["clang"], "arm": ["aarch64-linux-gnu-gcc", "-static"]}
RUNNERS = {"own": [], "arm": ["qemu-aarch64"]}


def run(words):
    done = subprocess.run(words, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{words[0]} failed: {done.stderr.decode(errors='replace')[:2000]}")
    return done.stdout


def results(kind):
    files = sorted(glob.glob(sources + "/*.c")) + [os.path.join(os.path.dirname(__file__), "kernels.c")]
    objects = [os.path.join(folder, f"{kind}.{os.path.basename(file)}.o") for file in files]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda pair: run(COMPILERS[kind] + FLAGS + ["-c", pair[0], "-o", pair[1]]), zip(files, objects)))
    program = os.path.join(folder, kind)
    run(LINKERS[kind] + objects + ["-o", program] + LIBRARIES)
    text, found, place = run(RUNNERS[kind] + [program]), [], 0
    while place < len(text):
        end = text.index(b"\n", place)
        *names, size = text[place:end].decode().split()
        found.append((tuple(names), text[end + 1 : end + 1 + int(size)]))
        place = end + 2 + int(size)
    return found


def ulps(a, b, kind):
    """How many numbers lie between two at most."""
    whole = np.int32 if kind == "f32" else np.int64
    x, y = (np.frombuffer(bytes, whole).astype(np.float64) for bytes in (a, b))
    return np.abs(x - y).max()


own, arm = results("own"), results("arm")
assert [names for names, _ in own] == [names for names, _ in arm]
different = 0
for (names, a), (_, b) in zip(own, arm):
    if a == b:
        continue
    different += 1
    kind, name, type = names
    assert name in OF_THE_SYSTEM and kind in ("map", "zip"), f"{' '.join(names)} gives other bits on arm64"
    most = ulps(a, b, type)
    assert most <= MOST_ULPS, f"{' '.join(names)} lies {most} units of the last place apart on arm64"
print(f"{len(own)} results, {len(own) - different} of them the same bits")
