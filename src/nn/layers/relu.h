// max(0, x), element by element; its gradient at 0 is 0.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Relu : PlainLayer {
  static constexpr std::string_view kType = "relu";

  bool operator==(const Relu&) const = default;

  /// The gradient only asks whether the output is positive, which a later dropout cannot turn
  /// round without also blocking the gradient.
  bool overwrites_input(const Placement&) const { return true; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
