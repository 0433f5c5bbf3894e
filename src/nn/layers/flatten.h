// H×W×C → 1×1×(C·H·W) in C, H, W order (PyTorch's).
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Flatten : PlainLayer {
  static constexpr std::string_view kType = "flatten";

  bool operator==(const Flatten&) const = default;

  Result<ImageShape> output_shape(ImageShape in) const {
    return ImageShape{1, 1, static_cast<int>(in.size())};
  }
  /// Where both orders are the same, nothing moves.
  bool overwrites_input(const Placement& place) const {
    return place.in.channels == 1 || place.in.pixels() == 1;
  }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
