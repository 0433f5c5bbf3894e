#include "nn/layers/contrast_normalise.h"

#include "backend/contrast.h"

namespace signflip {

Result<ImageShape> ContrastNormalise::output_shape(ImageShape in) const {
  const Status fits = check_epsilon(kType, epsilon);
  if (!fits) return fits.error();
  return in;
}

void ContrastNormalise::forward(const LayerCall& call, const float* x, float* y) const {
  plain::contrast_normalise_forward(call.place.in.size(), call.count, epsilon, x, y);
}

void ContrastNormalise::input_gradient(const LayerCall& call, const float*, const float* dy,
                                       float* dx) const {
  plain::contrast_normalise_input_gradient(call.place.in.size(), call.count, epsilon, call.input,
                                           dy, dx);
}

}  // namespace signflip
