#!/usr/bin/env python3
"""Writes pytorch_*.safetensors: state_dicts of torch.nn.Sequential in the form of model files
(src/nn/README.md), with the logits, input gradients and Grad-CAM that PyTorch finds (tensors
golden.*). Nets without dropout also get what training computes: logits with the batch's statistics
(golden.train_logits) and the gradients of all parameters (golden.gradient.<name>).

Run by hand where PyTorch is installed; tests/nn/pytorch_golden_test.cpp and saliency_test.cpp read the
results. Not part of any build. Needs no safetensors package: the format is a JSON header and the data.
"""
import json
import pathlib

import torch
from torch import nn

from golden_file import save

torch.set_num_threads(1)


def small():
    """One of each layer that Signflip 1.0 had."""
    net = nn.Sequential(
        nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0)), nn.BatchNorm2d(4), nn.ReLU(),
        nn.MaxPool2d((2, 2), stride=(1, 2)), nn.Upsample(scale_factor=(2.0, 2.0)),
        nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(3), nn.Sigmoid(), nn.Dropout(0.3),
        nn.Flatten(), nn.Linear(192, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 5), nn.Sigmoid())
    return net, [
        {"type": "conv2d", "filters": 4, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 0]},
        {"type": "batchnorm2d"}, {"type": "relu"},
        {"type": "maxpool2d", "kernel": [2, 2], "stride": [1, 2]},
        {"type": "upsample2d", "scale": 2},
        {"type": "conv2d", "filters": 3, "kernel": 3, "padding": 1}, {"type": "relu"},
        {"type": "batchnorm2d"}, {"type": "sigmoid"}, {"type": "dropout", "rate": 0.3},
        {"type": "flatten"}, {"type": "dense", "units": 8}, {"type": "relu"},
        {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 5}, {"type": "sigmoid"}]


def convolutions():
    """Groups, dilation, padding "same" of odd and even kernels, no bias."""
    net = nn.Sequential(
        nn.Conv2d(2, 6, (3, 2), padding=(2, 1), dilation=(2, 1), bias=False), nn.ReLU(),
        nn.Conv2d(6, 6, 3, stride=(2, 1), padding=1, groups=6, bias=False), nn.BatchNorm2d(6),
        nn.ReLU(), nn.Conv2d(6, 8, (2, 4), padding="same", groups=2), nn.ReLU(),
        nn.Conv2d(8, 4, 3, padding="same", bias=False), nn.ReLU(),
        nn.Conv2d(4, 4, (2, 3), padding="same", dilation=(3, 2), groups=4), nn.Flatten(),
        nn.Linear(200, 5, bias=True))
    return net, [
        {"type": "conv2d", "filters": 6, "kernel": [3, 2], "padding": [2, 1], "dilation": [2, 1],
         "bias": False}, {"type": "relu"},
        {"type": "conv2d", "filters": 6, "kernel": 3, "stride": [2, 1], "padding": 1, "groups": 6,
         "bias": False}, {"type": "batchnorm2d"}, {"type": "relu"},
        {"type": "conv2d", "filters": 8, "kernel": [2, 4], "padding": "same", "groups": 2},
        {"type": "relu"}, {"type": "conv2d", "filters": 4, "kernel": 3, "padding": "same",
                           "bias": False}, {"type": "relu"},
        {"type": "conv2d", "filters": 4, "kernel": [2, 3], "padding": "same", "dilation": [3, 2],
         "groups": 4}, {"type": "flatten"}, {"type": "dense", "units": 5}]


def activations():
    """Each activation; batch norm with its own epsilon and without weights."""
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4, eps=0.25), nn.LeakyReLU(),
        nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4, affine=False), nn.GELU(), nn.Conv2d(4, 6, 2),
        nn.SiLU(), nn.LeakyReLU(0.3), nn.Flatten(), nn.Linear(24, 9),
        nn.BatchNorm1d(9, eps=0.001, affine=False), nn.Tanh(), nn.Linear(9, 6), nn.Hardtanh(),
        nn.Linear(6, 5), nn.Hardtanh(-0.25, 3.0))
    return net, [
        {"type": "conv2d", "filters": 4, "kernel": 3, "stride": 2, "padding": 1},
        {"type": "batchnorm2d", "eps": 0.25}, {"type": "leaky_relu"},
        {"type": "conv2d", "filters": 4, "kernel": 3}, {"type": "batchnorm2d", "affine": False},
        {"type": "gelu"}, {"type": "conv2d", "filters": 6, "kernel": 2}, {"type": "silu"},
        {"type": "leaky_relu", "slope": 0.3}, {"type": "flatten"}, {"type": "dense", "units": 9},
        {"type": "batchnorm1d", "eps": 0.001, "affine": False}, {"type": "tanh"},
        {"type": "dense", "units": 6}, {"type": "hardtanh"}, {"type": "dense", "units": 5},
        {"type": "hardtanh", "min_val": -0.25, "max_val": 3}]


def average_pools():
    """With padding that counts and that does not, adaptive and global."""
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.AvgPool2d((2, 3), stride=(1, 2), padding=(1, 1)),
        nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False), nn.AvgPool2d((2, 1)),
        nn.ReLU(), nn.AdaptiveAvgPool2d((4, 3)), nn.Conv2d(3, 5, 2), nn.AdaptiveAvgPool2d(1),
        nn.Flatten())
    return net, [
        {"type": "conv2d", "filters": 3, "kernel": 3, "padding": 1},
        {"type": "avgpool2d", "kernel": [2, 3], "stride": [1, 2], "padding": [1, 1]},
        {"type": "avgpool2d", "kernel": 3, "stride": 1, "padding": 1, "count_include_pad": False},
        {"type": "avgpool2d", "kernel": [2, 1]}, {"type": "relu"},
        {"type": "adaptive_avgpool2d", "size": [4, 3]},
        {"type": "conv2d", "filters": 5, "kernel": 2}, {"type": "adaptive_avgpool2d", "size": 1},
        {"type": "flatten"}]


class ClippedRelu(nn.Module):
    def __init__(self, *sides):
        super().__init__()
        self.ceiling = nn.Parameter(torch.rand(sides) + 0.1)

    def forward(self, x):
        return torch.minimum(torch.relu(x), self.ceiling)


class ContrastNormalise(nn.Module):
    def __init__(self, eps=1e-3):
        super().__init__()
        self.eps = eps

    def forward(self, x):
        each = x.flatten(1)
        mean, deviation = each.mean(1), each.std(1, unbiased=False)
        return ((each - mean[:, None]) / deviation.clamp(min=self.eps)[:, None]).view(x.shape)


def ceilings():
    """A ceiling for each channel, each neuron and the whole layer; contrast."""
    net = nn.Sequential(
        ContrastNormalise(), nn.Conv2d(2, 4, 3, stride=2), ClippedRelu(4, 1, 1),
        nn.Conv2d(4, 3, 2), ClippedRelu(3, 3, 3), ContrastNormalise(0.25), nn.Flatten(),
        nn.Linear(27, 7), ClippedRelu(1), nn.Linear(7, 5))
    return net, [
        {"type": "contrast_normalise"},
        {"type": "conv2d", "filters": 4, "kernel": 3, "stride": 2}, {"type": "clipped_relu"},
        {"type": "conv2d", "filters": 3, "kernel": 2}, {"type": "clipped_relu"},
        {"type": "contrast_normalise", "eps": 0.25}, {"type": "flatten"},
        {"type": "dense", "units": 7}, {"type": "clipped_relu", "ceiling": "layer"},
        {"type": "dense", "units": 5}]


class Residual(nn.Module):
    """The sum of two lists of layers; its parameters have the names of model files."""

    def __init__(self, body, shortcut=()):
        super().__init__()
        self.body = nn.Sequential(*body)
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def residual():
    """Blocks as in ResNets (He et al. 2016), with and without a projection, and one in another."""
    def conv(channels, filters, kernel=3, stride=1):
        return nn.Conv2d(channels, filters, kernel, stride=stride, padding=kernel // 2, bias=False)

    def as_json(filters, kernel=3, stride=1):
        return {"type": "conv2d", "filters": filters, "kernel": kernel, "stride": stride,
                "padding": kernel // 2, "bias": False}
    net = nn.Sequential(
        conv(2, 4), nn.BatchNorm2d(4), nn.ReLU(),
        Residual([conv(4, 4), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 4), nn.BatchNorm2d(4)]),
        nn.ReLU(),
        Residual([conv(4, 6, stride=2), nn.BatchNorm2d(6), nn.ReLU(), conv(6, 6),
                  nn.BatchNorm2d(6)], [conv(4, 6, 1, 2), nn.BatchNorm2d(6)]), nn.ReLU(),
        Residual([Residual([conv(6, 6)]), nn.Sigmoid()], [nn.ReLU()]), nn.Flatten(),
        nn.Linear(150, 5))
    norm, relu = {"type": "batchnorm2d"}, {"type": "relu"}
    return net, [
        as_json(4), norm, relu,
        {"type": "residual", "body": [as_json(4), norm, relu, as_json(4), norm]}, relu,
        {"type": "residual", "body": [as_json(6, stride=2), norm, relu, as_json(6), norm],
         "shortcut": [as_json(6, 1, 2), norm]}, relu,
        {"type": "residual", "body": [{"type": "residual", "body": [as_json(6)], "shortcut": []},
                                      {"type": "sigmoid"}], "shortcut": [relu]},
        {"type": "flatten"}, {"type": "dense", "units": 5}]


INPUT = (10, 9, 2)  # height, width, channels
MEAN, STD = (0.4, 0.5), (0.3, 0.25)


def nhwc(images):
    return images.permute(0, 2, 3, 1).contiguous()


def normalised(images):
    shape = (1, len(MEAN), 1, 1)
    return (images - torch.tensor(MEAN).view(shape)) / torch.tensor(STD).view(shape)


def grad_cam(net, images, labels):
    """Selvaraju et al. 2017, at the last convolution, as large as the images: N×H×W."""
    kept = {}

    def keep(module, inputs, output):
        output.retain_grad()
        kept["output"] = output
    last = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)][-1]
    hook = last.register_forward_hook(keep)
    logits = net(normalised(images))
    logits.gather(1, labels[:, None]).sum().backward()
    hook.remove()
    output = kept["output"]
    weights = output.grad.mean((2, 3), keepdim=True)
    maps = torch.relu((weights * output).sum(1, keepdim=True))
    return nn.functional.interpolate(maps, images.shape[2:], mode="bilinear",
                                     align_corners=False)[:, 0]


def loss_gradient(net, images, labels):
    images = images.detach().clone().requires_grad_()
    nn.functional.cross_entropy(net(normalised(images)), labels, reduction="sum").backward()
    return images.grad


def write(make):
    torch.manual_seed(2022)
    net, layers = make()
    for layer in net.modules():  # statistics and scales that are not their defaults
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            for tensor in (layer.weight, layer.bias, layer.running_mean):
                if tensor is not None:
                    tensor.data.uniform_(-0.8, 0.8)
            layer.running_var.uniform_(0.2, 2.0)
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data *= 4
    net.eval()

    images = torch.rand(3, INPUT[2], INPUT[0], INPUT[1], requires_grad=True)
    logits = net(normalised(images))
    dlogits = torch.randn_like(logits)
    logits.backward(dlogits)
    tensors = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    tensors["selftest.input"] = nhwc(images[:1])
    tensors["selftest.logits"] = logits[:1]
    tensors["golden.images"] = nhwc(images)
    tensors["golden.logits"] = logits
    tensors["golden.dlogits"] = dlogits
    tensors["golden.input_gradient"] = nhwc(images.grad)
    labels = torch.tensor([0, 1, 3])
    tensors["golden.labels"] = labels
    tensors["golden.loss_gradient"] = nhwc(loss_gradient(net, images, labels))
    tensors["golden.grad_cam"] = grad_cam(net, images.detach(), labels)
    net.zero_grad()
    if not any(isinstance(layer, nn.Dropout) for layer in net.modules()):
        net.train()
        net.zero_grad()
        trained = net(normalised(images.detach()))
        trained.backward(dlogits)
        tensors["golden.train_logits"] = trained
        for name, parameter in net.named_parameters():
            tensors[f"golden.gradient.{name}"] = parameter.grad
    architecture = {
        "version": 1, "name": f"pytorch-{make.__name__}",
        "input": {"height": INPUT[0], "width": INPUT[1], "channels": INPUT[2]},
        "classes": list("abcde"), "normalise": {"mean": MEAN, "std": STD}, "layers": layers}
    save(pathlib.Path(__file__).with_name(f"pytorch_{make.__name__}.safetensors"), tensors,
         {"format": "pt", "signflip": json.dumps(architecture)})


for each in (small, convolutions, activations, average_pools, ceilings, residual):
    write(each)
