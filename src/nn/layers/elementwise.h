// What the layers share that apply one function of backend/activation.h to each value. They differ
// in name, keys and the data of the function; all code is here, once.
#pragma once

#include "backend/activation.h"
#include "nn/layers/rules.h"

namespace signflip {

struct Elementwise : PlainLayer, Activation {
  explicit constexpr Elementwise(Activation f) : Activation(f) {}
  bool operator==(const Elementwise&) const = default;

  /// An error where the function's parameters are not finite or out of order.
  Result<ImageShape> output_shape(ImageShape in) const;

  void forward(const LayerCall& call, const float* x, float* y) const;
  /// Reads call.input, which no other layer overwrites as long as this one does not.
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

/// One that nothing but its name describes. (The parameter is not called `kind`: the base's member
/// of that name would hide it.)
template <Activation::Kind fixed>
struct FixedActivation : Elementwise {
  constexpr FixedActivation() : Elementwise({fixed}) {}
};

}  // namespace signflip
