// The hyperbolic tangent, element by element.
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Tanh : FixedActivation<Activation::Kind::tanh> {
  static constexpr std::string_view kType = "tanh";
};

}  // namespace signflip
