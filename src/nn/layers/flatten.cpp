#include "nn/layers/flatten.h"

#include "backend/plain_ops.h"

namespace signflip {

void Flatten::forward(const LayerCall& call, const float* x, float* y) const {
  if (x != y) plain::flatten_forward(call.place.in, call.count, x, y);
}

void Flatten::input_gradient(const LayerCall& call, const float*, const float* dy,
                             float* dx) const {
  if (dx != dy) plain::flatten_input_gradient(call.place.in, call.count, dy, dx);
}

}  // namespace signflip
