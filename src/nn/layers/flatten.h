// H×W×C → 1×1×(C·H·W) in C, H, W order (PyTorch's).
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Flatten {
  static constexpr std::string_view kType = "flatten";
  static constexpr LayerTraits kTraits = {};

  bool operator==(const Flatten&) const = default;

  template <class Fields>
  void fields(Fields&) {}

  Result<ImageShape> output_shape(ImageShape in) const {
    return ImageShape{1, 1, static_cast<int>(in.size())};
  }
  std::size_t multiply_adds(ImageShape) const { return 0; }
  /// Where both orders are the same, nothing moves.
  bool overwrites_input(const Placement& place) const {
    return place.in.channels == 1 || place.in.pixels() == 1;
  }
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
