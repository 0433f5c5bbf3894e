#include "import/known_nets.h"

namespace signflip {
namespace {

constexpr KnownNet kNets[] = {{"of PyTorch's MNIST example",
                               R"({"input": {"height": 28, "width": 28, "channels": 1}, "layers": [
       {"type": "conv2d", "filters": 32, "kernel": 3}, {"type": "relu"},
       {"type": "conv2d", "filters": 64, "kernel": 3}, {"type": "relu"},
       {"type": "maxpool2d", "kernel": 2}, {"type": "dropout", "rate": 0.25}, {"type": "flatten"},
       {"type": "dense", "units": 128}, {"type": "relu"}, {"type": "dropout", "rate": 0.5},
       {"type": "dense", "units": 10}]})"},
                              // Also of the tutorial on FGSM, before 2023.
                              {"of PyTorch's MNIST example before 2019",
                               R"({"input": {"height": 28, "width": 28, "channels": 1}, "layers": [
       {"type": "conv2d", "filters": 10, "kernel": 5}, {"type": "maxpool2d", "kernel": 2},
       {"type": "relu"}, {"type": "conv2d", "filters": 20, "kernel": 5},
       {"type": "maxpool2d", "kernel": 2}, {"type": "relu"}, {"type": "flatten"},
       {"type": "dense", "units": 50}, {"type": "relu"}, {"type": "dropout", "rate": 0.5},
       {"type": "dense", "units": 10}]})"}};

}  // namespace

std::span<const KnownNet> known_nets() { return kNets; }

}  // namespace signflip
