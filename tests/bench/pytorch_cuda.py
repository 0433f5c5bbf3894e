#!/usr/bin/env python3
"""What cuda_bench.cpp measures, in PyTorch on the same card: PGD-40 and training steps.

usage: tests/bench/pytorch_cuda.py [--nets S,M,G] [--batches 256,1024,8192] [--seconds 2]
                                   [--steps 40] [--modes eager,compile,graphs,compile-graphs]

Prints one JSON object a line with the keys of signflip_cuda_bench; a mode that fails leaves a
sentence on stderr and is left out. Modes: eager; torch.compile ("max-autotune-no-cudagraphs");
graphs: the whole attack or step captured as one CUDA graph; compile-graphs: both. float32
throughout, TF32 off. Images, labels and weights stay on the card. Batch norm takes its statistics
over the whole batch, as PyTorch users would.
"""

import argparse
import json
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    sys.exit("pytorch_cuda.py needs PyTorch with CUDA: pip install torch")


def small(classes, _):
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU(), nn.Flatten(),
        nn.Linear(1568, 100), nn.ReLU(), nn.Linear(100, classes))


def madry(classes, _):
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 1024), nn.ReLU(), nn.Linear(1024, classes))


def lenet(classes, channels):
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, classes))


def medium(classes, _):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(3136, 64), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(64, classes))


def signs(classes, channels):
    return nn.Sequential(
        nn.Conv2d(channels, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 96, 4, 2, 1), nn.BatchNorm2d(96), nn.ReLU(),
        nn.Flatten(), nn.Linear(1536, 64), nn.ReLU(), nn.Linear(64, classes))


# name: (maker, image size, channels, classes), as in cases.h and src/nn/architectures.cpp
NETS = {"S": (small, 28, 1, 10), "M": (madry, 28, 1, 10), "G": (lenet, 32, 3, 43),
        "m243": (medium, 28, 1, 10), "g240s": (signs, 32, 3, 43)}
EPSILON = 0.1


def pgd(model, images, labels, steps):
    """PGD from a random start, in eval mode; no result leaves the card."""
    step = 2.5 * EPSILON / steps
    adversarial = (images + torch.empty_like(images).uniform_(-EPSILON, EPSILON)).clamp(0, 1)
    low, high = (images - EPSILON).clamp(min=0), (images + EPSILON).clamp(max=1)
    for _ in range(steps):
        adversarial = adversarial.detach().requires_grad_()
        loss = functional.cross_entropy(model(adversarial), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, adversarial)
        adversarial = torch.minimum(torch.maximum(adversarial + step * gradient.sign(), low), high)
    return adversarial.detach()


def speed(work, images, seconds):
    """Images a second; the first rounds compile and warm up."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    begin, rounds = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        work()
        torch.cuda.synchronize()
        rounds += 1
    return rounds * images / (time.perf_counter() - begin)


def captured(work):
    """`work` as one CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def measure(name, batch, mode, options):
    maker, size, channels, classes = NETS[name]
    device = torch.device("cuda")
    model = maker(classes, channels).to(device)
    images = torch.rand(batch, channels, size, size, device=device)
    labels = torch.arange(batch, device=device) % classes
    compiles, captures = mode.startswith("compile"), mode.endswith("graphs")
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, capturable=captures)
    called = model
    if compiles:
        torch._dynamo.reset()  # or one net too many makes it give up and run eagerly
        called = torch.compile(model, mode="max-autotune-no-cudagraphs", dynamic=False)

    def attack():
        model.eval()
        return pgd(called, images, labels, options.steps)

    def step(inputs=images):
        model.train()
        optimiser.zero_grad(set_to_none=True)
        functional.cross_entropy(called(inputs), labels).backward()
        optimiser.step()

    attack_name = f"pgd-{options.steps}"
    for what, work in ((attack_name, attack), ("training-step", step),
                       (f"{attack_name}-training-step", lambda: step(attack()))):
        yield what, speed(captured(work) if captures else work, batch, options.seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--nets", default="S,M,G")
    parser.add_argument("--batches", default="256,1024,8192")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--modes", default="eager,compile,graphs,compile-graphs")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("pytorch_cuda.py: PyTorch finds no CUDA device")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(1)
    for name in options.nets.split(","):
        for batch in map(int, options.batches.split(",")):
            for mode in options.modes.split(","):
                try:
                    for what, images_per_second in measure(name, batch, mode, options):
                        print(json.dumps({
                            "engine": f"PyTorch {torch.__version__}", "configuration": mode,
                            "device": torch.cuda.get_device_name(), "net": name, "batch": batch,
                            "what": what, "images_per_second": images_per_second}), flush=True)
                except Exception as error:  # out of memory, or no compiler for torch.compile
                    reason = (str(error).splitlines() or [type(error).__name__])[0]
                    print(f"PyTorch, {mode}, {name} at batch {batch}: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
