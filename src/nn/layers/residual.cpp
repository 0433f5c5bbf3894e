#include "nn/layers/residual.h"

#include <algorithm>

namespace signflip {

void add_values(std::size_t size, const float* a, const float* b, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] = a[i] + b[i];
}

void ResidualMark::forward(const LayerCall& call, const float* x, float* y) const {
  if (kind == Kind::end) {
    add_values(call.inputs(), x, call.carried_before, y);
    return;
  }
  std::copy_n(x, call.inputs(), call.carried);
  std::copy_n(kind == Kind::begin ? x : call.carried_before, call.count * call.place.out.size(), y);
}

void ResidualMark::input_gradient(const LayerCall& call, const float*, const float* dy,
                                  float* dx) const {
  if (kind == Kind::begin) {
    add_values(call.inputs(), dy, call.carried, dx);
    return;
  }
  std::copy_n(dy, call.count * call.place.out.size(), call.carried_before);
  std::copy_n(kind == Kind::end ? dy : call.carried, call.inputs(), dx);
}

}  // namespace signflip
