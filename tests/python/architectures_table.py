#!/usr/bin/env python3
"""Public architectures through signflip_export.py and through ONNX, compared with PyTorch.

usage: architectures_table.py SIGNFLIP [--only PART_OF_NAME] [--json FILE]

Each net of public_nets.py is written by tools/python/signflip_export.py and by torch.onnx.export, which
`signflip import` reads; logits of random images must be PyTorch's to 1e-4, losses under FGSM and PGD to 1e-3.
Prints a table, exits 1 where one is off, and 77, "skipped", where Python has no PyTorch.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools/python")]
import public_nets  # noqa: E402
import signflip_export  # noqa: E402

COUNT, EPSILON, STEP, STEPS = 8, 0.1, 0.025, 10
LOGITS, LOSSES = 1e-4, 1e-3


def write_npy(path, kind, shape, data):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + data)


def read_floats(path):
    content = path.read_bytes()
    start = 10 + struct.unpack("<H", content[8:10])[0]
    return torch.tensor(struct.unpack(f"<{(len(content) - start) // 4}f", content[start:]))


def logits_of(net, images, channels_last):
    """Of images N×C×H×W. Softmax at the end is taken off: it changes logits by a constant for each image."""
    out = net(images.permute(0, 2, 3, 1) if channels_last else images)
    sums = out.detach().sum(1)
    if bool(((sums - 1).abs() < 1e-5).all()) and bool((out >= 0).all()):
        out = out.log()
    return out


def centred(logits):
    return logits - logits.mean(1, keepdim=True)


def attacked(net, images, labels, channels_last, step, steps):
    x = images.clone()
    for _ in range(steps):
        x.requires_grad_(True)
        loss = F.cross_entropy(logits_of(net, x, channels_last), labels)
        (gradient,) = torch.autograd.grad(loss, x)
        x = x.detach() + step * gradient.sign()
        x = (images + (x - images).clamp(-EPSILON, EPSILON)).clamp(0, 1)
    return F.cross_entropy(logits_of(net, x, channels_last), labels).item()


class Tool:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def run(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())

    def loss(self, model, attack, *parameters):
        self.run("attack", "--model", model, "--images", self.folder / "x.npy", "--labels", self.folder / "y.npy",
                 "--attack", attack, "--epsilon", EPSILON, *parameters, "--json", self.folder / "r.json")
        return json.loads((self.folder / "r.json").read_text())["results"][0]["loss"]


def compare(tool, name):
    net, shape, channels_last = public_nets.make(name)
    height, width, channels = shape
    folder = tool.folder
    images = torch.rand(COUNT, channels, height, width)
    last = images.permute(0, 2, 3, 1).contiguous()
    write_npy(folder / "x.npy", "<f4", last.shape, struct.pack(f"<{last.numel()}f", *last.flatten().tolist()))
    with torch.no_grad():
        logits = logits_of(net, images, channels_last)
    labels = logits.argmax(1)
    write_npy(folder / "y.npy", "<i4", [COUNT], struct.pack(f"<{COUNT}i", *labels.tolist()))
    fgsm = attacked(net, images, labels, channels_last, EPSILON, 1)
    pgd = attacked(net, images, labels, channels_last, STEP, STEPS)
    row = {}
    for way in ("module", "onnx"):
        model = folder / f"{way}.safetensors"
        try:
            if way == "module":
                if channels_last:
                    row[way] = "N×H×W×C"
                    continue
                signflip_export.export(net, model, shape)
            else:
                sample = torch.zeros(1, *(shape if channels_last else (channels, height, width)))
                torch.onnx.export(net, sample, str(folder / "net.onnx"), opset_version=13, input_names=["image"],
                                  dynamic_axes={"image": {0: "batch"}})
                tool.run("import", folder / "net.onnx", "--out", model)
            tool.run("predict", "--model", model, "--images", folder / "x.npy", "--out", folder / "z.npy")
            ours = read_floats(folder / "z.npy").reshape(logits.shape)
            row[way] = {
                "logits": (centred(ours) - centred(logits)).abs().max().item(),
                "fgsm": abs(tool.loss(model, "fgsm") - fgsm),
                "pgd": abs(tool.loss(model, "pgd", "--step-size", STEP, "--steps", STEPS, "--random-start", "false") - pgd),
            }
        except (RuntimeError, ValueError) as error:
            row[way] = str(error).replace("\n", " ")[:300]
    return row


def good(result):
    if isinstance(result, str):
        return result == "N×H×W×C"
    return result["logits"] <= LOGITS and max(result["fgsm"], result["pgd"]) <= LOSSES


def main(arguments):
    binary = str(pathlib.Path(arguments[0]).resolve())
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    torch.set_num_threads(1)
    torch.set_printoptions(precision=3)
    rows, failed = {}, False
    print(f"{'architecture':26}{'way':9}{'logits':>10}{'FGSM loss':>11}{'PGD loss':>10}")
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(binary, pathlib.Path(folder))
        for name in public_nets.NETS:
            if only not in name:
                continue
            rows[name] = compare(tool, name)
            for way, result in rows[name].items():
                figures = result if isinstance(result, str) else "".join(
                    f"{result[key]:{width}.1e}" for key, width in (("logits", 10), ("fgsm", 11), ("pgd", 10)))
                print(f"{name:26}{way:9}{figures}{'' if good(result) else '  FAILS'}", flush=True)
                failed = failed or not good(result)
    if "--json" in arguments:
        pathlib.Path(arguments[arguments.index("--json") + 1]).write_text(json.dumps(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
