#include "nn/layers/upsample.h"

#include "backend/plain_ops.h"
#include "core/concat.h"

namespace signflip {

Result<ImageShape> Upsample2d::output_shape(ImageShape in) const {
  if (!is_positive(scale)) {
    return Error{concat("upsample2d needs a scale of at least 1, not ", to_string(scale))};
  }
  return ImageShape{in.height * scale.height, in.width * scale.width, in.channels};
}

void Upsample2d::forward(const LayerCall& call, const float* x, float* y) const {
  plain::upsample2d_forward(call.place.in, scale, call.count, x, y);
}

void Upsample2d::input_gradient(const LayerCall& call, const float*, const float* dy,
                                float* dx) const {
  plain::upsample2d_input_gradient(call.place.in, scale, call.count, dy, dx);
}

}  // namespace signflip
