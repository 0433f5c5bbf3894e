// x/(1+e^−x), element by element, also called swish (Elfwing et al. 2018).
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Silu : FixedActivation<Activation::Kind::silu> {
  static constexpr std::string_view kType = "silu";
};

}  // namespace signflip
