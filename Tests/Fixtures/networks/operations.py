"""Models of one operation each, what the runtime makes of them, and a script that compares."""
import sys, numpy as np, onnx, onnxruntime
from onnx import helper as h, numpy_helper, TensorProto as T
onnxruntime.set_default_logger_severity(4)
folder = sys.argv[1]
r = np.random.default_rng(5)
def f(*shape): return r.normal(size=shape).astype(np.float32)
count = 0
def model(kind, inputs, weights=(), outputs=1, version=17, **attributes):
    """One node; what is among the weights lies in the file, the rest is given."""
    global count
    count += 1
    names = [f"x{i}" for i in range(len(inputs))] + [None if w is None else f"layer.{i}.w" for i, w in enumerate(weights)]
    node = h.make_node(kind, [name or "" for name in names], [f"y{i}" for i in range(outputs)], **attributes)
    kinds = {np.dtype("float32"): 1, np.dtype("bool"): 9, np.dtype("int64"): 7, np.dtype("float64"): 11}
    graph = h.make_graph(
        [node], "g", [h.make_tensor_value_info(f"x{i}", kinds[x.dtype], x.shape) for i, x in enumerate(inputs)],
        [h.make_empty_tensor_value_info(f"y{i}") for i in range(outputs)],
        [numpy_helper.from_array(w, f"layer.{i}.w") for i, w in enumerate(weights) if w is not None])
    net = h.make_model(graph, opset_imports=[h.make_opsetid("", version)], ir_version=8)
    path = f"{folder}/{count}"
    onnx.save(net, path + ".onnx")
    values = onnxruntime.InferenceSession(net.SerializeToString(), providers=["CPUExecutionProvider"]).run(
        None, {f"x{i}": x for i, x in enumerate(inputs)})
    np.savez(path + ".npz", **{f"x{i}": x for i, x in enumerate(inputs)}, **{f"y{i}": v for i, v in enumerate(values)})
    given = ", ".join(f"d.x{i}" for i in range(len(inputs)))
    print(f"print(\"{kind} {count}\")\nd = load(\"{count}.npz\"); net = load(\"{count}.onnx\"); y = net.forward({given});")
    for i in range(outputs):
        entry = f"y.y{i}" if outputs > 1 else "y"
        print(f"expect size({entry}) == size(d.y{i}) and all(shape({entry}) == shape(d.y{i}))")
        print(f"expect {entry} ~ float32(d.y{i}), rtol=1e-5, atol=1e-5" if values[i].dtype != bool else f"expect all({entry} == d.y{i})")
i64 = lambda *v: np.array(v, np.int64)
m = f(3, 4)
for kind in ("Abs Neg Exp Sin Cos Tan Atan Sinh Cosh Tanh Asinh Sigmoid Relu Erf Floor Ceil Round Sign Reciprocal "
             "Softplus Softsign Identity Elu Celu Selu LeakyRelu ThresholdedRelu HardSigmoid HardSwish IsNaN IsInf").split():
    model(kind, [m * 2])
for kind in "Sqrt Log".split(): model(kind, [abs(m) + 0.1])
for kind in "Acos Asin Atanh".split(): model(kind, [np.tanh(m)])
model("Acosh", [abs(m) + 1.1])
model("Gelu", [m], version=20); model("Gelu", [m], version=20, approximate="tanh"); model("Mish", [m], version=18)
model("Elu", [m], alpha=0.5); model("LeakyRelu", [m], alpha=0.3); model("Not", [m > 0])
for kind in "Add Sub Mul Div Max Min Sum Mean".split(): model(kind, [m, f(4)])
model("Sum", [m, f(4), f(3, 1)]); model("Max", [m, f(4)], [f(3, 1)])
model("Pow", [abs(m), f(4)]); model("Mod", [m, abs(f(4)) + 1], fmod=1)
for kind in "Equal Greater Less GreaterOrEqual LessOrEqual".split(): model(kind, [m, np.round(m)])
for kind in "And Or Xor".split(): model(kind, [m > 0, m > 0.5])
model("Where", [m > 0, m, f(4)]); model("PRelu", [f(2, 3, 4, 4)], [f(3, 1, 1)])
model("Clip", [m], [np.float32(-0.5), np.float32(0.5)]); model("Clip", [m], [None, np.float32(0.5)])
model("Cast", [m], to=T.INT64); model("Cast", [m > 0], to=T.FLOAT); model("Cast", [m], to=T.BOOL)
x = f(2, 3, 4)
for kind in "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp".split():
    if kind == "ReduceSum": model(kind, [x], [i64(1)]); model(kind, [x], [i64(-1, 0)], keepdims=0); model(kind, [x])
    else: model(kind, [x], axes=[1]); model(kind, [x], axes=[-1, 0], keepdims=0); model(kind, [x])
model("ReduceLogSum", [abs(x)], axes=[1]); model("ReduceMean", [x], [i64(1)], version=18)
model("ArgMax", [x], axis=1); model("ArgMin", [x], axis=2, keepdims=0); model("CumSum", [x], [np.array(1, np.int64)])
model("Softmax", [x], axis=1); model("Softmax", [x]); model("LogSoftmax", [x]); model("Softmax", [x], version=11, axis=1)
model("TopK", [x], [i64(2)], outputs=2)
model("MatMul", [x], [f(4, 5)]); model("MatMul", [f(4), f(4)]); model("Einsum", [x], [f(4, 5)], equation="bij,jk->bik")
model("Gemm", [m], [f(4, 5)]); model("Gemm", [m], [f(5, 4), f(5)], transB=1, alpha=0.5, beta=2.0)
model("Gemm", [m.T.copy()], [f(4, 5), f(3, 5)], transA=1)
i = f(2, 4, 7, 8)
for more in (dict(), dict(pads=[1, 1, 1, 1]), dict(pads=[0, 1, 2, 1], strides=[2, 1]), dict(dilations=[2, 1]), dict(group=2),
             dict(auto_pad="SAME_UPPER"), dict(auto_pad="SAME_LOWER"), dict(auto_pad="VALID")):
    model("Conv", [i], [f(6, 4 // more.get("group", 1), 3, 2), f(6)], **more)
model("Conv", [f(2, 3, 9)], [f(4, 3, 3)], pads=[1, 0], strides=[2]); model("Conv", [f(2, 3, 9)], [f(4, 3, 3), f(4)], pads=[1, 1])
model("ConvTranspose", [i], [f(4, 3, 3, 3), f(3)], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
for kind in "MaxPool AveragePool".split():
    for more in (dict(), dict(strides=[2, 3]), dict(pads=[1, 1, 0, 1]), dict(auto_pad="SAME_UPPER")):
        model(kind, [i], kernel_shape=[2, 3], **more)
model("AveragePool", [i], kernel_shape=[2, 3], pads=[1, 1, 0, 1], count_include_pad=1)
model("MaxPool", [f(2, 3, 9)], kernel_shape=[3], strides=[2])
model("GlobalAveragePool", [i]); model("GlobalMaxPool", [i]); model("GlobalAveragePool", [f(2, 3, 5)])
model("BatchNormalization", [i], [f(4), f(4), f(4), abs(f(4)) + 0.1]); model("Dropout", [m])
model("LayerNormalization", [x], [f(4), f(4)]); model("LayerNormalization", [x], [f(3, 4)], axis=1, epsilon=1e-3)
model("InstanceNormalization", [i], [f(4), f(4)]); model("GroupNormalization", [i], [f(4), f(4)], num_groups=2, version=21)
model("Shape", [x]); model("Size", [x]); model("Reshape", [x], [i64(0, -1)]); model("Reshape", [x], [i64(4, 6)])
model("Flatten", [x]); model("Flatten", [x], axis=2); model("Flatten", [x], axis=0); model("Transpose", [x])
model("Transpose", [x], perm=[1, 0, 2]); model("Squeeze", [f(1, 3, 1)], [i64(0, 2)]); model("Squeeze", [f(1, 3, 1)])
model("Unsqueeze", [m], [i64(0, 3)]); model("Concat", [x, x], [f(2, 3, 1)], axis=2); model("Split", [x], outputs=2, axis=2)
model("Split", [x], [i64(1, 3)], outputs=2, axis=2); model("Expand", [f(3, 1)], [i64(2, 1, 4)]); model("Expand", [f(4)], [i64(3, 4)])
model("Tile", [m], [i64(2, 1)]); model("ConstantOfShape", [], [i64(2, 3)], value=h.make_tensor("v", 1, [1], [0.5]))
model("Range", [], [np.array(0, np.int64), np.array(7, np.int64), np.array(2, np.int64)])
model("Pad", [m], [i64(0, 1, 2, 0), np.float32(0.5)]); model("Pad", [m], [i64(0, 1, 2, 0)], mode="reflect")
model("Slice", [x], [i64(0, 1), i64(2, 9), i64(1, 2)]); model("Slice", [x], [i64(-1), i64(-(1 << 62)), i64(-1), i64(-1)])
model("Slice", [x], [i64(1), i64((1 << 63) - 1), i64(2), i64(2)]); model("Trilu", [f(4, 4)], upper=0); model("Trilu", [f(4, 4)], [np.array(1, np.int64)])
model("Gather", [x], [i64(0, -1)], axis=1); model("Gather", [x], [np.array(1, np.int64)]); model("Gather", [x], [np.array([[0, 1], [1, 0]], np.int64)])
model("GatherElements", [m], [np.array([[0, 1, 2, 0]], np.int64)], axis=0); model("OneHot", [np.array([0, 2, 1], np.int64)], [np.array(3, np.int64), np.array([-1, 2], np.float32)])
for more in (dict(), dict(reduction="add")):
    model("ScatterElements", [m], [np.array([[0, 1, 2, 0]], np.int64), f(1, 4)], axis=0, **more)
