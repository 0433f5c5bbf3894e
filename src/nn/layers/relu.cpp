#include "nn/layers/relu.h"

#include "backend/ops.h"

namespace signflip {

void Relu::forward(const LayerCall& call, const float* x, float* y) const {
  cpu_ops().relu_forward(call.inputs(), x, y);
}

void Relu::input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const {
  cpu_ops().relu_input_gradient(call.inputs(), y, dy, dx);
}

}  // namespace signflip
