// Mean over windows that make an output of a given size, whatever the input's: global average
// pooling for 1×1. Window i of `size` covers ⌊i·side/size⌋ to ⌈(i+1)·side/size⌉, as in PyTorch.
#pragma once

#include "nn/layers/average.h"

namespace signflip {

struct AdaptiveAvgPool2d : Average {
  static constexpr std::string_view kType = "adaptive_avgpool2d";

  explicit AdaptiveAvgPool2d(Size2 size = {}) : Average{{}, {0, 0}, size} {}
  bool operator==(const AdaptiveAvgPool2d&) const = default;

  Size2 size() const { return stride; }

  template <class Fields>
  void fields(Fields& field) {
    field("size", stride);
  }
};

}  // namespace signflip
