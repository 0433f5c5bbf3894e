#!/usr/bin/python3
"""Writes jpeg_round_trips.safetensors: pictures in 8 bits and what libjpeg makes of them at several
qualities, without subsampled chroma and with its most precise cosine transform.

Run by hand where PyTorch and Debian's libjpeg-turbo-progs (cjpeg, djpeg) are installed;
tests/defence/jpeg_test.cpp reads the result.
"""
import pathlib
import subprocess

import torch

from golden_file import save

QUALITIES = (1, 20, 75, 100)


def picture(height, width, channels):
    """Waves, an edge and some noise."""
    h, w, c = torch.meshgrid(torch.arange(height), torch.arange(width), torch.arange(channels),
                             indexing="ij")
    waves = 0.5 + 0.3 * torch.sin(0.6 * h + 0.9 * c) * torch.cos(0.35 * w - 0.4 * c)
    values = waves + 0.25 * ((h + 2 * w) > 30) - 0.15 + 0.1 * torch.randn(waves.shape)
    return (255 * values.clamp(0, 1)).round().to(torch.uint8)


def round_trip(pixels, quality):
    height, width, channels = pixels.shape
    head = f"P{6 if channels == 3 else 5} {width} {height} 255\n".encode()
    made = subprocess.run(["cjpeg", "-quality", str(quality), "-sample", "1x1", "-dct", "float",
                           "-baseline"],
                          input=head + pixels.numpy().tobytes(), stdout=subprocess.PIPE, check=True)
    back = subprocess.run(["djpeg", "-dct", "float"], input=made.stdout, stdout=subprocess.PIPE,
                          check=True).stdout
    values = bytearray(back[-pixels.numel():])
    return torch.frombuffer(values, dtype=torch.uint8).view(pixels.shape)


# These pictures have no coefficient in the middle between two steps, which may go either way.
torch.manual_seed(1994)
tensors = {}
for name, shape in {"grey": (28, 28, 1), "colour": (19, 21, 3)}.items():
    pixels = picture(*shape)
    tensors[name] = pixels.float() / 255
    for quality in QUALITIES:
        tensors[f"{name}.{quality}"] = round_trip(pixels, quality).float() / 255
save(pathlib.Path(__file__).with_name("jpeg_round_trips.safetensors"), tensors, {})
