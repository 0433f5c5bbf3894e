// Inverted dropout: in training each value becomes 0 with probability `rate`, else value/(1−rate).
// At inference nothing changes.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

struct Dropout {
  static constexpr std::string_view kType = "dropout";
  static constexpr LayerTraits kTraits = {.trains_otherwise = true};

  float rate = 0.5F;
  bool operator==(const Dropout&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("rate", rate);
  }

  Result<ImageShape> output_shape(ImageShape in) const;
  std::size_t multiply_adds(ImageShape) const { return 0; }
  bool overwrites_input(const Placement&) const { return true; }
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;

  TrainingMemory training_memory(const Placement& place, std::size_t capacity) const;
  void train_forward(const TrainingCall& call, const float* x, float* y) const;
  void train_input_gradient(const TrainingCall& call, const float* x, const float* dy,
                            float* dx) const;
};

}  // namespace signflip
