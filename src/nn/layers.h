// The layers, as plain structs: what model files and architecture files say, no state and no
// behaviour of their own. layers.cpp says what each computes, sequential.h strings them together.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/shapes.h"
#include "core/result.h"

namespace signflip {

/// Two-dimensional cross-correlation with bias. y: (H+2p−k)/s+1 on each axis, `filters` channels.
struct Conv2d {
  int filters = 0;
  Size2 kernel;
  Size2 stride;
  Size2 padding{0, 0};
  bool operator==(const Conv2d&) const = default;
};

/// Batch normalisation over N, H, W for each channel (Ioffe and Szegedy 2015), ε = 1e-5. In
/// training the statistics are those of one shard of the batch (ghost batch norm, Hoffer et al.
/// 2017).
struct BatchNorm2d {
  bool operator==(const BatchNorm2d&) const = default;
};

struct Relu {
  bool operator==(const Relu&) const = default;
};

/// Maximum over windows, without padding; the first of equal values gets the gradient.
struct MaxPool2d {
  Size2 kernel;
  Size2 stride;
  bool operator==(const MaxPool2d&) const = default;
};

/// Inverted dropout: nothing at inference.
struct Dropout {
  float rate = 0.5F;
  bool operator==(const Dropout&) const = default;
};

/// H×W×C → 1×1×(C·H·W) in C, H, W order (PyTorch's).
struct Flatten {
  bool operator==(const Flatten&) const = default;
};

/// y = x·W + b. Needs a 1×1×U input (put a flatten before it).
struct Dense {
  int units = 0;
  bool operator==(const Dense&) const = default;
};

/// Nearest-neighbour upsampling.
struct Upsample2d {
  Size2 scale;
  bool operator==(const Upsample2d&) const = default;
};

struct Sigmoid {
  bool operator==(const Sigmoid&) const = default;
};

using Layer = std::variant<Conv2d, BatchNorm2d, Relu, MaxPool2d, Dropout, Flatten, Dense,
                           Upsample2d, Sigmoid>;

/// "conv2d", "batchnorm2d", "relu" … as in model files.
std::string_view layer_type(const Layer& layer);

/// Whether a network may take images of this shape.
Status check_input(ImageShape input);

/// The shape that the layer makes of `in`, which has passed check_input() or is another layer's
/// output; or a sentence why it does not fit.
Result<ImageShape> output_shape(const Layer& layer, ImageShape in);

/// Trainable values: the weight matrix rows×columns and the bias (batch norm: 1×C and C).
struct WeightShape {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t bias = 0;
  std::size_t weight() const { return rows * columns; }
};
WeightShape weight_shape(const Layer& layer, ImageShape in);

/// Multiplications that one image costs in this layer.
std::size_t multiply_adds(const Layer& layer, ImageShape in);

constexpr float kBatchNormEpsilon = 1e-5F;

/// Everything about a network but its weights.
struct Architecture {
  std::string name;
  ImageShape input;
  std::vector<std::string> classes;    ///< empty for a denoiser, whose output has the input's shape
  std::vector<float> mean, deviation;  ///< input normalisation a channel; empty where absent
  std::vector<Layer> layers;
};

/// "28×28×1".
std::string to_string(ImageShape shape);

/// Sanity limits that a file cannot talk us out of.
constexpr int kMaximumSide = 4096;
constexpr int kMaximumChannels = 65536;
constexpr std::size_t kMaximumParameters = std::size_t{1} << 28;
constexpr std::size_t kMaximumActivations = std::size_t{1} << 26;  ///< one image, all layers
constexpr std::size_t kMaximumLayers = 1000;

}  // namespace signflip
