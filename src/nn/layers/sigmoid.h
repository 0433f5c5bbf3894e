// 1/(1+e^−x), element by element.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Sigmoid {
  static constexpr std::string_view kType = "sigmoid";
  static constexpr LayerTraits kTraits = {.reads_output = true};

  bool operator==(const Sigmoid&) const = default;

  template <class Fields>
  void fields(Fields&) {}

  Result<ImageShape> output_shape(ImageShape in) const { return in; }
  std::size_t multiply_adds(ImageShape) const { return 0; }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
