// x·Φ(x), element by element: the exact form, PyTorch's default (Hendrycks and Gimpel 2016).
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Gelu : Elementwise {
  static constexpr std::string_view kType = "gelu";

  constexpr Gelu() : Elementwise({Kind::gelu}) {}
  bool operator==(const Gelu&) const = default;
};

}  // namespace signflip
