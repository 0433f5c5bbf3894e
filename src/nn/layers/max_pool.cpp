#include "nn/layers/max_pool.h"

#include "backend/ops.h"
#include "backend/plain_ops.h"

namespace signflip {

PoolShape pool_shape(const MaxPool2d& layer, const Placement& place) {
  return {place.in, place.out, layer.kernel, layer.stride};
}

void MaxPool2d::forward(const LayerCall& call, const float* x, float* y) const {
  cpu_ops().maxpool_forward(pool_shape(*this, call.place), call.count, x, y, call.winners);
}

void MaxPool2d::input_gradient(const LayerCall& call, const float*, const float* dy,
                               float* dx) const {
  plain::maxpool_input_gradient(pool_shape(*this, call.place), call.count, dy, call.winners, dx);
}

}  // namespace signflip
