"""Files of HDF5 as h5py and Keras lay them out, and a script that compares."""
import sys, zipfile
import h5py, numpy as np
folder = sys.argv[1]
r = np.random.default_rng(3)
types = "f2 f4 f8 >f4 >f8 i1 i2 i4 >i4 i8 u1 u2 u4".split()
for name, options in {"old": {}, "new": dict(libver=("v110", "v110"))}.items():
    with h5py.File(f"{folder}/{name}.h5", "w", **options) as file:
        # More than eight members lie otherwise in newer files.
        for type in types if name == "old" else types[:7]:
            file["types/" + type.replace(">", "big_")] = (r.normal(size=(3, 4)) * 5).astype(type)
        file["mask"] = np.array([True, False, True])
        file["number"] = np.float32(2.5)
        file["nested/deeper/w"] = r.normal(size=(2, 3, 4)).astype("f4")
        for n in range(12 if name == "old" else 8): file[f"many/layer_{n}/kernel:0"] = np.full((2, 2), n, "f4")
        file.create_dataset("never", (2, 3), "f4")
        file["nested"].attrs["names"] = ["a", "b"]
        if name == "old":
            large = r.normal(size=(50, 33, 3)).astype("f4")
            file.create_dataset("chunks/plain", data=large, chunks=(16, 10, 2))
            file.create_dataset("chunks/packed", data=large, chunks=(16, 10, 2), compression="gzip", shuffle=True, fletcher32=True)
            file.create_dataset("chunks/grows", data=large[:5], maxshape=(None, 33, 3))
            file.create_dataset("chunks/gaps", (40, 40), "f8", chunks=(8, 8))[3:5, 20] = 7
        else:
            file.create_dataset("chunks/one", data=np.arange(60.0).reshape(6, 10), chunks=(6, 10), compression="gzip")
    held = {}
    with h5py.File(f"{folder}/{name}.h5") as file:
        file.visititems(lambda path, item: held.__setitem__(path, item[()]) if isinstance(item, h5py.Dataset) else None)
    for number, (path, value) in enumerate(held.items()):
        np.save(f"{folder}/{name}{number}.npy", np.asarray(value).astype("f4") if value.dtype.name == "float16" else value)
        print(f'expect load("{name}.h5", "{path.replace("/", ".")}") == load("{name}{number}.npy")')
print('h = load("old.h5")\nexpect h.many.layer_11["kernel:0"] == [11, 11; 11, 11] and h.number == 2.5')
with h5py.File(f"{folder}/model.weights.h5", "w") as file:
    for place, value in enumerate([np.ones((4, 3), "f4"), np.arange(3, dtype="f4")]):
        file[f"layers/dense/vars/{place}"] = value
    file.create_group("layers/input/vars"); file.create_group("vars")
with zipfile.ZipFile(f"{folder}/net.keras", "w") as archive:
    archive.writestr("metadata.json", "{}"); archive.writestr("config.json", "{}")
    archive.write(f"{folder}/model.weights.h5", "model.weights.h5")
print('k = load("net.keras")\nexpect size(k.layers.dense.vars[0]) == 12 and all(k.layers.dense.vars[1] == [0, 1, 2])')
with h5py.File(f"{folder}/text.h5", "w") as file: file["words"] = ["a", "b"]; file["x"] = np.ones(2)
print('expect error "holds text" in { load("text.h5") }\nexpect sum(load("text.h5", "x")) == 2')
with h5py.File(f"{folder}/lzf.h5", "w") as file: file.create_dataset("x", data=np.zeros((9, 9)), compression="lzf")
with h5py.File(f"{folder}/dense.h5", "w", libver="latest") as file:
    for n in range(20): file[f"x{n}"] = np.ones(2)
print('expect error "too many members" in { load("dense.h5") }')
print('expect error "packed in a way" in { load("lzf.h5") }')
