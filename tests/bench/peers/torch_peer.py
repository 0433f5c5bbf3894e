"""Our cases and PyTorch's, in turns within one run, with the same weights: tools/bench --peers.

Each case is first tried in every configuration of PyTorch (memory layout, TorchScript, oneDNN, the
case's threads or one: on a busy machine one can be quicker); the quickest two then take turns with
signflip_bench for some rounds, and the best time of each side counts. Attacks on both sides only
craft.

PyTorch wants a fast BLAS and settings of malloc that keep its memory: tools/bench sees to both.
"""
import argparse
import itertools
import json
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

NETS = "SMG"
CASES = [("pgd-40", 256, 2), ("fgsm", 1, 1), ("training-step", 128, 2), ("mim-10", 1, 1),
         ("mim-10", 64, 2), ("forward", 256, 2), ("fgsm-training-step", 128, 2)]
EPSILON = {"fgsm": 0.25, "mim-10": 0.25, "pgd-40": 0.25}


def load(path):
    """A model file as torch.nn.Sequential, and its input's shape."""
    data = Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    about = json.loads(header["__metadata__"]["signflip"])
    shape, layers = about["input"], []
    height, width, channels = shape["height"], shape["width"], shape["channels"]
    for layer in about["layers"]:
        kind = layer["type"]
        if kind == "conv2d":
            kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
            layers.append(nn.Conv2d(channels, layer["filters"], kernel, stride, padding))
            height = (height + 2 * padding[0] - kernel[0]) // stride[0] + 1
            width = (width + 2 * padding[1] - kernel[1]) // stride[1] + 1
            channels = layer["filters"]
        elif kind == "relu":
            layers.append(nn.ReLU())
        elif kind == "maxpool2d":
            layers.append(nn.MaxPool2d(layer["kernel"], layer["stride"]))
            height, width = height // layer["stride"][0], width // layer["stride"][1]
        elif kind == "flatten":
            layers.append(nn.Flatten())
            height, width, channels = 1, 1, height * width * channels
        elif kind == "dense":
            layers.append(nn.Linear(channels, layer["units"]))
            channels = layer["units"]
        else:
            sys.exit(f"{path}: the comparison knows no layer {kind}")
    model = nn.Sequential(*layers)
    state = {}
    for name, entry in header.items():
        if name.split(".")[0].isdigit():
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + length + begin:8 + length + end], dtype="<f4")
            state[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    model.load_state_dict(state)
    return model.eval(), (shape["channels"], shape["height"], shape["width"])


def gradient(model, x, labels):
    x = x.detach().requires_grad_(True)
    loss = F.cross_entropy(model(x), labels, reduction="sum")
    return torch.autograd.grad(loss, x)[0]


def fgsm(model, x, labels):
    return (x + EPSILON["fgsm"] * gradient(model, x, labels).sign()).clamp_(0, 1)


def mim(model, clean, labels, steps=10):
    epsilon, x, velocity = EPSILON["mim-10"], clean, torch.zeros_like(clean)
    low, high = (clean - epsilon).clamp_(0, 1), (clean + epsilon).clamp_(0, 1)
    for _ in range(steps):
        g = gradient(model, x, labels)
        velocity.add_(g / g.abs().mean(dim=(1, 2, 3), keepdim=True))
        x = torch.min(torch.max(x + epsilon / steps * velocity.sign(), low), high)
    return x


def pgd(model, clean, labels, steps=40):
    epsilon = EPSILON["pgd-40"]
    low, high = (clean - epsilon).clamp_(0, 1), (clean + epsilon).clamp_(0, 1)
    x = torch.min(torch.max(clean + torch.empty_like(clean).uniform_(-epsilon, epsilon), low), high)
    for _ in range(steps):
        x = x + 2.5 * epsilon / steps * gradient(model, x, labels).sign()
        x = torch.min(torch.max(x, low), high)
    return x


def forward(model, x, _labels):
    with torch.no_grad():
        return model(x)


def configurations(most_threads):
    for layout, traced, onednn, threads in itertools.product(
            ("plain", "channels-last"), (False, True), (True, False), sorted({most_threads, 1})):
        name = ", ".join([layout, "TorchScript" if traced else "eager",
                          "oneDNN" if onednn else "no oneDNN",
                          f"{threads} thread{'s' if threads > 1 else ''}"])
        yield name, (layout, traced, onednn, threads)


def use(configuration):
    """Sets what PyTorch knows only for all models at once."""
    _, _, torch.backends.mkldnn.enabled, threads = configuration
    torch.set_num_threads(threads)


def prepare(case, path, count, configuration):
    """The case as a function without arguments."""
    use(configuration)
    layout, traced, _, _ = configuration
    model, shape = load(path)
    random = torch.Generator().manual_seed(3)
    x = torch.rand((count, *shape), generator=random)
    if layout == "channels-last":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    classes = model[-1].out_features
    labels = torch.randint(classes, (count,), generator=random)
    training = case.endswith("training-step")
    if not training:
        model.requires_grad_(False)
    if traced:
        model = torch.jit.trace(model, x)
    if not training:
        work = {"fgsm": fgsm, "mim-10": mim, "pgd-40": pgd, "forward": forward}[case]
        return lambda: work(model, x, labels)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-6, foreach=True)

    def step():
        images = fgsm(model, x, labels) if case.startswith("fgsm") else x
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(model(images), labels).backward()
        optimiser.step()
    return step


def best_time(run, seconds):
    """Seconds of the quickest run within `seconds`, warm."""
    run()
    begin, best = time.perf_counter(), float("inf")
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        best = min(best, now - start)
        if now - begin >= seconds:
            return best


class Ours:
    """signflip_bench, waiting to be asked."""

    def __init__(self, bench):
        # Malloc's settings are PyTorch's; ours is measured as it comes.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
        self.process = subprocess.Popen([bench, "--ask"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=plain)

    def time(self, case, seconds):
        self.process.stdin.write(f"{case} {seconds}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"signflip_bench ended when asked for {case}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    parser.add_argument("--models", required=True)
    parser.add_argument("--targets", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--filter", default="")
    parser.add_argument("--json", required=True)
    options = parser.parse_args()
    targets = json.loads(Path(options.targets).read_text())["PyTorch"]
    ours, rows = Ours(options.bench), []
    for case, count, threads in CASES:
        for index, net in enumerate(NETS):
            name = f"{case}/{net}/{count}/threads:{threads}"
            if not re.search(options.filter, name):
                continue
            path = Path(options.models) / f"{net}.safetensors"
            tried = []
            # An attack of many steps is chosen for by one of them: all its steps cost the same.
            short = case if case.endswith("step") or case == "forward" else "fgsm"
            for label, configuration in configurations(threads):
                trial = prepare(short, path, count, configuration)
                seconds = best_time(trial, options.seconds / 4)
                run = trial if short == case else prepare(case, path, count, configuration)
                tried.append((seconds, label, configuration, run))
            tried.sort(key=lambda entry: entry[0])
            finalists = tried[:2]
            mine, theirs = [], {label: float("inf") for _, label, _, _ in finalists}
            for _ in range(options.rounds):
                mine.append(ours.time(name, options.seconds))
                for _, label, configuration, run in finalists:
                    use(configuration)
                    theirs[label] = min(theirs[label], best_time(run, options.seconds / 2))
            label = min(theirs, key=theirs.get)
            best = min(answer["best"] for answer in mine)
            images = mine[0]["images"]
            target = targets.get(f"{case}/{count}/threads:{threads}")
            rows.append({"case": name, "peer": "PyTorch " + torch.__version__, "configuration": label,
                         "ours_images_per_second": images / best,
                         "peer_images_per_second": count / theirs[label],
                         "ratio": (images / best) * (theirs[label] / count),
                         "target": target[index] if target else None})
            print(name, f"{rows[-1]['ratio']:.2f}", file=sys.stderr)
    ours.close()
    Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
