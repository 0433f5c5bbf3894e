// What average pooling with windows of one size and adaptive average pooling share, which is all
// but their names and keys.
#pragma once

#include "backend/average_pool.h"
#include "nn/layers/rules.h"

namespace signflip {

struct Average : PlainLayer {
  Size2 kernel;                   ///< 0×0: adaptive
  Size2 stride;                   ///< adaptive: the output's size
  Size2 padding{0, 0};            ///< zeros, at most half the kernel
  bool count_include_pad = true;  ///< the zeros count in the mean
  bool operator==(const Average&) const = default;

  Result<ImageShape> output_shape(ImageShape in) const;

  AveragePoolShape pool_shape(const Placement& place) const {
    return {place.in, place.out, kernel, stride, padding, count_include_pad};
  }
  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
