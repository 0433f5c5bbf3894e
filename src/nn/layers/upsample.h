// Nearest-neighbour upsampling.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Upsample2d {
  static constexpr std::string_view kType = "upsample2d";
  static constexpr LayerTraits kTraits = {};

  Size2 scale;
  bool operator==(const Upsample2d&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("scale", scale);
  }

  Result<ImageShape> output_shape(ImageShape in) const;
  std::size_t multiply_adds(ImageShape) const { return 0; }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
