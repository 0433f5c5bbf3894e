#!/usr/bin/env python3
"""Rebuilds model files as torch.nn.Sequential and compares their self-tests.

usage: models_in_pytorch.py MODEL.safetensors…

Each file's layers become PyTorch's modules, its tensors their state_dict (strictly: none missing,
none left over), and selftest.input must give selftest.logits within 1e-4. Exits 77, which CTest
counts as skipped, where Python has no PyTorch.
"""
import json
import struct
import sys

try:
    import torch
    from torch import nn
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

DTYPES = {"F32": torch.float32, "F16": torch.float16, "I8": torch.int8}


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def read(path):
    """The architecture and all tensors as float32; I8 weights are multiplied by their scales."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    architecture = json.loads(header.pop("__metadata__")["signflip"])
    stored = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(content[begin:end]), dtype=DTYPES[entry["dtype"]])
        stored[name] = values.reshape(entry["shape"]).float()
    tensors = {}
    for name, values in stored.items():
        if name.endswith(".scale"):
            continue
        scale = stored.get(name + ".scale")
        if scale is not None:
            values = values * scale.reshape(-1, *[1] * (values.dim() - 1))
        tensors[name] = values
    return architecture, tensors


PLAIN = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU,
         "flatten": nn.Flatten}


class Residual(nn.Module):
    """The sum of two lists of layers."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def sequential(layers, shape):
    """The modules of a list of layers."""
    modules = []
    for layer in layers:
        made, shape = module(layer, shape)
        modules.append(made)
    return nn.Sequential(*modules)


def module(layer, shape):
    """The module of a layer, and the shape of its output (channels, height, width) or (units,)."""
    layer = dict(layer)
    kind = layer.pop("type")
    if kind == "conv2d":
        padding = layer.pop("padding", 0)
        made = nn.Conv2d(
            shape[0], layer.pop("filters"), pair(layer.pop("kernel")),
            stride=pair(layer.pop("stride", 1)),
            padding=padding if padding == "same" else pair(padding),
            dilation=pair(layer.pop("dilation", 1)), groups=layer.pop("groups", 1),
            bias=layer.pop("bias", True))
    elif kind == "residual":
        made = Residual(sequential(layer.pop("body"), shape),
                        sequential(layer.pop("shortcut", []), shape))
    elif kind == "dense":
        made = nn.Linear(shape[0], layer.pop("units"))
    elif kind == "batchnorm2d":
        made = nn.BatchNorm2d(shape[0], layer.pop("eps", 1e-5), affine=layer.pop("affine", True))
    elif kind == "batchnorm1d":
        made = nn.BatchNorm1d(shape[0], layer.pop("eps", 1e-5), affine=layer.pop("affine", True))
    elif kind == "leaky_relu":
        made = nn.LeakyReLU(layer.pop("slope", 0.01))
    elif kind == "hardtanh":
        made = nn.Hardtanh(layer.pop("min_val", -1.0), layer.pop("max_val", 1.0))
    elif kind == "maxpool2d":
        kernel = pair(layer.pop("kernel"))
        made = nn.MaxPool2d(kernel, stride=pair(layer.pop("stride", list(kernel))))
    elif kind == "avgpool2d":
        kernel = pair(layer.pop("kernel"))
        made = nn.AvgPool2d(kernel, stride=pair(layer.pop("stride", list(kernel))),
                            padding=pair(layer.pop("padding", 0)),
                            count_include_pad=layer.pop("count_include_pad", True))
    elif kind == "adaptive_avgpool2d":
        made = nn.AdaptiveAvgPool2d(pair(layer.pop("size")))
    elif kind == "upsample2d":
        made = nn.Upsample(scale_factor=tuple(float(s) for s in pair(layer.pop("scale"))))
    elif kind == "dropout":
        made = nn.Dropout(layer.pop("rate"))
    elif kind in PLAIN:
        made = PLAIN[kind]()
    else:
        raise ValueError(f"no module for {kind}")
    if layer:
        raise ValueError(f"{kind} has keys that were not used: {sorted(layer)}")
    with torch.no_grad():
        return made, tuple(made.eval()(torch.zeros(1, *shape)).shape[1:])


def check(path):
    """What is wrong with the file, or None."""
    architecture, tensors = read(path)
    side = architecture["input"]
    shape = (side["channels"], side["height"], side["width"])
    net = sequential(architecture["layers"], shape).eval()
    image, logits = tensors.pop("selftest.input"), tensors.pop("selftest.logits")
    expected = {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    if set(expected) != set(tensors):
        return f"tensors that do not belong together: {sorted(set(expected) ^ set(tensors))}"
    net.load_state_dict(tensors, strict=False)
    x = image.permute(0, 3, 1, 2)
    if "normalise" in architecture:
        mean, std = (torch.tensor(architecture["normalise"][key]).reshape(1, -1, 1, 1)
                     for key in ("mean", "std"))
        x = (x - mean) / std
    with torch.no_grad():
        y = net(x)
    if y.dim() == 4:
        y = y.permute(0, 2, 3, 1)
    off = (y.reshape(-1) - logits.reshape(-1)).abs().max().item()
    limit = 1e-4 * max(1.0, logits.abs().max().item())
    return None if off <= limit else f"logits are off by {off:g}, more than {limit:g}"


def main():
    failed = False
    for path in sys.argv[1:]:
        wrong = check(path)
        print(f"{path}: {wrong or 'runs in PyTorch and gives its logits'}")
        failed = failed or wrong is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
