#include "nn/layers/elementwise.h"

#include "core/concat.h"

namespace signflip {

Result<ImageShape> Elementwise::output_shape(ImageShape in) const {
  if (kind == Kind::leaky_relu && !std::isfinite(first)) {
    return Error{concat("leaky_relu's slope must be a finite number, not ", first)};
  }
  if (kind == Kind::hardtanh &&
      !(std::isfinite(first) && std::isfinite(second) && first < second)) {
    return Error{concat("hardtanh needs a finite min_val below a finite max_val, not ", first,
                        " and ", second)};
  }
  return in;
}

void Elementwise::forward(const LayerCall& call, const float* x, float* y) const {
  for (std::size_t i = 0; i < call.inputs(); ++i) y[i] = plain::activation(*this, x[i]).value;
}

void Elementwise::input_gradient(const LayerCall& call, const float*, const float* dy,
                                 float* dx) const {
  for (std::size_t i = 0; i < call.inputs(); ++i) {
    dx[i] = dy[i] * plain::activation(*this, call.input[i]).slope;
  }
}

}  // namespace signflip
