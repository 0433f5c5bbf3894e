// The hyperbolic tangent, element by element.
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Tanh : Elementwise {
  static constexpr std::string_view kType = "tanh";

  constexpr Tanh() : Elementwise({Kind::tanh}) {}
  bool operator==(const Tanh&) const = default;
};

}  // namespace signflip
