#include "nn/layers/dropout.h"

#include <algorithm>

#include "backend/plain_ops.h"
#include "core/concat.h"

namespace signflip {

Result<ImageShape> Dropout::output_shape(ImageShape in) const {
  if (!(rate >= 0.0F && rate < 1.0F)) {
    return Error{concat("dropout's rate must be at least 0 and below 1, not ", rate)};
  }
  return in;
}

void Dropout::forward(const LayerCall& call, const float* x, float* y) const {
  if (x != y) std::copy_n(x, call.inputs(), y);
}

void Dropout::input_gradient(const LayerCall& call, const float*, const float* dy,
                             float* dx) const {
  if (dx != dy) std::copy_n(dy, call.inputs(), dx);
}

TrainingMemory Dropout::training_memory(const Placement& place, std::size_t capacity) const {
  return {.kept = capacity * place.in.size()};
}

void Dropout::train_forward(const TrainingCall& call, const float* x, float* y) const {
  const std::size_t size = call.layer.inputs();
  const float keep = 1.0F / (1.0F - rate);
  for (std::size_t i = 0; i < size; ++i) {
    call.kept[i] = call.rng->uniform() < rate ? 0.0F : keep;
  }
  plain::dropout(size, x, call.kept, y);
}

void Dropout::train_input_gradient(const TrainingCall& call, const float*, const float* dy,
                                   float* dx) const {
  plain::dropout(call.layer.inputs(), dy, call.kept, dx);
}

}  // namespace signflip
