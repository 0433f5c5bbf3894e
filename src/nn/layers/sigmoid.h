// 1/(1+e^−x), element by element.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Sigmoid : PlainLayer {
  static constexpr std::string_view kType = "sigmoid";
  static constexpr LayerTraits kTraits = {.reads_output = true};

  bool operator==(const Sigmoid&) const = default;

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
