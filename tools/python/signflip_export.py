#!/usr/bin/env python3
"""torch.nn.Module → a model file of Signflip. One file that needs PyTorch (1.13 or newer) and nothing else.

    from signflip_export import export
    export(net, "net.safetensors", input=(28, 28, 1), mean=[0.1307], std=[0.3081])

or from a shell, for a class in a file of its own:

    python signflip_export.py net.py:Net --weights net.pt --input 28x28x1 --out net.safetensors

The module is traced by torch.fx, so whatever its forward() does in Python is followed; layers that Signflip does
not have are refused by name. mean and std are the normalisation that training applied to pixels in [0,1] outside the
module; leave them out where forward() itself normalises. The file carries a self-test: logits of PyTorch that Signflip
compares with its own whenever it loads the file. Softmax at the end is taken off, because attacks need logits.
"""

import argparse
import copy
import json
import math
import operator
import pathlib
import runpy
import struct
import sys

import torch
import torch.fx
import torch.nn as nn
import torch.nn.functional as F


class Unsupported(ValueError):
    """The module does something that no layer of Signflip does."""


def pair(value):
    return [int(v) for v in value] if isinstance(value, (tuple, list)) else [int(value)] * 2


def number(value):
    """A float32's shortest form, so that 0.01 reads 0.01."""
    return float(f"{float(value):.7g}")


def require(good, what):
    if not good:
        raise Unsupported(what)


# What a layer is in the file: (json, {tensor name: tensor}) of a module and its input.

def conv2d(m):
    require(m.padding_mode == "zeros", f"Conv2d with padding_mode={m.padding_mode}")
    json_ = {"type": "conv2d", "filters": m.out_channels, "kernel": pair(m.kernel_size), "stride": pair(m.stride),
             "padding": "same" if m.padding == "same" else [0, 0] if m.padding == "valid" else pair(m.padding)}
    if m.groups != 1:
        json_["groups"] = m.groups
    if pair(m.dilation) != [1, 1]:
        json_["dilation"] = pair(m.dilation)
    if m.bias is None:
        json_["bias"] = False
    return json_, {"weight": m.weight, "bias": m.bias}


def linear(m):
    bias = m.bias if m.bias is not None else torch.zeros(m.out_features)
    return {"type": "dense", "units": m.out_features}, {"weight": m.weight, "bias": bias}


def batchnorm(kind):
    def made(m):
        require(m.track_running_stats and m.running_mean is not None, "batch norm without running statistics")
        json_ = {"type": kind}
        if m.eps != 1e-5:
            json_["eps"] = number(m.eps)
        if not m.affine:
            json_["affine"] = False
        return json_, {"weight": m.weight, "bias": m.bias, "running_mean": m.running_mean,
                       "running_var": m.running_var}
    return made


def maxpool(kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    require(pair(padding) == [0, 0], "MaxPool2d with padding")
    require(pair(dilation) == [1, 1], "MaxPool2d with dilation")
    require(not ceil_mode and not return_indices, "MaxPool2d with ceil_mode or return_indices")
    return {"type": "maxpool2d", "kernel": pair(kernel_size), "stride": pair(stride or kernel_size)}


def avgpool(kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    require(not ceil_mode and divisor_override is None, "AvgPool2d with ceil_mode or divisor_override")
    json_ = {"type": "avgpool2d", "kernel": pair(kernel_size), "stride": pair(stride or kernel_size)}
    if pair(padding) != [0, 0]:
        json_.update(padding=pair(padding), count_include_pad=count_include_pad)
    return json_


def adaptive(output_size):
    require(output_size is not None and (not isinstance(output_size, (tuple, list)) or None not in output_size),
            "AdaptiveAvgPool2d with an open size")
    return {"type": "adaptive_avgpool2d", "size": pair(output_size)}


def gelu(approximate="none"):
    require(approximate == "none", "GELU approximated by tanh")
    return {"type": "gelu"}


def hardtanh(min_val=-1.0, max_val=1.0, inplace=False):
    return {"type": "hardtanh", "min_val": number(min_val), "max_val": number(max_val)}


def leaky_relu(negative_slope=0.01, inplace=False):
    return {"type": "leaky_relu", "slope": number(negative_slope)}


def clamp(min=None, max=None):
    require(min is not None and (max is not None or min == 0), "clamp with one bound")
    return {"type": "relu"} if max is None else hardtanh(min, max)


def upsample(size=None, scale_factor=None, mode="nearest", align_corners=None, **_):
    scale = scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor or 0.5] * 2
    require(mode == "nearest" and all(s == int(s) for s in scale), "Upsample other than nearest by a whole scale")
    return {"type": "upsample2d", "scale": pair(scale)}


def simple(kind):
    return lambda *_, **__: {"type": kind}


def dropout(p=0.5, training=False, inplace=False):
    return {"type": "dropout", "rate": number(p)} if 0 < p < 1 else None


def same(*_, **__):
    return None


WEIGHTED = {nn.Conv2d: conv2d, nn.Linear: linear, nn.BatchNorm2d: batchnorm("batchnorm2d"),
            nn.BatchNorm1d: batchnorm("batchnorm1d")}
PLAIN = {nn.ReLU: simple("relu"), nn.Tanh: simple("tanh"), nn.Sigmoid: simple("sigmoid"), nn.SiLU: simple("silu"),
         nn.Flatten: None, nn.Identity: same,
         nn.ReLU6: lambda m: hardtanh(0, 6), nn.Hardtanh: lambda m: hardtanh(m.min_val, m.max_val),
         nn.LeakyReLU: lambda m: leaky_relu(m.negative_slope),
         nn.GELU: lambda m: gelu(getattr(m, "approximate", "none")),
         nn.MaxPool2d: lambda m: maxpool(m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode, m.return_indices),
         nn.AvgPool2d: lambda m: avgpool(m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad,
                                         m.divisor_override),
         nn.AdaptiveAvgPool2d: lambda m: adaptive(m.output_size),
         nn.Upsample: lambda m: upsample(m.size, m.scale_factor, m.mode),
         nn.Dropout: lambda m: dropout(m.p), nn.Dropout2d: lambda m: dropout(m.p)}
SOFTMAX = {nn.Softmax, nn.LogSoftmax, F.softmax, F.log_softmax, torch.softmax, torch.log_softmax, "softmax",
           "log_softmax"}
FUNCTIONS = {F.relu: simple("relu"), torch.relu: simple("relu"), "relu": simple("relu"), "relu_": simple("relu"),
             torch.relu_: simple("relu"), F.relu6: lambda **_: hardtanh(0, 6),
             torch.tanh: simple("tanh"), F.tanh: simple("tanh"), "tanh": simple("tanh"),
             torch.sigmoid: simple("sigmoid"), F.sigmoid: simple("sigmoid"), "sigmoid": simple("sigmoid"),
             F.silu: simple("silu"), F.gelu: gelu, F.hardtanh: hardtanh, F.leaky_relu: leaky_relu,
             torch.clamp: clamp, "clamp": clamp, F.max_pool2d: maxpool, torch.max_pool2d: maxpool,
             F.avg_pool2d: avgpool, F.adaptive_avg_pool2d: adaptive, F.interpolate: upsample,
             F.dropout: dropout, F.dropout2d: dropout, "contiguous": same, "float": same, "detach": same}
RESHAPES = {torch.flatten, torch.reshape, torch.squeeze, "view", "reshape", "flatten", "squeeze"}
SUMS = {operator.add, operator.iadd, torch.add, "add", "add_"}
AFFINE = {operator.sub: "-", operator.isub: "-", torch.sub: "-", "sub": "-", operator.truediv: "/", torch.div: "/",
          "div": "/", operator.mul: "*", operator.imul: "*", torch.mul: "*", "mul": "*", operator.add: "+",
          operator.iadd: "+", torch.add: "+", "add": "+"}
MEANS = {torch.mean, "mean"}


class Value:
    """The output of a step: its index, and the tensor that it is for an image of zeros."""

    def __init__(self, step, tensor):
        self.step, self.tensor = step, tensor


class Translator(torch.fx.Interpreter):
    """Runs the traced module on one image and writes down a step for each layer; step 0 is the input."""

    def __init__(self, graph):
        super().__init__(graph)
        self.steps = [("input", None, {}, ())]  # kind, json, tensors, steps before
        self.ended = False

    def add(self, kind, json_, tensors, *before):
        self.steps.append((kind, json_, tensors, before))
        return len(self.steps) - 1

    def layer(self, json_, tensors, value, result):
        if json_ is None:
            return Value(value.step, result)
        return Value(self.add("layer", json_, tensors, value.step), result)

    def flattened(self, name, value, result):
        if result.shape == value.tensor.shape:
            return Value(value.step, result)
        # A list, or from a list of channels back to an image of one pixel.
        flat = result.dim() == 2 and result.shape[0] == 1
        pixel = result.dim() == 4 and value.tensor.dim() == 2 and result.shape[2:] == (1, 1)
        require(flat or pixel, f"{name} from {tuple(value.tensor.shape)} to {tuple(result.shape)}")
        return Value(value.step if pixel else self.add("layer", {"type": "flatten"}, {}, value.step), result)

    def run_node(self, node):
        if node.op in ("placeholder", "output", "get_attr"):
            return super().run_node(node)
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        plain = torch.fx.node.map_aggregate((args, kwargs), lambda v: v.tensor if isinstance(v, Value) else v)
        target = self.fetch_attr(node.target) if node.op == "call_module" else node.target
        what = type(target) if node.op == "call_module" else target
        values = [v for v in args if isinstance(v, Value)]
        if isinstance(target, nn.Module):
            result = target(*plain[0], **plain[1])
        else:
            result = getattr(super(), node.op)(node.target, *plain)
        if not values or not isinstance(result, torch.Tensor):
            return result  # of constants, or a shape
        name = f"{what.__name__ if hasattr(what, '__name__') else what} ({node.name})"
        require(not self.ended, f"{name} behind a softmax")
        return self.translated(name, what, target, args, kwargs, values, result)

    def translated(self, name, what, module, args, kwargs, values, result):
        first = values[0]
        if what in WEIGHTED:
            require(what not in (nn.BatchNorm1d, nn.Linear) or first.tensor.dim() == 2,
                    f"{name} of an image: is a Flatten missing?")
            json_, tensors = WEIGHTED[what](module)
            return self.layer(json_, {k: v for k, v in tensors.items() if v is not None}, first, result)
        if what in SOFTMAX:
            self.ended = True
            return first
        if what in RESHAPES or what is nn.Flatten:
            return self.flattened(name, first, result)
        if what in MEANS:
            spatial = first.tensor.dim() == 4 and torch.equal(
                first.tensor.mean((2, 3)).flatten(), result.flatten()) and result.numel() == first.tensor.shape[1]
            require(spatial, f"{name} over other axes than height and width")
            pooled = self.layer(adaptive(1), {}, first, first.tensor.mean((2, 3), keepdim=True))
            return self.flattened(name, pooled, result)
        if len(values) == 2:
            return self.combined(name, what, values, result)
        if what in AFFINE:
            return self.affine(name, AFFINE[what], args, kwargs, first, result)
        if what in PLAIN:
            return self.layer(PLAIN[what](module), {}, first, result)
        if what in FUNCTIONS:
            return self.layer(FUNCTIONS[what](*args[1:], **kwargs), {}, first, result)
        known = sorted({t.__name__ for t in [*WEIGHTED, *PLAIN]})
        raise Unsupported(f"{name} is not among the layers of Signflip: {', '.join(known)}, their functions, sums and "
                          "means over height and width")

    def combined(self, name, what, values, result):
        a, b = values
        if AFFINE.get(what) == "*":  # x·sigmoid(x)
            for x, y in ((a, b), (b, a)):
                kind, json_, _, before = self.steps[y.step]
                if kind == "layer" and json_ == {"type": "sigmoid"} and before == (x.step,):
                    return self.layer({"type": "silu"}, {}, x, result)
        require(what in SUMS, f"{name} of two images; only their sum is a layer")
        require(a.tensor.shape == b.tensor.shape, f"{name} of images of different shapes")
        return Value(self.add("sum", None, {}, a.step, b.step), result)

    def affine(self, name, sign, args, kwargs, value, result):
        require(not kwargs, f"{name} with {', '.join(kwargs)}")
        other = next((a for a in args if not isinstance(a, Value)), None)
        constant = torch.as_tensor(other, dtype=torch.float32).detach()
        channels = value.tensor.shape[1]
        require(constant.numel() in (1, channels) and (constant.numel() == 1 or value.tensor.dim() == 2
                                                       or constant.shape[-2:] == (1, 1)),
                f"{name} with a constant of {tuple(constant.shape)}; one value, or one for each channel, is a layer")
        c = constant.reshape(-1).expand(channels)
        first = not isinstance(args[0], Value)
        require(not (first and sign == "/"), f"{name} of a constant by an image")
        one, zero = torch.ones(channels), torch.zeros(channels)
        scale, shift = {"+": (one, c), "-": (-one, c) if first else (one, -c), "*": (c, zero), "/": (1 / c, zero)}[sign]
        return Value(self.add("affine", {"flat": value.tensor.dim() == 2}, {"scale": scale, "shift": shift}, value.step),
                     result)


def traced(module):
    """The module as a graph. avg_pool2d alone is a builtin that refuses a kernel computed from a shape."""
    builtin = F.avg_pool2d

    def recorded(*args, **kwargs):
        proxy = next((a for a in args if isinstance(a, torch.fx.Proxy)), None)
        return builtin(*args, **kwargs) if proxy is None else proxy.tracer.create_proxy(
            "call_function", builtin, args, kwargs)
    F.avg_pool2d = recorded
    try:
        return torch.fx.symbolic_trace(module)
    finally:
        F.avg_pool2d = builtin


class Lister:
    """Steps to lists of layers: a sum and its two branches are a residual block."""

    def __init__(self, steps):
        self.steps, self.tensors = steps, {}
        self.mean = self.std = None
        self.dominator, self.depth = [0], [0]
        for kind, _, _, before in steps[1:]:
            above = before[0] if len(before) == 1 else self.common(*before)
            self.dominator.append(above)
            self.depth.append(self.depth[above] + 1)

    def common(self, a, b):
        while a != b:
            if self.depth[a] >= self.depth[b]:
                a = self.dominator[a]
            else:
                b = self.dominator[b]
        return a

    def chain(self, first, last):
        found = []
        while last != first:
            found.append(last)
            last = self.dominator[last]
        return found[::-1]

    def normalise(self, last):
        """Scales and shifts at the input are its normalisation; returns the first step behind them."""
        scale, shift, begin = 1.0, 0.0, 0
        for step in self.chain(0, last):
            kind, _, tensors, before = self.steps[step]
            if kind != "affine" or before != (begin,):
                break
            scale, shift, begin = scale * tensors["scale"], shift * tensors["scale"] + tensors["shift"], step
        if begin:
            require(bool((scale > 0).all()), "a negative scale at the input")
            self.mean, self.std = (-shift / scale).tolist(), (1 / scale).tolist()
        return begin

    def list(self, first, last, prefix=""):
        layers = []
        for step in self.chain(first, last):
            kind, json_, tensors, before = self.steps[step]
            name = f"{prefix}{len(layers)}."
            if kind == "sum":
                body, shortcut = sorted(before, key=lambda b: -self.depth[b])
                start = self.dominator[step]
                json_ = {"type": "residual", "body": self.list(start, body, name + "body."),
                         "shortcut": self.list(start, shortcut, name + "shortcut.")}
            elif kind == "affine":  # a batch norm of normalised values
                channels = len(tensors["scale"])
                json_ = {"type": "batchnorm1d" if json_["flat"] else "batchnorm2d"}
                tensors = {"weight": tensors["scale"] * math.sqrt(1 + 1e-5), "bias": tensors["shift"],
                           "running_mean": torch.zeros(channels), "running_var": torch.ones(channels)}
            for key, tensor in tensors.items():
                self.tensors[name + key] = tensor
            layers.append(json_)
        return layers


def write_safetensors(path, metadata, tensors):
    head, parts, size = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        values = tensor.detach().to("cpu", torch.float32).contiguous()
        part = struct.pack(f"<{values.numel()}f", *values.flatten().tolist())
        head[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [size, size + len(part)]}
        parts.append(part)
        size += len(part)
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def export(module, path, input, classes=None, mean=None, std=None, name=None):
    """Writes `module` to `path`. `input`: (height, width, channels). `classes`: their names in order; numbers where
    absent. `mean` and `std`, one for each channel or one: what training did to pixels in [0,1] outside the module.
    Raises Unsupported where the module does what no layer of Signflip does; nothing is written then."""
    height, width, channels = input
    require((mean is None) == (std is None), "mean without std, or std without mean")
    graph = traced(copy.deepcopy(module).cpu().eval())
    image = torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(2022))
    with torch.no_grad():
        translator = Translator(graph)
        last = translator.run(Value(0, image))
        require(isinstance(last, Value), "a forward() that returns something else than one tensor")
        lister = Lister(translator.steps)
        begin = lister.normalise(last.step)
        require(begin == 0 or mean is None, "mean and std, because forward() normalises its input itself")
        architecture = {"version": 1, "name": name or type(module).__name__,
                        "input": {"height": height, "width": width, "channels": channels}}
        if last.tensor.dim() == 2 or last.tensor.shape[2:] == (1, 1):
            names = list(classes) if classes else [str(k) for k in range(last.tensor.shape[1])]
            require(len(names) == last.tensor.shape[1], f"{len(names)} names for {last.tensor.shape[1]} classes")
            architecture["classes"] = names
        seen = image
        if begin:
            architecture["normalise"] = {"mean": lister.mean, "std": lister.std}
        elif mean is not None:
            mean, std = [list(v) if isinstance(v, (list, tuple)) else [v] for v in (mean, std)]
            mean, std = [v * channels if len(v) == 1 else v for v in (mean, std)]
            architecture["normalise"] = {"mean": mean, "std": std}
            seen = (image - torch.tensor(mean).view(1, -1, 1, 1)) / torch.tensor(std).view(1, -1, 1, 1)
        architecture["layers"] = lister.list(begin, last.step)
        logits = Translator(graph).run(Value(0, seen)).tensor
    tensors = {**lister.tensors, "selftest.input": image.permute(0, 2, 3, 1),
               "selftest.logits": logits.permute(0, 2, 3, 1) if logits.dim() == 4 else logits}
    write_safetensors(path, {"signflip": json.dumps(architecture)}, tensors)


def load_class(where):
    file, _, name = where.rpartition(":")
    require(file and name, f"{where}: expected FILE.py:CLASS")
    return runpy.run_path(file)[name]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("module", help="FILE.py:CLASS, or a function there that returns the module")
    parser.add_argument("--weights", help="its state_dict, as torch.save wrote it")
    parser.add_argument("--input", required=True, help="HEIGHTxWIDTHxCHANNELS of an image")
    parser.add_argument("--out", required=True, help="model file to write (.safetensors)")
    parser.add_argument("--classes", help="text file with the names of the classes, one a line")
    parser.add_argument("--mean", help="of training's normalisation: 0.1307, or one for each channel (0.5,0.4,0.5)")
    parser.add_argument("--std", help="likewise")
    given = parser.parse_args()
    try:
        module = load_class(given.module)()
        if given.weights:
            module.load_state_dict(torch.load(given.weights, map_location="cpu"))
        numbers = [None if text is None else [float(v) for v in text.split(",")] for text in (given.mean, given.std)]
        names = pathlib.Path(given.classes).read_text(encoding="utf-8").split("\n") if given.classes else None
        export(module, given.out, tuple(int(side) for side in given.input.split("x")),
               [n.strip() for n in names if n.strip()] if names else None, *numbers)
    except (Unsupported, OSError) as error:
        print("signflip_export:", str(error).split("\n\nWhile executing")[0], file=sys.stderr)
        return 1
    print(f"wrote {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
