#!/usr/bin/env python3
"""Writes pytorch_small.safetensors: a torch.nn.Sequential's state_dict in the form that CONTRACT.md
gives model files, with the logits and input gradients that PyTorch finds (tensors golden.*).

Run by hand where PyTorch is installed; tests/nn/pytorch_golden_test.cpp reads the result. Not part
of any build. Needs no safetensors package: the format is a JSON header and the data.
"""
import json
import pathlib
import struct

import torch
from torch import nn

torch.manual_seed(2022)
torch.set_num_threads(1)
INPUT = (10, 9, 2)  # height, width, channels
MEAN, STD = (0.4, 0.5), (0.3, 0.25)

net = nn.Sequential(
    nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0)), nn.BatchNorm2d(4), nn.ReLU(),
    nn.MaxPool2d((2, 2), stride=(1, 2)), nn.Upsample(scale_factor=(2.0, 2.0)),
    nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(3), nn.Sigmoid(), nn.Dropout(0.3),
    nn.Flatten(), nn.Linear(192, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 5), nn.Sigmoid())
LAYERS = [
    {"type": "conv2d", "filters": 4, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 0]},
    {"type": "batchnorm2d"}, {"type": "relu"},
    {"type": "maxpool2d", "kernel": [2, 2], "stride": [1, 2]}, {"type": "upsample2d", "scale": 2},
    {"type": "conv2d", "filters": 3, "kernel": 3, "padding": 1}, {"type": "relu"},
    {"type": "batchnorm2d"}, {"type": "sigmoid"}, {"type": "dropout", "rate": 0.3},
    {"type": "flatten"}, {"type": "dense", "units": 8}, {"type": "relu"},
    {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 5}, {"type": "sigmoid"}]


def nhwc(images):
    return images.permute(0, 2, 3, 1).contiguous()


def logits_of(images):
    shape = (1, len(MEAN), 1, 1)
    return net((images - torch.tensor(MEAN).view(shape)) / torch.tensor(STD).view(shape))


def save(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        dtype = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    for layer in net:  # statistics and scales that are not their defaults
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight.data, layer.bias.data, layer.running_mean):
                tensor.uniform_(-0.8, 0.8)
            layer.running_var.uniform_(0.2, 2.0)
    for layer in net:
        if isinstance(layer, nn.Linear):
            layer.weight.data *= 4
    net.eval()

    images = torch.rand(3, INPUT[2], INPUT[0], INPUT[1], requires_grad=True)
    logits = logits_of(images)
    dlogits = torch.randn_like(logits)
    logits.backward(dlogits)
    tensors = dict(net.state_dict())
    tensors["selftest.input"] = nhwc(images[:1])
    tensors["selftest.logits"] = logits[:1]
    tensors["golden.images"] = nhwc(images)
    tensors["golden.logits"] = logits
    tensors["golden.dlogits"] = dlogits
    tensors["golden.input_gradient"] = nhwc(images.grad)
    architecture = {
        "version": 1, "name": "pytorch-small",
        "input": {"height": INPUT[0], "width": INPUT[1], "channels": INPUT[2]},
        "classes": list("abcde"), "normalise": {"mean": MEAN, "std": STD}, "layers": LAYERS}
    save(pathlib.Path(__file__).with_name("pytorch_small.safetensors"), tensors,
         {"format": "pt", "signflip": json.dumps(architecture)})


main()
