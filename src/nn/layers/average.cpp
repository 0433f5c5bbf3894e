#include "nn/layers/average.h"

#include "core/concat.h"

namespace signflip {

Result<ImageShape> Average::output_shape(ImageShape in) const {
  if (kernel.height == 0) {
    if (is_positive(stride)) return ImageShape{stride.height, stride.width, in.channels};
    return Error{concat("adaptive_avgpool2d needs a size between 1 and ", kMaximumSide, ", not ",
                        to_string(stride))};
  }
  // So that each window has a pixel. PyTorch asks for the same.
  if (2 * padding.height > kernel.height || 2 * padding.width > kernel.width) {
    return Error{concat("avgpool2d needs a padding of at most half its kernel ", to_string(kernel),
                        ", not ", to_string(padding))};
  }
  return windows("avgpool2d", in, kernel, stride, padding, in.channels);
}

void Average::forward(const LayerCall& call, const float* x, float* y) const {
  plain::average_pool(pool_shape(call.place), call.count, x, y, false);
}

void Average::input_gradient(const LayerCall& call, const float*, const float* dy,
                             float* dx) const {
  plain::average_pool(pool_shape(call.place), call.count, dy, dx, true);
}

}  // namespace signflip
