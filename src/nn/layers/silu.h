// x/(1+e^−x), element by element, also called swish (Elfwing et al. 2018).
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Silu : Elementwise {
  static constexpr std::string_view kType = "silu";

  constexpr Silu() : Elementwise({Kind::silu}) {}
  bool operator==(const Silu&) const = default;
};

}  // namespace signflip
