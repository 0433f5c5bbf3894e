// Mean over windows of one size.
#pragma once

#include "nn/layers/average.h"

namespace signflip {

struct AvgPool2d : Average {
  static constexpr std::string_view kType = "avgpool2d";

  explicit AvgPool2d(Size2 windows = {}, Size2 step = {}, Size2 zeros = {0, 0},
                     bool zeros_count = true)
      : Average{{}, windows, step, zeros, zeros_count} {}
  bool operator==(const AvgPool2d&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("kernel", kernel);
    field("stride", stride, kernel);
    field.optional("padding", padding, Size2{0, 0});
    field.optional("count_include_pad", count_include_pad, true);
  }
};

}  // namespace signflip
