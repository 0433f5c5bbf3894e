// Maximum over windows, without padding; the first of equal values gets the gradient.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct MaxPool2d {
  static constexpr std::string_view kType = "maxpool2d";
  static constexpr LayerTraits kTraits = {};

  Size2 kernel;
  Size2 stride;
  bool operator==(const MaxPool2d&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("kernel", kernel);
    field("stride", stride, kernel);
  }

  Result<ImageShape> output_shape(ImageShape in) const {
    return windows(kType, in, kernel, stride, {0, 0}, in.channels);
  }
  std::size_t multiply_adds(ImageShape) const { return 0; }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement& place) const { return {.winners = place.out.size()}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

PoolShape pool_shape(const MaxPool2d& layer, const Placement& place);

}  // namespace signflip
