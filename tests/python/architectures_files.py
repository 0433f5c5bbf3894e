#!/usr/bin/env python3
"""Writes each net of public_nets.py by signflip_export.py and by torch.onnx.export, for a page to load.

usage: architectures_files.py FOLDER

Beside each FILE, FILE.json says its input (height, width, channels), its number of classes, one image of bytes
(H×W×C) and the logits that PyTorch gives it.
"""
import json
import pathlib
import re
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools/python")]
import architectures_table  # noqa: E402
import public_nets  # noqa: E402
import signflip_export  # noqa: E402


def main(folder):
    torch.set_num_threads(1)
    for name in public_nets.NETS:
        net, shape, channels_last = public_nets.make(name)
        height, width, channels = shape
        image = torch.randint(0, 256, (height, width, channels))
        with torch.no_grad():
            pixels = (image / 255).permute(2, 0, 1).unsqueeze(0)
            logits = architectures_table.logits_of(net, pixels, channels_last)[0].tolist()
        plain = re.sub(r"\W+", "-", name).strip("-")
        files = [folder / f"{plain}.onnx"]
        sample = torch.zeros(1, *(shape if channels_last else (channels, height, width)))
        torch.onnx.export(net, sample, str(files[0]), opset_version=13, input_names=["image"],
                          dynamic_axes={"image": {0: "batch"}})
        if not channels_last:  # N×H×W×C is refused by signflip_export, with the way by ONNX
            files.append(folder / f"{plain}.safetensors")
            signflip_export.export(net, files[1], shape)
        for file in files:
            about = {"shape": shape, "classes": len(logits), "image": image.flatten().tolist(), "logits": logits}
            file.with_name(file.name + ".json").write_text(json.dumps(about))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
