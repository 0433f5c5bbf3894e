// x above 0 and slope·x below, element by element (Maas et al. 2013).
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct LeakyRelu : Elementwise {
  static constexpr std::string_view kType = "leaky_relu";
  static constexpr float kSlope = 0.01F;  ///< PyTorch's default

  constexpr explicit LeakyRelu(float slope = kSlope) : Elementwise({Kind::leaky_relu, slope}) {}
  bool operator==(const LeakyRelu&) const = default;

  float slope() const { return first; }

  template <class Fields>
  void fields(Fields& field) {
    field.optional("slope", first, kSlope);
  }
};

}  // namespace signflip
