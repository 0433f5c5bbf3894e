// x·Φ(x), element by element: the exact form, PyTorch's default (Hendrycks and Gimpel 2016).
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Gelu : FixedActivation<Activation::Kind::gelu> {
  static constexpr std::string_view kType = "gelu";
};

}  // namespace signflip
