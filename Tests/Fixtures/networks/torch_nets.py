"""Networks as PyTorch's exporter writes them, their gradients by the weights, and a script that compares."""
import logging, sys, warnings
import numpy as np, torch
from torch.nn import *
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
torch.manual_seed(0)
folder = sys.argv[1]
nets = {
    "mlp": (Sequential(Linear(4, 8), ReLU(), LayerNorm(8), Linear(8, 3), Softmax(-1)), torch.randn(5, 4)),
    "cnn": (
        Sequential(
            Conv2d(1, 4, 3, padding=1), BatchNorm2d(4), ReLU(), MaxPool2d(2), Conv2d(4, 4, 3, stride=2, groups=2), GELU(),
            AvgPool2d(2, padding=1), Flatten(), Linear(16, 3), Sigmoid()), torch.randn(2, 1, 10, 10)),
    "attention": (TransformerEncoderLayer(8, 2, 16, batch_first=True), torch.randn(2, 5, 8)),
}
for name, (net, x) in nets.items():
    net.eval()
    torch.onnx.export(net, (x,), f"{folder}/{name}.onnx", dynamo=True, verbose=False)
    y = net(x)
    (y ** 2).sum().backward()
    np.savez(f"{folder}/{name}.npz", x=x.numpy(), y=y.detach().numpy())
    np.savez(f"{folder}/{name}_grad.npz", **{key: p.grad.numpy() for key, p in net.named_parameters()})
    print(f'd = load("{name}.npz"); g = load("{name}_grad.npz"); net = load("{name}.onnx"); w = net.weights')
    print(f'expect net.forward(d.x) ~ d.y, rtol=1e-5, atol=1e-5')
    print(f'dw = grad(sum(net.forward(d.x, w) ^ 2), w);')
    if name != "attention":
        for key, _ in net.named_parameters():
            module, leaf = key.split(".")
            # The exporter makes a normalisation part of the layer before it.
            if (name, module) == ("cnn", "1"): continue
            print(f'expect dw["{module}"].{leaf} ~ g["{module}"].{leaf}, rtol=1e-4, atol=1e-4')
