#include "nn/layers/sigmoid.h"

#include "backend/plain_ops.h"

namespace signflip {

void Sigmoid::forward(const LayerCall& call, const float* x, float* y) const {
  plain::sigmoid_forward(call.inputs(), x, y);
}

void Sigmoid::input_gradient(const LayerCall& call, const float* y, const float* dy,
                             float* dx) const {
  plain::sigmoid_input_gradient(call.inputs(), y, dy, dx);
}

}  // namespace signflip
