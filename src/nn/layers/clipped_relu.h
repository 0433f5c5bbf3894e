// min(max(0, x), ceiling) with learned ceilings, element by element: a bound of each activation
// that training sets (PACT, Choi et al. 2018, with one ceiling for the layer).
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

/// What shares a ceiling. `unsaid`: a model file's tensor decides by its size; else channels.
enum class Ceilings : std::uint8_t { unsaid, layer, channel, neuron };

struct ClippedRelu {
  static constexpr std::string_view kType = "clipped_relu";
  static constexpr LayerTraits kTraits = {.weights = true, .initial_weight = 6.0F};  // ReLU6

  Ceilings ceilings = Ceilings::unsaid;
  bool operator==(const ClippedRelu&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field.optional("ceiling", ceilings, Ceilings::unsaid);
  }

  /// What shares a ceiling where so many values were stored for inputs of this shape.
  static Ceilings ceilings_of(std::size_t values, ImageShape in) {
    if (values == 1) return Ceilings::layer;
    return values == in.size() && in.pixels() > 1 ? Ceilings::neuron : Ceilings::channel;
  }

  Result<ImageShape> output_shape(ImageShape in) const { return in; }
  WeightShape weight_shape(ImageShape in) const;
  /// "ceiling": one value, C or C×H×W; sides of 1 may stand around them.
  WeightTensor weight_tensor(const Placement& place) const;
  std::size_t multiply_adds(ImageShape) const { return 0; }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  /// 0 where the input is cut, the ceiling itself included. Reads call.input.
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;

  TrainingMemory training_memory(const Placement&, std::size_t) const { return {}; }
  void weight_gradient(const TrainingCall& call, const float* x, const float* dy, float* dweight,
                       float* dbias) const;
};

}  // namespace signflip
