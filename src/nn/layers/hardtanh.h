// x cut to [min_val, max_val], element by element; [0, 6] is ReLU6.
#pragma once

#include "nn/layers/elementwise.h"

namespace signflip {

struct Hardtanh : Elementwise {
  static constexpr std::string_view kType = "hardtanh";

  constexpr explicit Hardtanh(float least = -1.0F, float greatest = 1.0F)
      : Elementwise({Kind::hardtanh, least, greatest}) {}
  bool operator==(const Hardtanh&) const = default;

  float least() const { return first; }
  float greatest() const { return second; }

  template <class Fields>
  void fields(Fields& field) {
    field.optional("min_val", first, -1.0F);
    field.optional("max_val", second, 1.0F);
  }
};

}  // namespace signflip
