// Each image less its mean, divided by its deviation (population's, over all pixels and channels)
// or by `eps` where that is larger.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct ContrastNormalise {
  static constexpr std::string_view kType = "contrast_normalise";
  static constexpr LayerTraits kTraits = {};
  /// A quarter of a step of 8 bits: an image that varies less is one of a single colour.
  static constexpr float kEpsilon = 1e-3F;

  float epsilon = kEpsilon;
  bool operator==(const ContrastNormalise&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field.optional("eps", epsilon, kEpsilon);
  }

  Result<ImageShape> output_shape(ImageShape in) const;
  std::size_t multiply_adds(ImageShape in) const { return in.size(); }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  /// Reads call.input.
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

}  // namespace signflip
